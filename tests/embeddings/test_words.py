from zlib import crc32

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlpseq.embeddings import indexing
from nlpseq.embeddings.indexing import Builder, find_each
from nlpseq.embeddings.words import Words
from nlpseq.errors import DataError

ODD = [
    "",
    "\x00",
    "\n",
    "\r\n",
    "\t",
    " ",
    "\u00a0",
    "\u2028",
    "\ufeff",
    "é",
    "e\u0301",
    "🙂",
    "日本",
]
character = st.sampled_from("ab\x00\n é🙂\u2028\ufeff") | st.characters(exclude_categories=["Cs"])
word = st.sampled_from(ODD) | st.text(character, max_size=6)


def laid_out(words):
    """Words as a reader gives them: their UTF-8, end to end, and where each starts."""
    encoded = [word.encode() for word in words]
    offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
    np.cumsum([len(word) for word in encoded], out=offsets[1:])
    return np.frombuffer(b"".join(encoded), dtype=np.uint8), offsets


# look-up


@settings(deadline=None)
@given(st.lists(word, unique=True, max_size=40), st.lists(word, max_size=10))
@example(ODD, ODD)
@example([], [""])
def test_a_look_up_is_that_of_a_dict(words, others):
    built = Words.of(words)
    rows = {word: row for row, word in enumerate(words)}
    for asked in [*words, *others]:
        assert built.find(asked) == rows.get(asked)
        assert (asked in built) == (asked in rows)
    expected = [rows.get(asked, -1) for asked in [*others, *words]]
    found = built.find_all([*others, *words])
    assert found.tolist() == expected
    assert found.dtype == np.int64
    assert find_each(built, *laid_out([*others, *words])).tolist() == expected


@settings(deadline=None)
@given(st.lists(word, unique=True, max_size=20), st.integers(-25, 25), st.integers(-25, 25))
def test_words_are_a_sequence(words, start, stop):
    built = Words.of(words)
    assert list(built) == words
    assert len(built) == len(words)
    assert built[start:stop] == words[start:stop]
    assert built[stop:start:-2] == words[stop:start:-2]
    for row in (start, stop):
        if -len(words) <= row < len(words):
            assert built[row] == words[row]
            assert built[np.int64(row)] == words[row]
        else:
            with pytest.raises(IndexError):
                built[row]
    assert built == Words.of(words)
    assert built != Words.of([*words, "a word more"])
    assert [built.utf8(i) for i in range(len(built))] == [w.encode() for w in words]


def test_what_is_no_word():
    words = Words.of(["a", "b"])
    assert None not in words
    assert 0 not in words
    assert b"a" not in words
    assert words != ["a", "b"]
    assert words.find("\ud800") is None
    assert "a\udfff" not in words


def test_words_are_shown_short():
    assert repr(Words.of("abc")) == "Words(3: a b c)"
    assert repr(Words.of(str(i) for i in range(1234))) == "Words(1,234: 0 1 2 3 4 …)"
    assert repr(Words.of([])) == "Words(0: )"


@pytest.mark.parametrize("bad", ["\ud800", "a\udfff", "\udc80b"])
def test_half_a_character_is_no_word(bad):
    with pytest.raises(DataError, match="is not Unicode text"):
        Words.of(["a", bad])


@settings(deadline=None)
@given(st.lists(word, min_size=1, max_size=12), st.data())
def test_a_word_that_stands_there_twice(words, data):
    words.insert(data.draw(st.integers(0, len(words))), data.draw(st.sampled_from(words)))
    twice = next(w for i, w in enumerate(words) if w in words[:i])
    with pytest.raises(DataError) as caught:
        Words.of(words)
    assert caught.value.message == f"the word {twice!r} stands there twice"


@settings(deadline=None)
@given(st.binary(max_size=70), st.integers(0, 70), st.integers(0, 70))
@example(b"123456789", 0, 9)
def test_the_hash_of_compiled_code_is_that_of_zlib(content, start, end):
    start, end = sorted((min(start, len(content)), min(end, len(content))))
    tokens = np.frombuffer(content, dtype=np.uint8)
    assert indexing._crc32(tokens, start, end) == crc32(content[start:end])


def test_the_index_is_what_the_format_says():
    words = [f"palavra{i}" for i in range(6000)]
    built = Words.of(words)
    slots = built.table
    assert len(slots) & (len(slots) - 1) == 0
    assert sorted(slots[slots >= 0].tolist()) == list(range(6000))
    for row, one in enumerate(words[:300]):
        slot = crc32(one.encode()) % len(slots)
        while slots[slot] != row:
            assert slots[slot] >= 0
            slot = (slot + 1) % len(slots)


# prefixes


@settings(deadline=None)
@given(st.lists(word, unique=True, max_size=30), st.text(character, max_size=3))
@example(["", "a", "ab", "b"], "")
@example(["é", "e", "ée", "è"], "é")
@example(["a\x00", "a"], "a\x00")
def test_starting_with(words, prefix):
    found = Words.of(words).starting_with(prefix)
    assert found.dtype == np.bool_
    assert found.tolist() == [w.startswith(prefix) for w in words]


def test_a_prefix_that_shares_the_first_byte_of_a_character():
    words = Words.of(["é", "è", "\u00c3x", "🙂", "🙃"])
    assert words.starting_with("é").tolist() == [True, False, False, False, False]
    assert words.starting_with("🙂").tolist() == [False, False, False, True, False]


@pytest.mark.parametrize("prefix", ["\ud800", "\udcc3", "a\ud83d"])
def test_no_word_starts_with_half_a_character(prefix):
    words = ["?", "a?", "é", "🙂", "\ufffd", "a\ufffd"]
    assert not Words.of(words).starting_with(prefix).any()


# words that arrive in blocks


@settings(deadline=None)
@given(st.lists(st.lists(word, max_size=9), max_size=12))
def test_blocks_keep_the_first_of_each_word(blocks):
    builder = Builder()
    rows = {}
    for block in blocks:
        expected = []
        for one in block:
            expected.append(one not in rows)
            rows.setdefault(one, len(rows))
        assert builder.add(*laid_out(block)).tolist() == expected
        assert len(builder) == len(rows)
    built = builder.finish()
    assert list(built) == list(rows)
    assert all(built.find(one) == row for one, row in rows.items())


@pytest.mark.parametrize("size", [1, 7, 997, 20_000])
def test_words_grow_past_every_first_size(size):
    """The index has room for some 5,000 words at first, the bytes for 65,536."""
    random = np.random.default_rng(size)
    numbers = random.integers(0, 9_000, 20_000).tolist() if size > 1 else list(range(6_000))
    listed = [f"uma palavra {i:x} " * (1 + i % 3) for i in numbers]
    builder, rows = Builder(), {}
    for start in range(0, len(listed), size):
        block = listed[start : start + size]
        new = builder.add(*laid_out(block))
        before = len(rows)
        for one in block:
            rows.setdefault(one, len(rows))
        assert np.count_nonzero(new) == len(rows) - before
    built = builder.finish()
    assert list(built) == list(rows)
    assert built.find_all(rows).tolist() == list(range(len(rows)))
    assert built.find("uma palavra") is None


def test_one_very_long_word():
    long = "ã" * 300_000
    words = Words.of(["a", long, "b"])
    assert words.find(long) == 1
    assert words.find(long[:-1]) is None
    assert words[1] == long


def test_more_words_than_a_row_number_can_count(monkeypatch):
    monkeypatch.setattr(indexing, "_LARGEST", 5)
    builder = Builder()
    builder.add(*laid_out("abc"))
    with pytest.raises(DataError, match="more than 5 words"):
        builder.add(*laid_out("def"))


# damage: what comes out of a file of strangers


def parts(words):
    built = Words.of(words)
    return built.tokens.copy(), built.offsets.copy(), built.table.copy()


def use(words):
    """Every way to look; only a DataError may come out of damaged words."""
    asked = ["a", "bb", "ccc", "nothing", "", "é"]
    ways = [
        lambda: list(words),
        lambda: words.find_all(asked),
        lambda: words.starting_with(""),
        lambda: words.starting_with("c"),
        lambda: words.starting_with("ccccc"),
        lambda: words[1:],
        lambda: repr(words),
        lambda: words == words,
        *(lambda row=row: words.utf8(row) for row in range(len(words))),
        *(lambda one=one: words.find(one) for one in asked),
    ]
    for way in ways:
        try:
            way()
        except DataError as error:
            assert str(error)


def test_parts_that_cannot_belong_together():
    tokens, offsets, table = parts(["a", "bb", "ccc"])
    for bad in (
        (tokens[:-1], offsets, table),
        (tokens, offsets[:-1], table),
        (tokens, offsets[1:], table),
        (tokens, offsets[:0], table),
        (tokens, offsets, table[:-1]),
        (tokens, offsets, table[:2]),
        (tokens, offsets, table[:0]),
        (tokens, offsets, np.arange(3, dtype=np.int32)),
    ):
        with pytest.raises(DataError, match="do not belong together"):
            Words(*bad)


def test_an_index_without_an_empty_slot():
    tokens, offsets, table = parts(["a", "bb", "ccc"])
    for row in (0, 2):
        table[:] = row
        words = Words(tokens, offsets, table)
        with pytest.raises(DataError, match="the index of the words is damaged"):
            words.find("nothing")
        assert words.find(["a", "", "ccc"][row]) == row


@pytest.mark.parametrize("row", [3, 4, 2**31 - 1])
def test_an_index_that_leads_out(row):
    tokens, offsets, table = parts(["a", "bb", "ccc"])
    table[:] = row
    words = Words(tokens, offsets, table)
    with pytest.raises(DataError, match="the index of the words is damaged"):
        words.find("a")
    use(words)


@pytest.mark.parametrize(
    "middle",
    [
        [-1, 3],
        [0, 2**62],
        [2**62, 2**62],
        [-(2**63), 2**63 - 1],
        [5, 2],
        [100, 3],
        [7, 7],
        [-5, -9],
    ],
)
def test_offsets_that_lead_out(middle):
    tokens, offsets, table = parts(["a", "bb", "ccc"])
    offsets[1:-1] = middle
    words = Words(tokens, offsets, table)
    with pytest.raises(DataError, match=r"the offsets of word \d are damaged"):
        list(words)
    use(words)


def test_bytes_that_are_no_text():
    tokens, offsets, table = parts(["a", "bb", "ccc"])
    tokens[2] = 0xFF
    words = Words(tokens, offsets, table)
    with pytest.raises(DataError, match="word 1 is not UTF-8"):
        words[1]
    assert words[0] == "a"
    use(words)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_damage_is_an_error_of_ours(data):
    tokens, offsets, table = parts(["a", "bb", "ccc", "é", "w7"])
    numbers = st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 12)
    for _ in range(data.draw(st.integers(1, 4))):
        what = data.draw(st.sampled_from(["tokens", "offsets", "index"]))
        if what == "tokens":
            tokens[data.draw(st.integers(0, len(tokens) - 1))] = data.draw(st.integers(0, 255))
        elif what == "offsets":
            offsets[data.draw(st.integers(1, len(offsets) - 2))] = data.draw(numbers)
        else:
            slots = slice(None) if data.draw(st.booleans()) else np.flatnonzero(table >= 0)
            table[slots] = data.draw(st.integers(-(2**31), 2**31 - 1) | st.integers(-1, 6))
    use(Words(tokens, offsets, table))
