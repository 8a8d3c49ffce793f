import gzip
import lzma
from pathlib import Path

import numpy as np
import pytest

from nlpseq.embeddings import formats, store
from nlpseq.embeddings.rows import Rows
from nlpseq.embeddings.subwords import Subwords
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError, DataError

WORDS = ["rei", "coração", "🙂", "0,0", "w4"]
FORMATS = ["store", "word2vec", "word2vec-binary", "glove"]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "cache"))


def made(words=WORDS, matrix=None, **more):
    if matrix is None:
        matrix = np.random.default_rng(0).normal(size=(len(words), 3)).astype(np.float32)
    return Vectors(words, matrix, **more)


def rich():
    matrix = np.random.default_rng(1).normal(size=(7, 3)).astype(np.float32)
    return made(
        recipe="nilc",
        counts=np.array([50, 40, 30, 20, 10]),
        subwords=Subwords(Rows(matrix), 3, 6),
        about={"source": "here", "licence": "CC BY"},
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("v.safetensors", "store"),
        ("v.bin", "word2vec-binary"),
        ("v.txt", "word2vec"),
        ("v.vec", "word2vec"),
        ("v", "word2vec"),
        ("v.txt.gz", "word2vec"),
        ("v.bin.gz", "word2vec-binary"),
        ("v.zst", "word2vec"),
    ],
)
def test_a_name_says_the_format(tmp_path, name, expected):
    path = tmp_path / name
    vectors = made()
    vectors.save(path)
    found = formats.identify(path)
    assert found == {"word2vec": "text"}.get(expected, expected)
    opened = Vectors.open(path)
    assert opened.words == vectors.words
    assert np.array_equal(opened.matrix, vectors.matrix)


def test_a_packed_store_is_not_promised(tmp_path):
    """`v.safetensors.gz` is no name of text either."""
    path = tmp_path / "v.safetensors.gz"
    try:
        made().save(path)
    except CallError:
        assert not path.exists()
    else:
        with gzip.open(path) as file:
            assert store.looks_like(file.read(300))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", ["v.safetensors", "v.bin", "v.tsv", "v"])
def test_a_format_that_is_given_goes_before_the_name(tmp_path, format, name):
    path = tmp_path / name
    vectors = made()
    vectors.save(path, format=format)
    expected = {"store": "store", "word2vec-binary": "word2vec-binary"}.get(format, "text")
    assert formats.identify(path) == expected
    opened = Vectors.open(path)
    assert opened.words == vectors.words
    assert np.array_equal(opened.matrix, vectors.matrix)


@pytest.mark.parametrize("first", FORMATS)
@pytest.mark.parametrize("second", FORMATS)
def test_every_format_gives_the_same_to_every_other(tmp_path, first, second):
    vectors = rich()
    vectors.save(tmp_path / "a", format=first)
    Vectors.open(tmp_path / "a").save(tmp_path / "b", format=second)
    opened = Vectors.open(tmp_path / "b")
    assert opened.words == vectors.words
    assert opened.matrix.view(np.uint32).tolist() == vectors.matrix.view(np.uint32).tolist()
    if first == second == "store":
        assert opened.recipe == "nilc"
        assert opened.about == vectors.about
        assert opened.counts.tolist() == vectors.counts.tolist()
        assert opened["desconhecida"].tolist() == vectors["desconhecida"].tolist()


@pytest.mark.parametrize("precision", ["float16", "int8"])
def test_a_store_of_less_precision_is_written_to_any_format(tmp_path, precision):
    made().save(tmp_path / "v.safetensors", precision=precision)
    opened = Vectors.open(tmp_path / "v.safetensors")
    for format in FORMATS[1:]:
        opened.save(tmp_path / "w", format=format)
        assert np.array_equal(Vectors.open(tmp_path / "w").matrix, opened.matrix)


def test_less_precision_is_of_the_store_alone(tmp_path):
    for name, format in (
        ("v.txt", None),
        ("v.bin", None),
        ("v.safetensors", "glove"),
        ("v.tsv", None),
    ):
        for precision in ("float16", "int8"):
            with pytest.raises(CallError, match=f"only a store keeps {precision}") as caught:
                made().save(tmp_path / name, format=format, precision=precision)
            assert ".safetensors" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("precision", ["float64", "int4"])
def test_a_precision_that_is_none(tmp_path, precision):
    with pytest.raises((CallError, DataError)):
        made().save(tmp_path / "v.safetensors", precision=precision)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", ["text", "bogus", "fasttext", "Store"])
def test_a_format_that_cannot_be_written(tmp_path, format):
    with pytest.raises(CallError, match=f"no format '{format}'") as caught:
        made().save(tmp_path / "v", format=format)
    assert "store, word2vec, word2vec-binary, glove, projector" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_the_file_of_each_format(tmp_path):
    vectors = made(["rei", "coração"], np.array([[1, -0.5], [0.1, 2]], dtype=np.float32))
    path = tmp_path / "v"
    vectors.save(path, format="word2vec")
    assert path.read_text("utf-8") == "2 2\nrei 1 -0.5\ncoração 0.100000001 2\n"
    vectors.save(path, format="glove")
    assert path.read_text("utf-8") == "rei 1 -0.5\ncoração 0.100000001 2\n"
    vectors.save(path, format="word2vec-binary")
    row = vectors.matrix.astype("<f4")
    assert path.read_bytes() == (
        b"2 2\nrei " + row[0].tobytes() + b"\n" + "coração ".encode() + row[1].tobytes() + b"\n"
    )
    vectors.save(path, format="projector")
    assert path.read_text("utf-8") == "1\t-0.5\n0.100000001\t2\n"
    assert (tmp_path / "v-words").read_text("utf-8") == "rei\ncoração\n"


def test_packed_by_name(tmp_path):
    for name, unpack in (("v.txt.gz", gzip.decompress), ("v.xz", lzma.decompress)):
        made().save(tmp_path / name)
        assert unpack((tmp_path / name).read_bytes()).startswith(b"5 3\nrei ")


@pytest.mark.parametrize("format", FORMATS)
def test_many_rows(tmp_path, format):
    vectors = made([f"w{i}" for i in range(9001)])
    vectors.save(tmp_path / "v", format=format)
    opened = Vectors.open(tmp_path / "v")
    assert opened.words == vectors.words
    assert np.array_equal(opened.matrix, vectors.matrix)


@pytest.mark.parametrize(
    ("format", "words"),
    [
        ("word2vec", ["a", ""]),
        ("word2vec", ["a", "b\nc"]),
        ("glove", ["a", ""]),
        ("glove", ["a", "\n"]),
        ("word2vec-binary", ["a", ""]),
        ("word2vec-binary", ["a", "b c"]),
        ("word2vec-binary", ["a", "b\nc"]),
    ],
)
def test_a_word_that_a_format_cannot_hold(tmp_path, format, words):
    path = tmp_path / "v"
    path.write_text("as it was")
    with pytest.raises(DataError, match="cannot hold the word") as caught:
        made(words).save(path, format=format)
    assert caught.value.where == str(path)
    assert [p.name for p in tmp_path.iterdir()] == ["v"]
    assert path.read_text() == "as it was"


@pytest.mark.parametrize("words", [["\ufeffa", "b"], ["\ufeff", "b"], ["a", "\ufeffb"]])
@pytest.mark.parametrize("format", FORMATS)
def test_a_word_that_opens_with_a_byte_order_mark(tmp_path, format, words):
    """The first word of a file without a header is where a mark of the file itself would be."""
    path = tmp_path / "v"
    try:
        made(words).save(path, format=format)
    except DataError as error:
        assert "cannot hold the word" in error.message
    else:
        assert list(Vectors.open(path).words) == words


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("format", [*FORMATS[1:], "projector"])
def test_what_is_no_finite_number_is_not_written(tmp_path, format, value):
    """No reader of text or binary takes it back; a store keeps what there is."""
    matrix = np.ones((5, 3), dtype=np.float32)
    matrix[3, 1] = value
    with pytest.raises(DataError):
        made(matrix=matrix).save(tmp_path / "v", format=format)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", FORMATS)
def test_no_words_at_all(tmp_path, format):
    """What could not be opened again is not written."""
    with pytest.raises(DataError):
        made([], np.empty((0, 3), dtype=np.float32)).save(tmp_path / "v", format=format)
    assert list(tmp_path.iterdir()) == []


def test_folders_on_the_way_are_made(tmp_path):
    made().save(tmp_path / "a" / "b" / "v.safetensors")
    assert len(Vectors.open(tmp_path / "a" / "b" / "v.safetensors")) == 5


def test_paths_and_texts_are_taken(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made().save("v.txt")
    made().save(Path("w.txt"))
    assert Path("v.txt").read_bytes() == Path("w.txt").read_bytes()


def test_saving_changes_nothing(tmp_path):
    vectors = rich()
    before = vectors.matrix.copy(), vectors.about.copy()
    for format in (*FORMATS, "projector"):
        vectors.save(tmp_path / "v", format=format)
    assert np.array_equal(vectors.matrix, before[0])
    assert vectors.about == before[1]
