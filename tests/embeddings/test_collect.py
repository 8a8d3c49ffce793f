import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlpseq.embeddings.collect import Collector, in_memory
from nlpseq.embeddings.formats.contents import Block, Contents, Report
from nlpseq.embeddings.words import Words
from nlpseq.errors import DataError


def block_of(rows, counts=True):
    """A block of (word, number, place)."""
    encoded = [word.encode() for word, _, _ in rows]
    return Block(
        np.frombuffer(b"".join(encoded), dtype=np.uint8),
        np.cumsum([0, *map(len, encoded)]).astype(np.int64),
        np.array([[n, -n] for _, n, _ in rows], dtype=np.float32).reshape(-1, 2),
        np.array([place for _, _, place in rows], dtype=np.int64),
        np.array([n * 10 for _, n, _ in rows], dtype=np.int64) if counts else None,
    )


def contents_of(blocks, counts=True, unit="line"):
    """The words of each block, and numbers that say where they stood."""
    place, made = 0, []
    for words in blocks:
        rows = [(word, place + i, place + i + 1) for i, word in enumerate(words)]
        place += len(words)
        made.append(block_of(rows, counts))
    return Contents("a format", 2, (block for block in made), unit)


def collected(blocks, *, only=None, first=None, repair=True, counts=True, unit="line"):
    report = Report("v.txt", repair=repair)
    given = None if only is None else Words.of(dict.fromkeys(only))
    contents = contents_of(blocks, counts, unit)
    words, rows, seen = in_memory(Collector(contents, report, only=given, first=first))
    return list(words), rows.block(0, len(rows))[:, 0].tolist(), seen, report


def naive(blocks, only, first):
    """Each wanted word's first row, as many as are wanted, in the order of the file."""
    found = {}
    most = min(10**9 if only is None else len(set(only)), 10**9 if first is None else first)
    for n, word in enumerate(word for words in blocks for word in words):
        if (only is None or word in only) and len(found) < most:
            found.setdefault(word, n)
    return found


letters = st.sampled_from(["a", "b", "c", "d", "é", "", "🙂x"])


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.lists(letters, max_size=6), max_size=5),
    st.none() | st.lists(letters | st.just("zzz"), max_size=4),
    st.none() | st.integers(0, 8),
    st.booleans(),
)
@example([["a", "a", "b", "c"], ["d"]], None, 3, True)
@example([["a", "a", "b"]], ["a", "b"], None, True)
@example([["a", "b"], ["b", "a", "c", "d"]], None, 3, True)
@example([["d", "a", "a", "d", "b", "c"]], ["a", "b", "c"], 2, True)
def test_the_first_row_of_each_wanted_word(blocks, only, first, counts):
    expected = naive(blocks, only, first)
    words, numbers, seen, report = collected(blocks, only=only, first=first, counts=counts)
    assert words == list(expected)
    assert numbers == list(expected.values())
    if counts and expected:
        assert seen.tolist() == [n * 10 for n in expected.values()]
    elif not counts:
        assert seen is None
    assert report.notes == 0
    assert (report.repairs == 0) == (str(report) == "")


@settings(deadline=None)
@given(st.lists(st.lists(letters, max_size=6), max_size=5), st.none() | st.lists(letters))
@example([["a"] * 22], None)
def test_every_double_row_is_told(blocks, only):
    all_words = [word for words in blocks for word in words]
    wanted = [w for w in all_words if only is None or w in only]
    _, _, _, report = collected(blocks, only=only)
    # once all the words that are wanted are there, the rest of the file is not read
    doubles = len(wanted) - len(set(wanted))
    assert report.repairs <= doubles
    if only is None:
        assert report.repairs == doubles
        for message in str(report).splitlines():
            told = message.endswith("stands there twice; the first is kept")
            assert told or message.startswith("… and ")  # the first 20 are told one by one


@settings(deadline=None)
@given(st.lists(st.lists(letters, max_size=6), max_size=5))
def test_a_double_row_is_an_error_unless_repaired(blocks):
    all_words = [word for words in blocks for word in words]
    doubles = [n for n, word in enumerate(all_words) if word in all_words[:n]]
    if not doubles:
        assert collected(blocks, repair=False)[0] == all_words
        return
    with pytest.raises(DataError) as caught:
        collected(blocks, repair=False)
    assert caught.value.message == f"the word {all_words[doubles[0]]!r} stands there twice"
    assert caught.value.where == f"v.txt:{doubles[0] + 1}"
    with pytest.raises(DataError) as caught:
        collected(blocks, repair=False, unit="row")
    assert caught.value.where == f"v.txt: row {doubles[0] + 1}"


def test_no_more_is_read_than_is_wanted():
    def blocks():
        yield from contents_of([["a", "b"], ["c", "d"]]).blocks
        raise AssertionError("read on")

    for only, first, wanted in (
        (None, 3, ["a", "b", "c"]),
        (None, 4, ["a", "b", "c", "d"]),
        (["c", "a"], None, ["a", "c"]),
        (["d", "zzz", "a", "b"], 3, ["a", "b", "d"]),
    ):
        contents = Contents("a format", 2, blocks())
        given = None if only is None else Words.of(only)
        collector = Collector(contents, Report("v.txt"), only=given, first=first)
        words, _, _ = in_memory(collector)
        assert list(words) == wanted


def test_rows_come_as_they_are_read():
    """What is written row by row is never in memory whole."""
    contents = contents_of([["a", "b"], ["a", "c"], [], ["d"]])
    collector = Collector(contents, Report("v.txt", repair=True))
    given = [rows[:, 0].tolist() for rows, _ in collector]
    assert [rows for rows in given if rows] == [[0, 1], [3], [4]]
    assert list(collector.words()) == ["a", "b", "c", "d"]


def test_many_rows_of_many_blocks():
    random = np.random.default_rng(0)
    blocks = [
        [f"w{i}" for i in random.integers(0, 3000, size=random.integers(0, 400))] for _ in range(60)
    ]
    expected = naive(blocks, None, None)
    words, numbers, seen, report = collected(blocks)
    assert words == list(expected)
    assert numbers == list(expected.values())
    assert seen.tolist() == [10 * n for n in expected.values()]
    assert report.repairs == sum(map(len, blocks)) - len(expected)
    for first in (1, 700, 2999):
        assert collected(blocks, first=first)[0] == list(expected)[:first]


def test_nothing_at_all():
    for blocks in ([], [[]]):
        words, numbers, _, report = collected(blocks)
        assert (words, numbers, report.repairs) == ([], [], 0)
    assert collected([["a", "b"]], first=0)[0] == []
    assert collected([["a", "b"]], only=[])[0] == []
    assert collected([["a", "b"]], only=["zzz"])[0] == []


@pytest.mark.parametrize("expected", [0, 1, 3, 1000])
def test_a_header_may_announce_any_number(expected):
    """It makes room, and no more."""
    contents = contents_of([["a", "b"], ["c"]])
    if "expected" in Contents._fields:
        contents = contents._replace(expected=expected)
    words, rows, _ = in_memory(Collector(contents, Report("v.txt")))
    assert list(words) == ["a", "b", "c"]
    assert rows.data.tolist() == [[0, 0], [1, -1], [2, -2]]


def test_an_error_closes_the_reader_at_once():
    closed = []

    def blocks():
        try:
            yield from contents_of([["a", "a"], ["b"]]).blocks
        finally:
            closed.append(True)

    contents = Contents("a format", 2, blocks())
    with pytest.raises(DataError, match="stands there twice") as kept:
        in_memory(Collector(contents, Report("f.txt")))
    assert closed, kept
