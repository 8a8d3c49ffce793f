import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpseq.embeddings.formats import projector
from nlpseq.embeddings.rows import Rows, convert
from nlpseq.errors import DataError

character = st.sampled_from("\\\t\n\r\x00\x85\u2028\u2029 u") | st.characters(
    exclude_categories=["Cs"]
)


def write(path, words, matrix):
    projector.write(path, words, Rows(np.asarray(matrix, dtype=np.float32)))


def read(path):
    """As the projector does: lines, tabs, and no escape."""
    numbers = path.read_bytes().decode().split("\n")
    words = projector.words_path(path).read_bytes().decode().split("\n")
    assert (numbers.pop(), words.pop()) == ("", "")
    return words, [[float(x) for x in line.split("\t")] for line in numbers]


@pytest.mark.parametrize(
    ("name", "words"),
    [("v.tsv", "v-words.tsv"), ("v", "v-words"), ("a.b.tsv", "a.b-words.tsv")],
)
def test_the_words_stand_beside_the_numbers(tmp_path, name, words):
    assert projector.words_path(tmp_path / name) == tmp_path / words


def test_the_files(tmp_path):
    path = tmp_path / "v.tsv"
    write(path, ["rei", "coração", "🙂"], [[1, -0.5], [0.1, 1e-20], [3e38, 0]])
    assert path.read_text("utf-8") == "1\t-0.5\n0.100000001\t9.99999968e-21\n3.00000001e+38\t0\n"
    assert (tmp_path / "v-words.tsv").read_text("utf-8") == "rei\ncoração\n🙂\n"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("projector")


@settings(deadline=None)
@given(st.lists(st.text(character, min_size=1, max_size=5), min_size=1, max_size=6))
def test_any_word_takes_one_line_and_can_be_told(folder, words):
    path = folder / "v.tsv"
    write(path, words, np.zeros((len(words), 2)))
    found, numbers = read(path)
    assert len(found) == len(numbers) == len(words)
    for line, word in zip(found, words, strict=True):
        assert line.splitlines() == [line]
        assert "\t" not in line
        # JSON has the same escapes
        parts = line.split("\\u")
        back = parts[0] + "".join(chr(int(part[:4], 16)) + part[4:] for part in parts[1:])
        assert back == word


@pytest.mark.parametrize("size", [1, 1023, 1024, 1025, 2049])
def test_any_number_of_rows(tmp_path, size):
    matrix = np.random.default_rng(size).normal(size=(size, 3)).astype(np.float32)
    write(tmp_path / "v.tsv", (f"w{i}" for i in range(size)), matrix)
    words, numbers = read(tmp_path / "v.tsv")
    assert words == [f"w{i}" for i in range(size)]
    assert np.array_equal(np.array(numbers, dtype=np.float32), matrix)


def test_rows_of_less_precision(tmp_path):
    matrix = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    rows = Rows(*convert(matrix, "int8"))
    projector.write(tmp_path / "v.tsv", "abcde", rows)
    assert np.array_equal(np.array(read(tmp_path / "v.tsv")[1], np.float32), rows.block(0, 5))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_finite_number_is_not_written(tmp_path, value):
    with pytest.raises(DataError, match="no finite number") as caught:
        write(tmp_path / "v.tsv", ["a", "b"], [[1, 2], [3, value]])
    assert caught.value.where == str(tmp_path / "v.tsv")
    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_both_files_as_they_were(tmp_path):
    path = tmp_path / "v.tsv"
    write(path, ["a"], [[1]])
    before = path.read_bytes(), projector.words_path(path).read_bytes()

    def broken():
        yield "b"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(path, broken(), [[1], [2]])
    assert (path.read_bytes(), projector.words_path(path).read_bytes()) == before
    assert len(list(tmp_path.iterdir())) == 2
