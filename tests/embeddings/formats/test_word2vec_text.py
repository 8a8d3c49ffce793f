import gzip

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nlpseq.embeddings.formats.word2vec_text import looks_like, read, write
from nlpseq.errors import DataError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "vectors.txt"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("vectors")


TRICKY = " \t\r\x00\x1c\u0085\u00a0\u2028\u200b\ufeff0123"
word = st.text(
    (st.sampled_from(TRICKY) | st.characters(exclude_categories=["Cs"])).filter("\n".__ne__),
    min_size=1,
    max_size=5,
)
finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(deadline=None)
@given(
    words=st.lists(word, unique=True, min_size=1, max_size=5),
    dim=st.integers(1, 4),
    suffix=st.sampled_from(["txt", "gz"]),
    data=st.data(),
)
@example(["\u00a0", "\u0085", "a\u2028b", " ", "0,0 km²", "1 2 3", "2 ", "a\r"], 3, "gz", None)
def test_what_is_written_reads_the_same_bit_for_bit(folder, words, dim, suffix, data):
    shape = (len(words), dim)
    if data:
        matrix = data.draw(hnp.arrays(np.float32, shape, elements=finite))
    else:
        matrix = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    path = folder / f"a.{suffix}"
    write(path, words, matrix)
    found, numbers = read(path)
    assert found == words
    assert numbers.dtype == np.float32
    assert numbers.view(np.uint32).tolist() == matrix.view(np.uint32).tolist()


@pytest.mark.parametrize("size", [1023, 1024, 1025, 2049])
def test_any_number_of_rows(path, size):
    matrix = np.random.default_rng(size).normal(size=(size, 3)).astype(np.float32)
    words = [f"w{i}" for i in range(size)]
    write(path, words, matrix)
    found, numbers = read(path)
    assert found == words
    assert np.array_equal(numbers, matrix)


ROWS = [[1, -2.5, 0.125], [3, 4, 5e-3]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("2 3\na 1 -2.5 .125\nb 3 4 5e-3\n", ["a", "b"]),
        ("a 1 -2.5 .125\nb 3 4 5e-3\n", ["a", "b"]),
        ("a 1 -2.5 .125\nb 3 4 5e-3", ["a", "b"]),
        ("2 3 \na 1 -2.5 .125 \nb 3 4 5e-3  \n", ["a", "b"]),
        ("2 3\r\na 1 -2.5 .125\r\nb 3 4 5e-3\r\n", ["a", "b"]),
        ("2\t3\na 1 -2.5 .125\nb 3 4 5e-3\n", ["a", "b"]),
        ("99999999999 3\na 1 -2.5 .125\nb 3 4 5e-3\n", ["a", "b"]),
        ("1 3\na 1 -2.5 .125\nb 3 4 5e-3\n", ["a", "b"]),
        ("2 3\n. . . 1 -2.5 .125\nr$ 0,0 3 4 5e-3\n", [". . .", "r$ 0,0"]),
        ("a 1 -2.5 .125\nat name@domain.com 3 4 5e-3\n", ["a", "at name@domain.com"]),
        ("2 3\n1 1 -2.5 .125\n2 2 3 4 5e-3\n", ["1", "2 2"]),
        ("2 3\n</s> 1 -2.5 .125\nA 3 4 5e-3\n", ["</s>", "A"]),
        ("2 3\n\u00a0 1 -2.5 .125\n\u0085 3 4 5e-3\n", ["\u00a0", "\u0085"]),
        ("\ufeff2 3\na 1 -2.5 .125\nb 3 4 5e-3\n", ["a", "b"]),
        ("\ufeffa 1 -2.5 .125\nb 3 4 5e-3\n", ["a", "b"]),
    ],
)
def test_layouts(path, content, words):
    path.write_bytes(content.encode())
    found, matrix = read(path)
    assert found == words
    assert matrix.tolist() == np.array(ROWS, dtype=np.float32).tolist()


def test_compression_is_told_by_content(path):
    path.write_bytes(gzip.compress(b"1 2\na 1 2\n"))
    assert read(path)[0] == ["a"]


LATER = "".join(f"w{i} 1 2\n" for i in range(1500))


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("", None, "empty"),
        ("2 3\n", None, "no vector follows the header"),
        ("99999999999 300\na 1 2\n", 2, "the header announces 300 numbers a word"),
        ("1 99999999999999999999\na 1 2\n", 2, "the header announces"),
        ("1 0\na\n", 2, "no numbers"),
        ("\n", 1, "no numbers"),
        ("word\n", 1, "no numbers"),
        ("2 2\na 1 2\nb 1\n", 3, "1 numbers where 2"),
        ("2 2\na 1 2\nb c 1\n", 3, "no finite number"),
        ("a 1 2\n\nb 1 2\n", 2, "0 numbers where 2"),
        ("2 2\na 1 2\nb 1 abc\n", 3, "no finite number"),
        ("2 2\na 1 2\nb abc 1\nc 1 2\n", 3, "no finite number"),
        ("a 1 2\nb NaN 2\n", 2, "no finite number"),
        ("a 1 2\nb 1 inf\n", 2, "no finite number"),
        ("a 1 2\nb -Infinity 1\n", 2, "no finite number"),
        ("a 1 2\nb 1 1e39\n", 2, "no finite number"),
        ("a 1 2\nb 1 1e999\n", 2, "no finite number"),
        ("a 1 2\nb 1 0x10\n", 2, "no finite number"),
        ("a 1 2\nb 1 \u0661\n", 2, "no finite number"),
        ("a 1 2\nb 1 2\x00\n", 2, "no finite number"),
        ("a 1 2\nb 1  2\n", 2, "no finite number"),
        ("2 2\na 1 2\n 1 2\n", 3, "no word"),
        ("a 1 2\nb 1 2\na 3 4\n", 3, "'a' stands there twice"),
        ("a 1 2\nb nan 2\nc x 1\n", 2, "no finite number"),
        (LATER + "b 1 x\n", 1501, "no finite number"),
        ("1 2\n" + LATER + "b 1 nan\n", 1502, "no finite number"),
        (LATER + "b 1\n", 1501, "1 numbers where 2"),
        (LATER + "w7 1 2\n", 1501, "'w7' stands there twice"),
    ],
)
def test_bad_data_is_located(path, content, line, message):
    path.write_bytes(content.encode())
    with pytest.raises(DataError) as caught:
        read(path)
    assert message in caught.value.message
    assert caught.value.where == (f"{path}:{line}" if line else str(path))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("header", [b"", b"2 2\n"])
def test_a_word_that_is_not_utf8_is_located(path, pack, header):
    path.write_bytes(pack(header + b"a 1 2\ncora\xc3 1 2\n"))
    with pytest.raises(DataError, match="is not UTF-8") as caught:
        read(path)
    assert caught.value.where == f"{path}:{3 if header else 2}"


def test_a_monstrous_field_does_not_take_the_memory(path):
    row = b" 0" * 500
    rows = [b"w%d%s" % (i, row) for i in range(1000)]
    path.write_bytes(b"\n".join([*rows, b"x" + row[2:] + b" " + b"z" * 4_000_000]))
    with pytest.raises(DataError, match="no finite number") as caught:
        read(path)
    assert caught.value.where == f"{path}:1001"


def test_a_file_that_was_cut_off(path):
    packed = gzip.compress("".join(f"w{i} {i * 0.37} 2\n" for i in range(9999)).encode())
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(DataError, match="cut off"):
        read(path)


@pytest.mark.parametrize("word", ["", "a\nb", "\ud800", "a\udfff"])
def test_a_word_that_the_format_cannot_hold(path, word):
    path.write_text("as it was")
    with pytest.raises(DataError, match="cannot hold the word") as caught:
        write(path, ["a", word], np.zeros((2, 3), dtype=np.float32))
    assert repr(word) in caught.value.message
    assert path.read_text() == "as it was"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_could_not_be_read_is_not_written(path, value):
    with pytest.raises(DataError):
        write(path, ["a", "b"], np.array([[1, 2], [3, value]], dtype=np.float32))
    assert not path.exists()


def test_the_file_is_what_word2vec_writes(path):
    write(path, ["olá", "a b"], np.array([[0.5, -1], [0.1, 1e-20]], dtype=np.float32))
    assert path.read_text("utf-8") == "2 2\nolá 0.5 -1\na b 0.100000001 9.99999968e-21\n"


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ("2 2\na 1 2\nb 3 4\n", True),
        ("2 2\na b 1 2\n", True),
        ("a 1 2\nb 3 4\n", True),
        ("a 1 2 \nb 3 4 \n", True),
        ("", False),
        ("a 1 2\n", False),
        ("2 3\na 1 2\n", False),
        ("2 2\na 1 x\n", False),
        ("a 1 2\nb 3\n", False),
        ("um texto qualquer\noutro texto aqui\n", False),
        ("text,label\na,b\n", False),
        ("um\ndois\n", False),
        ("1 0\na\n", False),
    ],
)
def test_looks_like(path, content, answer):
    path.write_bytes(content.encode())
    assert looks_like(path) is answer
