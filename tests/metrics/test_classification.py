import numpy as np
import pytest

from nlpseq.metrics.classification import NO_ANSWER, classification


def test_figures_by_hand():
    report = classification(["a", "a", "a", "b", "b"], ["a", "a", "b", "b", "a"], ["a", "b"])
    assert report.figures["accuracy"] == pytest.approx(3 / 5)
    assert report.figures["majority"] == pytest.approx(3 / 5)
    assert report.precision == pytest.approx([2 / 3, 1 / 2])
    assert report.recall == pytest.approx([2 / 3, 1 / 2])
    assert report.figures["macro_f1"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert report.confusion.tolist() == [[2, 1], [1, 1]]


def test_no_answer_is_wrong_and_has_its_column():
    report = classification(["a", "b", "b"], ["a", None, "b"], ["a", "b"])
    assert report.figures["accuracy"] == pytest.approx(2 / 3)
    assert report.confusion.tolist() == [[1, 0, 0], [0, 1, 1]]
    assert NO_ANSWER in str(report)


def test_a_label_that_never_occurs_does_not_drag_the_mean():
    report = classification(["a", "b"], ["a", "b"], ["a", "b", "c"])
    assert report.figures["macro_f1"] == 1
    assert report.confusion.shape == (3, 3)


def test_a_label_answered_but_never_right_does():
    report = classification(["a", "a"], ["a", "c"], ["a", "b", "c"])
    assert report.figures["macro_f1"] == pytest.approx((2 / 3 + 0) / 2)


def test_accuracy_is_the_diagonal(seed=3):
    random = np.random.default_rng(seed)
    labels = list("xyz")
    gold, answers = (random.choice(labels, 101).tolist() for _ in range(2))
    report = classification(gold, answers, labels)
    assert report.figures["accuracy"] == pytest.approx(np.trace(report.confusion) / 101)
    assert report.confusion.sum() == 101


def test_the_text_shows_each_figure_and_the_signature():
    text = str(classification(["um", "dois"], ["um", "um"], ["dois", "um"]))
    assert "accuracy 0.5000" in text
    assert "majority class 0.5000" in text
    assert text.splitlines()[-1].startswith("nlpseq ")


def test_the_linear_baseline_stands_beside_the_figures():
    report = classification(["a", "a", "b", "b"], ["a", "a", "b", "a"], ["a", "b"], linear=0.625)
    assert report.figures["linear"] == 0.625
    assert "tf-idf 1-2-grams, logistic regression 0.6250" in str(report)
    assert "better" not in str(report)
    without = classification(["a", "a", "b", "b"], ["a", "a", "b", "a"], ["a", "b"])
    assert "linear" not in without.figures
    assert "logistic" not in str(without)


@pytest.mark.parametrize(
    ("linear", "told"), [(0.75, False), (0.7504, False), (0.764, True), (1.0, True)]
)
def test_a_model_that_loses_to_the_baseline_is_told(linear, told):
    gold, answers = ["a", "a", "b", "b"], ["a", "a", "b", "a"]
    text = str(classification(gold, answers, ["a", "b"], linear=linear))
    sentence = f"The linear baseline is better by {100 * (linear - 0.75):.1f} points: use it, or"
    assert (sentence in text) is told
