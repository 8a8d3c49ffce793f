import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from nlpseq.metrics.multilabel import choose_thresholds, multilabel, truth

LABELS = ["a", "b", "c"]
GOLD = [("a", "b"), ("a",), (), ("c",)]
ANSWERS = [{"a"}, {"a", "b"}, set(), ["c"]]


def test_figures_by_hand():
    report = multilabel(GOLD, ANSWERS, LABELS)
    assert report.figures == {
        "micro_f1": pytest.approx(2 * 3 / (2 * 3 + 1 + 1)),
        "macro_f1": pytest.approx((1 + 0 + 1) / 3),
        "exact_match": 2 / 4,
        "hamming_loss": pytest.approx(2 / 12),
        "rows": 4,
    }
    assert report.precision == [1, 0, 1]
    assert report.recall == [1, 0, 1]
    assert report.support == [2, 1, 1]


rows = st.lists(
    st.tuples(st.frozensets(st.sampled_from(LABELS)), st.frozensets(st.sampled_from(LABELS))),
    min_size=1,
    max_size=9,
)


@given(rows)
def test_figures_are_those_of_scikit_learn(pairs):
    report = multilabel([g for g, _ in pairs], [a for _, a in pairs], LABELS)
    gold, answers = (truth([pair[i] for pair in pairs], LABELS) for i in (0, 1))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        gold, answers, zero_division=0
    )
    assert report.precision == pytest.approx(precision.tolist())
    assert report.recall == pytest.approx(recall.tolist())
    assert report.f1 == pytest.approx(f1.tolist())
    assert report.support == support.tolist()
    occurring = (gold | answers).any(axis=0)
    expected = {
        "micro_f1": metrics.f1_score(gold, answers, average="micro", zero_division=0),
        "macro_f1": f1[occurring].mean() if occurring.any() else 0,
        "exact_match": metrics.accuracy_score(gold, answers),
        "hamming_loss": metrics.hamming_loss(gold, answers),
        "rows": len(pairs),
    }
    assert report.figures == pytest.approx(expected)


def test_no_answer_is_no_label_and_no_exact_match():
    report = multilabel([(), ("a",)], [None, None], LABELS)
    assert report.figures["exact_match"] == 0
    assert report.figures["micro_f1"] == 0
    assert report.figures["hamming_loss"] == pytest.approx(1 / 6)


def test_a_label_that_is_none_is_refused():
    for gold, answers in ([("x",)], [()]), ([()], [("x",)]):
        with pytest.raises(ValueError, match="no label 'x'"):
            multilabel(gold, answers, LABELS)


def test_the_text_shows_each_figure_and_the_signature():
    text = str(multilabel(GOLD, ANSWERS, LABELS, data="abc", linear=0.91))
    for figure in ("micro-F1 0.7500", "macro-F1 0.6667", "exact match 0.5000", "loss 0.1667"):
        assert figure in text
    assert "tf-idf 1-2-grams, logistic regression 0.9100" in text
    assert "The linear baseline is better by 16.0 points" in text
    assert text.splitlines()[-1].endswith("multilabel | labels 3 | rows 4 | data abc")


# thresholds


def f1(p, has, threshold):
    found = p >= threshold
    return 2 * (found & has).sum() / (found.sum() + has.sum())


@given(st.data(), st.sampled_from([np.float32, np.float64]))
def test_no_threshold_is_better_nor_as_good_and_nearer_to_one_half(data, kind):
    n = data.draw(st.integers(1, 8))
    some = st.sampled_from([0, 0.1, 0.3, 0.5, 0.7, 1]) | st.floats(0, 1, width=32)
    p = np.array(data.draw(st.lists(some, min_size=n, max_size=n)), dtype=kind)
    has = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    [threshold] = choose_thresholds(p[:, None], has[:, None])
    assert 0 <= threshold <= 1
    if not has.any():
        assert threshold == 0.5
        return
    best = max(f1(p, has, cut) for cut in p)
    assert f1(p, has, threshold) == best
    ordered = np.unique([0, *p])
    cuts = [0.5, *((ordered[1:] + ordered[:-1]) / 2)]
    assert all(abs(threshold - 0.5) <= abs(cut - 0.5) for cut in cuts if f1(p, has, cut) == best)


def test_each_label_has_its_own_threshold():
    p = np.array([[0.9, 0.2, 0.3], [0.8, 0.4, 0.9], [0.1, 0.1, 0.7]], dtype=np.float32)
    gold = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0]], dtype=bool)
    assert choose_thresholds(p, gold) == pytest.approx([0.5, 0.3, 0.5])


def test_a_threshold_between_neighbouring_floats_keeps_them_apart():
    low = np.float64(0.75)
    high = np.nextafter(low, 1)
    p, has = np.array([low, high, low]), np.array([False, True, False])
    [threshold] = choose_thresholds(p[:, None], has[:, None])
    assert f1(p, has, threshold) == 1
