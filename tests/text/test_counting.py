import gc
import tempfile
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpseq.errors import CallError
from nlpseq.files import text_lines
from nlpseq.text import counting
from nlpseq.text.counting import WordCounts

TRICKY = "\t\n\r\x00\x1c\x85\u2028\ud7ff\ud800\udc00\udfff\ue000\uffff\U00010000\\u0041"
word = st.text(st.sampled_from(TRICKY) | st.characters(categories=None), max_size=5)
few_words = st.sampled_from(["a", "b", "c", "ç", "\n", "", "\ud800", "\ud83d\ude00", "😀", "\\"])
documents = st.lists(st.lists(few_words | word, max_size=8), max_size=30)
sizes = st.integers(1, 9)


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def counted(documents, distinct):
    counts = WordCounts(distinct)
    for document in documents:
        counts.add(document)
    return counts


@given(documents, sizes)
def test_counts_are_a_counter_s_in_code_point_order(documents, distinct):
    expected = Counter(word for document in documents for word in document)
    with counted(documents, distinct) as counts:
        assert list(counts.items()) == sorted(expected.items())
        assert list(counts.items()) == sorted(expected.items())  # reading takes nothing away
        assert counts.total == expected.total()


@given(documents, sizes, st.integers(0, 3), st.none() | st.integers(0, 12))
def test_most_common_first_ties_by_code_point(documents, distinct, min_count, most):
    expected = Counter(word for document in documents for word in document)
    kept = [pair for pair in expected.items() if pair[1] >= min_count]
    kept.sort(key=lambda pair: (-pair[1], pair[0]))
    with counted(documents, distinct) as counts:
        assert counts.most_common(min_count, most) == kept[:most]


@given(documents, documents, sizes, sizes)
def test_merge_adds_and_leaves_the_other(documents, others, distinct, another):
    with counted(documents, distinct) as counts, counted(others, another) as other:
        before = list(other.items())
        counts.merge(other)
        assert list(other.items()) == before
        with counted(documents + others, 1000) as whole:
            assert list(counts.items()) == list(whole.items())
            assert counts.total == whole.total


@given(st.lists(st.tuples(few_words | word, st.integers(0, 2**70)), max_size=30), sizes)
def test_counts_of_any_size_are_exact(pairs, distinct):
    expected: dict[str, int] = {}
    for w, n in pairs:
        expected[w] = expected.get(w, 0) + n
    with WordCounts(distinct) as counts:
        for start in range(0, len(pairs), 3):
            some = pairs[start : start + 3]
            counts.add_counts([w for w, _ in some], (n for _, n in some))
        assert list(counts.items()) == sorted(expected.items())
        assert counts.total == sum(expected.values())


@given(documents)
@settings(max_examples=25)
def test_runs_of_runs(documents):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "_FAN", 2)
        expected = Counter(word for document in documents for word in document)
        with counted(documents, 1) as counts:
            assert list(counts.items()) == sorted(expected.items())


@pytest.mark.parametrize("part", [1, 2, 5])
def test_words_may_come_in_any_iterable(monkeypatch, part):
    monkeypatch.setattr(counting, "_PART", part)
    words = ["b", "a", "b"]
    for given_words in (words, tuple(words), iter(words), (w for w in words)):
        with WordCounts(2) as counts:
            counts.add(given_words)
            assert list(counts.items()) == [("a", 1), ("b", 2)]
    with WordCounts() as counts:
        counts.add({"a": 5})  # the keys are the words
        counts.add_counts(np.array(["a", "c"]), np.array([2, 3]))
        assert list(counts.items()) == [("a", 3), ("c", 3)]


def test_no_more_is_held_than_was_said(temporary):
    with WordCounts(10) as counts:
        for i in range(5000):
            counts.add([f"{i}"])
            assert len(counts._held) <= 10
        runs = [path for path in temporary.glob("*/*") if path.is_file()]
        assert 0 < len(runs) < 2 * counting._FAN
        assert sum(n for _, n in counts.items()) == 5000


def test_long_words_fill_the_memory_as_many_do(temporary):
    with WordCounts(10) as counts:
        for i in range(5):
            counts.add([f"{i}" * 1000])
            assert not counts._held
        assert [(word[0], n) for word, n in counts.items()] == [(f"{i}", 1) for i in range(5)]


def test_nothing_is_written_without_need(temporary):
    with WordCounts(3) as counts:
        counts.add(["a", "b", "c"] * 10)
        assert list(temporary.iterdir()) == []


def test_the_runs_go_with_the_statement(temporary):
    with counted([["a", "b"]], 1) as counts:
        assert len(list(temporary.iterdir())) == 1
    assert list(temporary.iterdir()) == []
    counts.close()  # again does nothing


def test_the_runs_go_on_an_error(temporary):
    def broken():
        yield from "abc"
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="broke"), WordCounts(1) as counts:
        counts.add(["a", "b"])
        counts.add(broken())
    assert list(temporary.iterdir()) == []


def test_the_runs_go_with_the_object(temporary):
    counts = counted([["a", "b"]], 1)
    assert len(list(temporary.iterdir())) == 1
    del counts
    gc.collect()
    assert list(temporary.iterdir()) == []


def test_reading_may_stop_half_way(temporary):
    with counted([["a"], ["b"], ["c"]], 1) as counts:
        items = counts.items()
        assert next(items) == ("a", 1)
        items.close()
        assert len(list(counts.items())) == 3
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda counts: counts.add("a text"), "list of words"),
        (lambda counts: counts.add_counts("ab", [1, 2]), "list of words"),
        (lambda counts: counts.add_counts(["a"], [-1]), "fewer than 0"),
        (lambda counts: counts.merge(counts), "with themselves"),
        (lambda counts: WordCounts(0), "cannot be held"),
    ],
)
def test_a_wrong_call_counts_nothing(call, message):
    with WordCounts() as counts:
        with pytest.raises(CallError, match=message):
            call(counts)
        assert list(counts.items()) == []
        assert counts.total == 0


@pytest.mark.parametrize(("words", "counts"), [(["a"], []), ([], [1]), (["a", "b"], [1])])
def test_one_count_a_word(words, counts):
    with pytest.raises(ValueError, match="zip"), WordCounts() as counted:
        counted.add_counts(words, counts)


@pytest.mark.parametrize(
    "call",
    [
        lambda counts: counts.items(),
        lambda counts: counts.most_common(),
        lambda counts: counts.add(["a"]),
        lambda counts: counts.add_counts(["a"], [1]),
        lambda counts: WordCounts().merge(counts),
    ],
)
def test_closed_counts_say_so(call):
    with WordCounts() as counts:
        counts.add(["a"])
    with pytest.raises(CallError, match="closed"):
        call(counts)


def test_no_room_for_the_runs_is_said(temporary, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "none"))
    with pytest.raises(CallError, match="put aside") as caught, WordCounts(1) as counts:
        counts.add(["a", "b"])
    assert "TMPDIR" in caught.value.remedy


def test_a_run_that_was_not_written_is_held_still(temporary, monkeypatch):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no device that is always full")
    with WordCounts(1) as counts:
        counts.add(["a", "b"])
        folder, counts._folder = counts._folder, temporary
        (temporary / "1").symlink_to(full)
        with pytest.raises(CallError, match="put aside"):
            counts.add(["a", "c"])
        counts._folder = folder
        assert list(counts.items()) == [("a", 2), ("b", 1), ("c", 1)]


def test_a_merge_of_runs_that_failed_counts_nothing_twice(temporary, monkeypatch):
    monkeypatch.setattr(counting, "_FAN", 2)
    with WordCounts(1) as counts:
        counts.add(["a", "b"])
        write = counts._write
        runs = iter([write, None])

        def fails_then(pairs):
            step = next(runs)
            if step is None:
                raise CallError("no room")
            return step(pairs)

        monkeypatch.setattr(counts, "_write", fails_then)
        with pytest.raises(CallError, match="no room"):
            counts.add(["a", "c"])
        monkeypatch.setattr(counts, "_write", write)
        counts.add(["d", "e"])
        assert list(counts.items()) == [("a", 2), ("b", 1), ("c", 1), ("d", 1), ("e", 1)]


@pytest.mark.data
def test_a_corpus_that_does_not_fit(data):
    expected: Counter[str] = Counter()
    with WordCounts(3000) as counts:
        for _, line in islice(text_lines(data / "corpora/pt.txt.gz"), 10_000):
            words = line.split()
            expected.update(words)
            counts.add(words)
        assert len(expected) > 5 * 3000
        assert list(counts.items()) == sorted(expected.items())
        common = sorted(expected.items(), key=lambda pair: (-pair[1], pair[0]))
        assert counts.most_common(2, 1000) == common[:1000]
        assert counts.total == expected.total()
