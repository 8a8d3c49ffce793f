from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpseq.embeddings.train.stream import counting
from nlpseq.embeddings.train.stream.counting import END, PAD, Table
from nlpseq.errors import DataError


def count(table, words):
    """Count a list of words; the numbers that they got."""
    data = np.frombuffer(bytearray(b"".join(words) + bytes(PAD)), dtype=np.uint8)
    ends = np.cumsum([len(word) for word in words], dtype=np.int64)
    starts = ends - [len(word) for word in words]
    return table.count_spans(data, starts, ends, np.ones(len(words), dtype=np.int64)).tolist()


def count_text(table, text):
    data = np.frombuffer(bytearray(text + b" " * PAD), dtype=np.uint8)
    return table.count_text(data, len(text)).tolist()


def words_of(table):
    return table.added(0).split(b"\n")[:-1]


# words that differ at one place alone, near the ends of eights
lengths = st.sampled_from([0, 1, 7, 8, 9, 15, 16, 17, 24, 25])
words = st.builds(lambda n, c: bytes([c]) * n, lengths, st.sampled_from([0, 97, 98, 255]))
words |= st.builds(lambda n, at: b"a" * at + b"b" + b"a" * n, lengths, lengths)


@settings(max_examples=100, deadline=None)
@given(st.lists(words, max_size=60))
def test_each_distinct_word_has_a_number(words):
    table = Table()
    first = {word: i for i, word in enumerate(dict.fromkeys(words))}
    assert count(table, words) == [first[word] for word in words]
    assert table.counts.tolist() == list(Counter(words).values())
    assert count(table, words) == [first[word] for word in words]  # none is new


def test_many_words_grow_the_table():
    table = Table()
    words = [b"w%d" % i for i in range(20_000)]
    words[10_000] = b"x" * 200_000
    assert count(table, words) == list(range(20_000))
    assert words_of(table) == words
    assert count(table, words[::-1]) == list(range(19_999, -1, -1))
    assert set(table.counts) == {2}


def test_a_text_may_grow_the_table_anywhere():
    words = [b"w%d" % i for i in range(20_000)]
    assert count_text(Table(), b"\n".join(words) + b"\n") == [
        n for i in range(20_000) for n in (i, END)
    ]


def test_words_of_a_text():
    table = Table()
    assert count_text(table, b"  ab\tb\n\nb ab\x01\r\n\x1f") == [0, 1, END, END, 1, 2, END, 3]
    assert words_of(table) == [b"ab", b"b", b"ab\x01", b"\x1f"]
    assert table.added(2) == b"ab\x01\n\x1f\n"


@given(st.lists(words.filter(lambda w: b"\n" not in w), min_size=1, max_size=40), st.integers(1, 3))
@settings(max_examples=50, deadline=None)
def test_ranking_is_by_count_then_by_bytes(words, min_count):
    table = Table()
    count(table, words)
    counts = Counter(words)
    expected = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
    order, tokens, starts = table.ranked(min_count)
    text = tokens.tobytes()
    ranked = [text[i:j] for i, j in pairwise(starts)]
    assert ranked == expected
    known = list(dict.fromkeys(words))
    assert [known[i] for i in order] == expected


def test_merging():
    one, other = Table(), Table()
    count(one, [b"a", b"b", b"a"])
    count(other, [b"c", b"b", b"c"])
    assert one.merge(other).tolist() == [2, 1]
    assert one.counts.tolist() == [2, 2, 2]
    assert words_of(one) == [b"a", b"b", b"c"]


@pytest.mark.parametrize(
    ("most", "kept"), [(3, [b"b", b"a"]), (2, [b"b", b"a"]), (1, [b"b"]), (0, []), (9, None)]
)
def test_pruning_drops_all_of_a_count(most, kept):
    table = Table()
    words = [b"x", b"b", b"a", b"b", b"a", b"b", b"y" * 30, b"z"]
    count(table, words)
    before = words_of(table)
    rank = table.prune(most)
    kept = before if kept is None else kept
    assert words_of(table) == kept
    assert rank.tolist() == [kept.index(w) if w in kept else END for w in before]
    # and it goes on from there
    numbers = count(table, [b"a", b"new", b"b"])
    named = words_of(table)
    assert [named[i] for i in numbers] == [b"a", b"new", b"b"]


def test_more_words_than_there_are_numbers(monkeypatch):
    monkeypatch.setattr(counting, "_MOST", 4000)
    with pytest.raises(DataError, match="max_vocab"):
        count(Table(), [b"%d" % i for i in range(5000)])
