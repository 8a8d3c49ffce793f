import bz2
import gc
import gzip
import io
import lzma
import os
import pickle
import threading
import zipfile
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest

from nlpseq.embeddings import opening
from nlpseq.embeddings.opening import Options, convert
from nlpseq.embeddings.rows import Rows
from nlpseq.embeddings.subwords import Subwords
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError, DataError, NlpseqError

TEXT = b"3 2\nrei 1 2\nrainha 3 4\nmar 5 6\n"
FAULTY = b"5 2\nrei 1 2\nrainha 3 x\nrei 5 6\nmar 5 6\nsol 7\n"
ROWS = {"rei": [1, 2], "rainha": [3, 4], "mar": [5, 6]}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NLPSEQ_OFFLINE", "1")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "v"


def rows_of(vectors):
    return {word: vectors[word].tolist() for word in vectors.words}


def zipped(*members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def store_of(path, **more):
    vectors = Vectors(list(ROWS), np.array(list(ROWS.values()), dtype=np.float32), **more)
    vectors.save(path, format="store")
    return path.read_bytes()


# from wherever


@pytest.mark.parametrize("name", ["v", "v.txt", "v.bin", "v.safetensors", "v.zip", "glove-v1.2"])
def test_a_name_says_nothing_of_the_content(tmp_path, name):
    (tmp_path / name).write_bytes(TEXT)
    assert rows_of(Vectors.open(str(tmp_path / name))) == ROWS
    assert rows_of(Vectors.open(tmp_path / name)) == ROWS
    (tmp_path / name).write_bytes(gzip.compress(TEXT))
    assert rows_of(Vectors.open(tmp_path / name)) == ROWS
    store_of(tmp_path / name)
    assert rows_of(Vectors.open(tmp_path / name)) == ROWS


def piped(content):
    """A pipe out of which ``content`` comes; it is larger than what a pipe holds."""
    read, write = os.pipe()

    def feed():
        with os.fdopen(write, "wb") as file:
            file.write(content)

    thread = threading.Thread(target=feed)
    thread.start()
    return read, thread


MANY = b"".join(b"w%d %d %d\n" % (i, i, -i) for i in range(30_000))


@pytest.mark.parametrize(
    "pack",
    [bytes, gzip.compress, bz2.compress, lzma.compress, lambda c: zipped(("v.txt", c))],
    ids=["plain", "gzip", "bzip2", "xz", "zip"],
)
def test_a_pipe(pack):
    read, thread = piped(pack(MANY))
    try:
        vectors = Vectors.open(f"/dev/fd/{read}")
    finally:
        thread.join()
        os.close(read)
    assert len(vectors) == 30_000
    assert vectors["w29999"].tolist() == [29999, -29999]


def test_a_store_out_of_a_pipe(path):
    read, thread = piped(store_of(path))
    try:
        assert rows_of(Vectors.open(f"/dev/fd/{read}")) == ROWS
    finally:
        thread.join()
        os.close(read)


@pytest.mark.parametrize("content", [FAULTY, b"", b"<html>\n", b"\x89PNG\r\n\x1a\n\0\0", b"3 2\n"])
def test_an_error_out_of_a_pipe_names_the_pipe(content, tmp_path):
    """Not a temporary file that nobody knows, and that is gone."""
    read, thread = piped(content)
    name = f"/dev/fd/{read}"
    try:
        with pytest.raises(NlpseqError) as caught:
            Vectors.open(name)
    finally:
        thread.join()
        os.close(read)
    assert caught.value.where.startswith(name)
    if content == FAULTY:
        assert caught.value.where == f"{name}:3"


def test_nothing_stays_of_what_came_out_of_a_pipe(tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    for content in (TEXT, FAULTY):
        read, thread = piped(content)
        try:
            Vectors.open(f"/dev/fd/{read}", repair=True)
        finally:
            thread.join()
            os.close(read)
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_file_of_an_archive(tmp_path):
    (tmp_path / "a.zip").write_bytes(
        zipped(("read me.txt", "Hello.\n"), ("50/v.txt", TEXT), ("v", b"1 1\na 1\n"))
    )
    assert rows_of(Vectors.open(f"{tmp_path}/a.zip/50/v.txt")) == ROWS
    assert rows_of(Vectors.open(tmp_path / "a.zip" / "50/v.txt")) == ROWS
    assert rows_of(Vectors.open(f"{tmp_path}/a.zip/v")) == {"a": [1]}
    with pytest.raises(CallError, match="the archive holds read me") as caught:
        Vectors.open(tmp_path / "a.zip")
    assert "50/v.txt, v" in caught.value.message
    assert "a.zip/read me.txt" in caught.value.remedy
    with pytest.raises(CallError, match="the archive holds"):
        Vectors.open(tmp_path / "a.zip" / "w.txt")
    with pytest.raises(DataError, match="no numbers in this row"):
        Vectors.open(tmp_path / "a.zip" / "read me.txt")


def test_the_only_file_of_an_archive(path):
    path.write_bytes(zipped(("__MACOSX/v.txt", b"x"), ("v.txt", TEXT)))
    assert rows_of(Vectors.open(path)) == ROWS
    path.write_bytes(zipped())
    with pytest.raises(NlpseqError):
        Vectors.open(path)


def test_a_link_leads_to_the_file(tmp_path):
    (tmp_path / "v.txt").write_bytes(TEXT)
    (tmp_path / "link").symlink_to("v.txt")
    assert rows_of(Vectors.open(tmp_path / "link")) == ROWS
    (tmp_path / "broken").symlink_to("nothing")
    with pytest.raises(CallError, match="no such file"):
        Vectors.open(tmp_path / "broken")


def test_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vetores").write_bytes(TEXT)
    assert rows_of(Vectors.open("vetores")) == ROWS
    assert rows_of(Vectors.open("./vetores")) == ROWS


# what is no file of vectors


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0", "no format of vectors"),
        (b"\x7fELF" + bytes(range(256)) * 9, "no format of vectors"),
        (b"\0" * 5000, "no format of vectors"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "no numbers in this row"),
        (b"<!DOCTYPE html>\n<html><body>404 Not Found</body></html>\n", "no numbers in this row"),
        (b'{"error": "not found", "status": 404}\n', "no numbers in this row"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0a\nsize 123\n", "no numbers"),
        (b"Um texto qualquer.\nE mais um.\n", "no numbers in this row"),
        (b"\xff\xfer\0e\0i\0 \0001\0\n\0", "no format of vectors"),
        (b"\n\n\n", "no numbers in this row"),
        (b"12345\n", "no numbers in this row"),
        (b"word,1,2\n", "no numbers in this row"),
        (b"3 2\n", "no vector follows the header"),
        (b"99999999999 300\nrei 1 2\n", "the header announces 300 numbers a word"),
    ],
)
def test_what_holds_no_vectors(path, content, message):
    for pack in (bytes, gzip.compress):
        path.write_bytes(pack(content))
        for repair in (False, True):
            with pytest.raises(DataError) as caught:
                Vectors.open(path, repair=repair)
            assert message in caught.value.message
            assert caught.value.where.startswith(str(path))
    with pytest.raises(DataError):
        convert(path, path.with_name("to.safetensors"), Options())
    assert sorted(path.parent.iterdir()) == [path]


def test_random_bytes(path):
    random = np.random.default_rng(1)
    for size in (1, 3, 10, 100, 5000):
        for _ in range(20):
            path.write_bytes(random.bytes(size))
            with pytest.raises(NlpseqError):
                Vectors.open(path)


def test_a_page_that_begins_like_text_names_the_line(path):
    path.write_bytes(b"<html>\n<p>1 2 3</p>\n")
    with pytest.raises(DataError) as caught:
        Vectors.open(path)
    assert caught.value.where == f"{path}:1"
    assert "word vectors" in caught.value.remedy


class _Runs:
    """Unpickled, it would leave a file."""

    def __init__(self, path):
        self._path = path

    def __reduce__(self):
        return open, (str(self._path), "w")


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_pickle_is_not_opened_unasked(path, tmp_path, protocol, pack):
    trace = tmp_path / "trace"
    path.write_bytes(pack(pickle.dumps(_Runs(trace), protocol)))
    for options in ({}, {"repair": True}, {"first": 3}):
        with pytest.raises(CallError, match="can run code") as caught:
            Vectors.open(path, **options)
        assert "gensim" in caught.value.remedy
    with pytest.raises(CallError, match="can run code"):
        convert(path, tmp_path / "to.safetensors", Options())
    assert not trace.exists()


def test_a_folder_without_vectors(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(CallError) as caught:
        Vectors.open(tmp_path / "folder")
    assert caught.value.where == str(tmp_path / "folder")


def test_a_name_that_is_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vetores.txt").write_bytes(TEXT)
    with pytest.raises(CallError, match="no such file") as caught:
        Vectors.open("vetore.txt")
    assert "vetores.txt" in caught.value.remedy
    for name in ("a/b", "a/b.txt", "./x"):
        with pytest.raises(CallError, match="no such file"):
            Vectors.open(name)
    with pytest.raises(CallError, match="no set of that name is in the catalogue"):
        Vectors.open("nilc-skip-gramm")
    with pytest.raises(CallError):
        Vectors.open("")
    with pytest.raises(CallError, match="no address on the hub"):
        Vectors.open("hf://x")


@pytest.mark.parametrize("format", ["bogus", "../../x", "word2vec", "store"])
def test_a_format_that_is_none(path, format):
    """Also where the file would be read if nothing were said."""
    path.write_bytes(TEXT)
    with pytest.raises(NlpseqError):
        Vectors.open(path, format=format)
    with pytest.raises(NlpseqError):
        convert(path, path.with_name("to.safetensors"), Options(format=format))
    assert sorted(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "format", ["text", "fasttext", "word2vec-binary", "safetensors-vocab", "store"]
)
def test_a_format_that_the_file_has_not(path, format):
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50)
    with pytest.raises(NlpseqError):
        Vectors.open(path, format=format)


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, bz2.compress, lzma.compress, lambda c: zipped(("v.safetensors", c))],
    ids=["gzip", "bzip2", "xz", "zip"],
)
def test_a_packed_store_cannot_be_mapped(path, pack):
    path.write_bytes(pack(store_of(path)))
    with pytest.raises(CallError, match="packed cannot be mapped") as caught:
        Vectors.open(path)
    assert "unpack" in caught.value.remedy
    with pytest.raises(CallError, match="packed cannot be mapped"):
        Vectors.open(path, first=2)


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.99])
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_file_that_was_cut_off(path, pack, cut):
    packed = pack(MANY)
    path.write_bytes(packed[: int(len(packed) * cut)])
    for repair in (False, True):
        with pytest.raises(DataError, match="damaged or cut off"):
            Vectors.open(path, repair=repair)


# a part


@pytest.fixture(params=["text", "store", "int8"])
def source(request, path):
    matrix = np.arange(20, dtype=np.float32).reshape(10, 2) + 1
    words = [f"w{i}" for i in range(10)]
    vectors = Vectors(
        words, matrix, "lower", counts=np.arange(10)[::-1] + 1,
        subwords=Subwords(Rows(matrix[:3]), 3, 4), about={"source": "here"},
    )  # fmt: skip
    if request.param == "text":
        vectors.save(path, format="word2vec")
    else:
        kind = "float32" if request.param == "store" else "int8"
        vectors.save(path, format="store", precision=kind)
    return path


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"first": 3}, ["w0", "w1", "w2"]),
        ({"first": 99}, [f"w{i}" for i in range(10)]),
        ({"only": ["w7", "zzz", "w2", "w7", ""]}, ["w2", "w7"]),
        ({"only": iter(["w9"])}, ["w9"]),
        ({"only": {"w5": 1, "w4": 2}}, ["w4", "w5"]),
        ({"only": ["w8", "w1", "w3"], "first": 2}, ["w1", "w3"]),
        ({"only": ["W3"]}, []),
        ({"only": []}, []),
        ({"first": 0}, []),
    ],
)
def test_a_part_of_a_file(source, options, words):
    whole = Vectors.open(source)
    part = Vectors.open(source, **{name: deepcopy(value) for name, value in options.items()})
    assert list(part.words) == words
    assert part.dim == 2
    for word in words:
        assert np.array_equal(part[word], whole[word])
        assert part.norms[part.find(word)] == whole.norms[whole.find(word)]
        if whole.counts is not None:
            assert part.counts[part.find(word)] == whole.counts[whole.find(word)]
    assert part.recipe == whole.recipe
    assert part.about == whole.about
    assert (part.subwords is None) == (whole.subwords is None)
    if words:
        assert {n.word for n in part.near(words[0])} == {*words[1:]}


def test_a_word_that_is_no_text(source):
    with pytest.raises(DataError, match="no"):
        Vectors.open(source, only=["w1", "\ud800"]).vector("\ud800")


def test_a_fault_behind_the_part_that_is_wanted_does_not_matter(path):
    path.write_bytes(b"".join(b"w%d 1 2\n" % i for i in range(400_000)) + b"x y z\n")
    assert len(Vectors.open(path, first=5)) == 5
    assert list(Vectors.open(path, only=["w3", "w1"]).words) == ["w1", "w3"]


# converting without ever having all in memory


def test_convert_writes_what_open_reads(path, tmp_path, caplog):
    path.write_bytes(TEXT)
    target = tmp_path / "new" / "v.safetensors"
    convert(path, target, Options(), about={"recipe": "lower", "licence": "CC0"})
    opened = Vectors.open(target)
    assert rows_of(opened) == ROWS
    assert (opened.recipe, opened.about) == ("lower", {"licence": "CC0"})
    assert opened["REI"].tolist() == [1, 2]
    convert(target, tmp_path / "w.safetensors", Options(first=2), precision="float16",
            about={"source": "there"})  # fmt: skip
    again = Vectors.open(tmp_path / "w.safetensors")
    assert rows_of(again) == {"rei": [1, 2], "rainha": [3, 4]}
    assert again.rows.precision == "float16"
    assert (again.recipe, again.about) == ("lower", {"licence": "CC0", "source": "there"})


@pytest.mark.parametrize("precision", ["float32", "float16", "int8"])
def test_convert_is_open_and_save(path, tmp_path, precision):
    path.write_bytes(MANY)
    if precision == "float16":
        path.write_bytes(b"".join(b"w%d %d %d\n" % (i, i % 999, i) for i in range(2000)))
    convert(path, tmp_path / "a.safetensors", Options(), precision=precision)
    Vectors.open(path, cache=False).save(tmp_path / "b.safetensors", precision=precision)
    a, b = (Vectors.open(tmp_path / f"{name}.safetensors") for name in "ab")
    assert a.words == b.words
    assert np.array_equal(a.rows.data, b.rows.data)
    assert np.array_equal(a.norms, b.norms)
    if precision == "int8":
        assert np.array_equal(a.rows.scales, b.rows.scales)


def test_a_conversion_that_fails_leaves_the_target(path, tmp_path):
    path.write_bytes(FAULTY)
    target = tmp_path / "to" / "v.safetensors"
    for precision in ("float32", "int8"):
        with pytest.raises(DataError):
            convert(path, target, Options(), precision=precision)
        assert not target.parent.exists()
    target.parent.mkdir()
    target.write_text("as it was")
    with pytest.raises(DataError):
        convert(path, target, Options())
    assert target.read_text() == "as it was"
    assert [p.name for p in target.parent.iterdir()] == ["v.safetensors"]


def test_nothing_is_left_to_convert(path, tmp_path):
    path.write_bytes(TEXT)
    for options in (Options(only=["zzz"]), Options(first=0)):
        with pytest.raises(DataError, match="no vector to write"):
            convert(path, tmp_path / "to.safetensors", options)
    assert sorted(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_a_store_is_not_written_packed(path, tmp_path, suffix):
    """It could not be mapped."""
    path.write_bytes(TEXT)
    target = tmp_path / f"v{suffix}"
    with pytest.raises(CallError):
        convert(path, target, Options())
    with pytest.raises(CallError):
        Vectors.open(path).save(target, format="store")
    assert sorted(tmp_path.iterdir()) == [path]


def test_repairs_are_said_and_the_others_kept(path, tmp_path, caplog):
    path.write_bytes(FAULTY)
    with pytest.raises(DataError) as caught:
        Vectors.open(path)
    assert caught.value.where == f"{path}:3"
    assert "--repair" in caught.value.remedy
    assert rows_of(Vectors.open(path, repair=True)) == {"rei": [1, 2], "mar": [5, 6]}
    for line in (
        f"{path}: 3 repaired",
        "line 3: 'x' is no finite number; left out",
        "line 4: the word 'rei' stands there twice; the first is kept",
        "line 6: 1 numbers where 2 are wanted; left out",
    ):
        assert line in caplog.text
    convert(path, tmp_path / "to.safetensors", Options(repair=True))
    assert rows_of(Vectors.open(tmp_path / "to.safetensors")) == {"rei": [1, 2], "mar": [5, 6]}


def test_one_thread_reads_what_many_read(path):
    path.write_bytes(MANY)
    one, many = (Vectors.open(path, threads=n, cache=False) for n in (1, 5))
    assert one.words == many.words
    assert np.array_equal(one.matrix, many.matrix)


def test_opening_closes_what_it_opens(path):
    """Also where the reading stops before the end of the file."""

    def opened():
        return len(list(Path("/proc/self/fd").iterdir()))

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("no list of open files here")
    path.write_bytes(MANY)
    before = opened()
    for options in ({"first": 3}, {"only": ["w1"]}, {}, {"first": 3, "repair": True}):
        for _ in range(5):
            Vectors.open(path, cache=False, **options)
    gc.collect()
    assert opened() <= before + 1


def test_catalogue_entries_say_where_they_are_from(path, monkeypatch):
    from nlpseq.embeddings import catalogue

    path.write_bytes(TEXT)
    monkeypatch.setattr(catalogue, "pull", lambda entry, **options: path)
    name = catalogue.entries()[0].name
    vectors = Vectors.open(name)
    entry = catalogue.find(name)
    assert vectors.recipe == entry.recipe
    assert vectors.about == {"source": entry.name, "licence": entry.licence}
    assert rows_of(vectors) == ROWS
    assert opening.local(name, opening.silent)[0] == path
