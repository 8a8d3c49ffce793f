"""Figures of entities, against counting by hand and as the script conlleval counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.metrics.spans import FAULTS, faults, span_report
from nlpseq.text.tags import Span, spans

GOLD = [
    [Span(0, 2, "PER"), Span(4, 5, "LOC")],
    [Span(0, 1, "ORG"), Span(2, 4, "ORG"), Span(6, 7, "LOC")],
    [],
]
FOUND = [
    [Span(0, 2, "PER"), Span(4, 5, "ORG")],  # right; another type
    [Span(0, 2, "ORG"), Span(3, 5, "LOC")],  # another boundary; both wrong
    [Span(1, 2, "LOC")],  # spurious
]


def test_each_wrong_entity_is_of_one_kind():
    report = span_report(GOLD, FOUND)
    figures = report.figures
    kinds = "boundary_errors", "type_errors", "both_wrong", "spurious", "missed"
    assert [figures[kind] for kind in kinds] == [1, 1, 1, 1, 1]
    assert figures["precision"] == 1 / 5
    assert figures["recall"] == 1 / 5
    assert figures["f1"] == pytest.approx(1 / 5)
    assert figures["macro_f1"] == pytest.approx(1 / 3)
    assert report.types["PER"] == (1.0, 1.0, 1.0, 1, 1)
    assert report.types["LOC"] == (0.0, 0.0, 0.0, 2, 2)
    assert "boundary 1   type 1   both 1   spurious 1   missed 1" in str(report)
    assert "| spans | exact |" in report.signature


def test_a_fault_has_what_was_found_and_what_is_true_there():
    found = [fault for pair in zip(GOLD, FOUND, strict=True) for fault in faults(*pair)]
    assert found == [
        ("type_errors", Span(4, 5, "ORG"), [Span(4, 5, "LOC")]),
        ("boundary_errors", Span(0, 2, "ORG"), [Span(0, 1, "ORG")]),
        ("both_wrong", Span(3, 5, "LOC"), [Span(2, 4, "ORG")]),
        ("missed", None, [Span(6, 7, "LOC")]),
        ("spurious", Span(1, 2, "LOC"), []),
    ]
    assert {fault.kind for fault in found} == set(FAULTS)


def test_recall_of_words_that_training_had():
    figures = span_report(GOLD, [*GOLD[:1], [], []], seen=lambda n, span: n == 0).figures
    assert (figures["recall_seen"], figures["recall_unseen"]) == (1.0, 0.0)


def test_nothing_at_all():
    report = span_report([[]], [[]])
    assert report.figures["f1"] == 0
    assert report.figures["macro_f1"] == 0
    assert str(report)
    with pytest.raises(ValueError, match=r"shorter|longer"):
        span_report([[], []], [[]])


tags = st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]), min_size=1, max_size=9)


@given(st.lists(st.tuples(tags, st.randoms(use_true_random=False)), min_size=1, max_size=6))
def test_the_figures_are_those_of_conlleval(sentences):
    """conlleval's own counting, by starts and ends of chunks, over random tags."""
    gold = [sentence for sentence, _ in sentences]
    found = [random.sample(sentence, len(sentence)) for sentence, random in sentences]
    right = there = guessed = 0
    for true, answer in zip(gold, found, strict=True):
        counts = conlleval(true, answer)
        right, there, guessed = right + counts[0], there + counts[1], guessed + counts[2]
    report = span_report([spans(t, "IOB2") for t in gold], [spans(t, "IOB2") for t in found])
    assert report.figures["precision"] == pytest.approx(right / guessed if guessed else 0)
    assert report.figures["recall"] == pytest.approx(right / there if there else 0)
    assert report.figures["entities"] == there


def conlleval(gold, found):
    """Right, true and predicted chunks of one sentence, in one pass as the script has it."""

    def starts(before, tag):
        return tag != "O" and (tag[0] == "B" or before == "O" or before[2:] != tag[2:])

    def ends(tag, after):
        return tag != "O" and (after == "O" or after[0] == "B" or after[2:] != tag[2:])

    right = there = guessed = 0
    inside = False
    for i in range(len(gold) + 1):
        g, f = (*gold, "O")[i], (*found, "O")[i]
        g_before, f_before = ("O", *gold)[i], ("O", *found)[i]
        if inside:
            g_end, f_end = ends(g_before, g), ends(f_before, f)
            if g_end and f_end and g_before[2:] == f_before[2:]:
                right, inside = right + 1, False
            elif g_end != f_end or g_before[2:] != f_before[2:]:
                inside = False
        g_start, f_start = starts(g_before, g), starts(f_before, f)
        if g_start and f_start and g[2:] == f[2:]:
            inside = True
        there, guessed = there + g_start, guessed + f_start
    return right, there, guessed


def test_a_long_sentence_of_many_entities_takes_no_longer_than_many_short_ones():
    gold = [Span(i, i + 1, "PER") for i in range(0, 60_000, 2)]
    found = [Span(i, i + 2, "PER") for i in range(0, 60_000, 4)]
    figures = span_report([gold], [found]).figures
    assert figures["boundary_errors"] == 15_000
    assert figures["missed"] == 15_000
