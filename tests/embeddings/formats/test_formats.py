"""Which format a file has, told by its content alone."""

import bz2
import gzip
import io
import lzma
import pickle
import struct
import zipfile
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import safetensors.numpy

from nlpseq.embeddings import formats
from nlpseq.embeddings.formats import Format, identify
from nlpseq.embeddings.formats.contents import Report
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError, DataError, NlpseqError

DATA = Path(__file__).parent / "data"
MATRIX = np.random.default_rng(0).normal(size=(3, 4)).astype("<f4")
WORDS = ["rei", "coração", "mar"]


def store(path):
    Vectors(WORDS, MATRIX.astype(np.float32)).save(path, format="store")


def binary(path):
    rows = [w.encode() + b" " + row.tobytes() for w, row in zip(WORDS, MATRIX, strict=True)]
    path.write_bytes(b"3 4\n" + b"\n".join(rows))


def text(path):
    Vectors(WORDS, MATRIX.astype(np.float32)).save(path, format="word2vec")


def glove(path):
    Vectors(WORDS, MATRIX.astype(np.float32)).save(path, format="glove")


def fasttext(path):
    path.write_bytes((DATA / "cbow.bin").read_bytes())


def vocabulary(path):
    safetensors.numpy.save_file({"embeddings": MATRIX}, path)
    (path.parent / "vocab.txt").write_text("".join(f"{w}\n" for w in WORDS), "utf-8")


def gensim(path):
    path.write_bytes(pickle.dumps({"vectors": [1, 2]}))


KINDS = {
    "store": store, "word2vec-binary": binary, "text": text, "fasttext": fasttext,
    "safetensors-vocab": vocabulary, "gensim": gensim,
}  # fmt: skip


def zipped(content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("v", content)
    return file.getvalue()


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "cache"))
    return tmp_path / "v"


def test_every_format_has_a_file_here():
    assert set(KINDS) == set(get_args(Format))


@pytest.mark.parametrize("kind", KINDS)
def test_a_format_is_told_by_content(path, kind):
    KINDS[kind](path)
    assert identify(path) == kind
    for suffix in (".txt", ".bin", ".safetensors", ".gz", ".kv"):
        assert identify(path.rename(path.with_suffix(suffix))) == kind
        path = path.with_suffix(suffix)


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "safetensors-vocab"])
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zipped])
def test_a_format_is_told_through_a_packing(path, kind, pack):
    KINDS[kind](path)
    path.write_bytes(pack(path.read_bytes()))
    assert identify(path) == kind


def test_glove_is_text(path):
    glove(path)
    assert identify(path) == "text"


def test_a_folder_of_both_files(tmp_path):
    assert identify(tmp_path) is None
    vocabulary(tmp_path / "embeddings.safetensors")
    assert identify(tmp_path) == "safetensors-vocab"
    (tmp_path / "vocab.txt").unlink()
    assert identify(tmp_path) is None


@pytest.mark.parametrize(
    "content",
    [
        b"", b"x", b"\n", b"\0", b"\xff" * 99, b"Um texto.\nE outro.\n", b"<html>\n</html>\n",
        b"\x89PNG\r\n\x1a\n\0\0", b"3 4\n", b"3 4", b"a 1 2", b"a 1 2\n", b'{"a": 1}\n', b"{}",
        struct.pack("<Q", 2) + b"{}", struct.pack("<Q", 99999999999) + b"{}", b"\x80", b"\x80\x09x",
        b"PAR1", b"%PDF-1.4\n", b"a,1,2\nb,3,4\n", b"1\n2\n3\n",
    ],
)  # fmt: skip
def test_what_is_no_vectors(path, content):
    for pack in (bytes, gzip.compress):
        path.write_bytes(pack(content))
        assert identify(path) is None


def test_any_first_bytes(path):
    random = np.random.default_rng(3)
    heads = [b"", b"3 4\n", b"a 1 2\n", b"\x80\x04", b"\xba\x16\x4f\x2f\x0c\0\0\0", b"PK\3\4",
             struct.pack("<Q", 60) + b"{", b"\x1f\x8b", b"BZh9", b"\x28\xb5\x2f\xfd"]  # fmt: skip
    for i in range(600):
        path.write_bytes(heads[i % len(heads)] + random.bytes(int(random.integers(0, 300))))
        try:
            found = identify(path)
        except NlpseqError as error:
            assert str(path) in str(error)
            continue
        assert found is None or found in get_args(Format)
        try:
            for _ in formats.read(path, Report(str(path), repair=True)).blocks:
                pass
        except NlpseqError as error:
            assert error.where.startswith(str(path))


def test_reading_by_content(path):
    for kind in ("word2vec-binary", "text", "fasttext", "safetensors-vocab"):
        KINDS[kind](path)
        report = Report(str(path))
        contents = formats.read(path, report)
        rows = sum(len(block.matrix) for block in contents.blocks)
        assert rows > 0
        if kind != "fasttext":
            assert (rows, contents.dim) == (3, 4)
        assert formats.read(path, Report(str(path)), format=kind).format == contents.format


def test_a_pickle_is_read_on_request_alone(path):
    gensim(path)
    with pytest.raises(CallError, match="can run code"):
        formats.read(path, Report(str(path)))
    with pytest.raises(CallError, match="can run code"):
        formats.read(path, Report(str(path), repair=True))


def test_another_format_than_the_files(path):
    text(path)
    for kind in ("word2vec-binary", "fasttext", "safetensors-vocab"):
        with pytest.raises(NlpseqError) as caught:
            list(formats.read(path, Report(str(path)), format=kind).blocks)
        assert caught.value.where.startswith(str(path))
    binary(path)
    with pytest.raises(DataError):
        list(formats.read(path, Report(str(path)), format="text").blocks)


@pytest.mark.parametrize("format", ["store", "bogus", "../text"])
def test_a_format_that_is_not_read_here(path, format):
    text(path)
    with pytest.raises(NlpseqError):
        formats.read(path, Report(str(path)), format=format)


def test_numbers_for_words_are_still_text(path):
    """A first row of integers looks like a header, and a header like a row."""
    for content, words in (
        (b"1 2\n3 4\n", ["1", "3"]),
        (b"2 3\n1 4 5 6\n2 7 8 9\n", ["1", "2"]),
        (b"2 1 5\n3 4 5\n", ["2", "3"]),
    ):
        path.write_bytes(content)
        opened = Vectors.open(path)
        assert list(opened.words) == words
