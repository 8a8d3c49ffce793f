import io
import json
import os

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlpseq.embeddings import store
from nlpseq.embeddings.rows import Rows, convert
from nlpseq.embeddings.subwords import Subwords
from nlpseq.embeddings.vectors import Vectors
from nlpseq.embeddings.words import Words
from nlpseq.errors import CallError, DataError

PRECISIONS = ["float32", "float16", "int8"]
character = st.sampled_from("a\x00\n é🙂") | st.characters(exclude_categories=["Cs"])
text = st.text(character, max_size=6)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("stores")


def matrix_of(V, D, seed=0):
    return np.random.default_rng(seed).normal(size=(V, D)).astype(np.float32)


def made(V=23, D=7, *, counts=True, buckets=5, about=None, words=None):
    words = words or [f"palavra{i}" for i in range(V)]
    return Vectors(
        words,
        matrix_of(len(words), D),
        counts=np.arange(len(words))[::-1] * 10**12 if counts else None,
        subwords=Subwords(Rows(matrix_of(buckets, D, 1)), 3, 6) if buckets else None,
        about=about,
    )


def header_of(path):
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:start]), start, content


# what is written is what is read


@settings(deadline=None, max_examples=60)
@given(
    words=st.lists(text, unique=True, min_size=1, max_size=9),
    dim=st.integers(1, 9),
    precision=st.sampled_from(PRECISIONS),
    counts=st.booleans(),
    buckets=st.integers(0, 4),
    about=st.dictionaries(text, text, max_size=4),
)
@example([""], 1, "float32", False, 0, {})
@example(["\x00", "\n"], 3, "int8", True, 1, {"": "", "licença": "©\n🙂\x00"})
def test_what_is_written_is_what_is_read(folder, words, dim, precision, counts, buckets, about):
    about = {k: v for k, v in about.items() if k not in ("recipe", *store._OWN)}
    path = folder / "v.safetensors"
    vectors = made(D=dim, counts=counts, buckets=buckets, about=about, words=words)
    vectors.save(path, precision=precision)
    opened = Vectors.open(path)
    assert list(opened.words) == words
    assert opened.words == vectors.words
    assert opened.words.find_all(words).tolist() == list(range(len(words)))
    expected = Rows(*convert(vectors.matrix, precision))
    assert opened.rows.precision == precision
    assert np.array_equal(opened.matrix, expected.block(0, len(words)))
    assert np.array_equal(opened.norms, store.norms_of(expected))
    assert opened.about == about
    assert opened.recipe == "none"
    if counts:
        assert opened.counts.tolist() == vectors.counts.tolist()
    else:
        assert opened.counts is None
    if buckets:
        kind = "float32" if precision == "float32" else "float16"
        assert opened.subwords.rows.precision == kind
        assert (opened.subwords.minimum, opened.subwords.maximum) == (3, 6)
        there = vectors.subwords.rows.block(0, buckets).astype(kind)
        assert np.array_equal(opened.subwords.rows.data, there)
    else:
        assert opened.subwords is None


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_store_of_a_store_is_the_same(tmp_path, precision):
    vectors = made(about={"source": "here"})
    vectors.save(tmp_path / "a.safetensors", precision=precision)
    once = Vectors.open(tmp_path / "a.safetensors")
    once.save(tmp_path / "b.safetensors", precision=precision)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_a_store_can_be_written_over_itself(tmp_path):
    path = tmp_path / "v.safetensors"
    made().save(path)
    opened = Vectors.open(path)
    opened.save(path)
    assert Vectors.open(path).words == opened.words
    assert np.array_equal(Vectors.open(path).matrix, opened.matrix)


@pytest.mark.parametrize("V", [1, 8191, 8192, 8193, 20_000])
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_any_number_of_rows(tmp_path, V, precision):
    path = tmp_path / "v.safetensors"
    vectors = made(V, 2, buckets=0)
    vectors.save(path, precision=precision)
    opened = Vectors.open(path)
    assert opened.words == vectors.words
    assert np.array_equal(opened.matrix, Rows(*convert(vectors.matrix, precision)).block(0, V))
    assert opened.words.find(f"palavra{V - 1}") == V - 1
    assert opened.words.find(f"palavra{V}") is None


def test_many_subwords(tmp_path):
    vectors = made(buckets=20_001, D=3)
    vectors.save(tmp_path / "v.safetensors", precision="float16")
    opened = Vectors.open(tmp_path / "v.safetensors")
    rows = vectors.subwords.rows
    assert np.array_equal(opened.subwords.rows.data, rows.block(0, 20_001).astype(np.float16))


def test_rows_arrive_in_blocks_of_any_size():
    matrix = matrix_of(100, 3)
    words = Words.of(f"w{i}" for i in range(100))
    files = []
    for sizes in ([100], [1] * 100, [7, 0, 93], [33, 33, 34]):
        file = io.BytesIO()
        writer = store.Writer(file, 3, "int8", {"source": "here"})
        start = 0
        for size in sizes:
            writer.add(matrix[start : start + size], np.arange(start, start + size))
            start += size
        writer.finish(words)
        files.append(file.getvalue())
    assert len(set(files)) == 1


def test_two_stores_of_one_content_are_equal(tmp_path):
    for name in "ab":
        made(about={"licence": "CC BY"}).save(tmp_path / f"{name}.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


# the file


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("buckets", [0, 3])
def test_any_safetensors_library_reads_it(tmp_path, precision, buckets):
    path = tmp_path / "v.safetensors"
    vectors = made(V=13, D=5, buckets=buckets, about={"licença": "©\n🙂"})
    vectors.save(path, precision=precision)
    tensors = safetensors.numpy.load_file(path)
    opened = Vectors.open(path)
    rows = opened.rows
    assert np.array_equal(tensors["vectors"], rows.data)
    assert ("scales" in tensors) == (precision == "int8")
    if rows.scales is not None:
        assert np.array_equal(tensors["scales"], rows.scales)
    assert np.array_equal(tensors["norms"], opened.norms)
    assert np.array_equal(tensors["counts"], opened.counts)
    assert bytes(tensors["tokens"]) == "".join(opened.words).encode()
    assert np.array_equal(tensors["token_offsets"], opened.words.offsets)
    assert np.array_equal(tensors["index"], opened.words.table)
    assert ("buckets" in tensors) == bool(buckets)
    if buckets:
        assert np.array_equal(tensors["buckets"], opened.subwords.rows.data)
    with safetensors.safe_open(path, "numpy") as file:
        about = file.metadata()
    assert about["format"] == "nlpseq-vectors"
    assert about["version"] == "1"
    assert about["recipe"] == "none"
    assert about["licença"] == "©\n🙂"
    assert about.get("subwords") == ("3-6" if buckets else None)


@settings(deadline=None)
@given(st.dictionaries(text, text, max_size=5))
def test_any_metadata_leave_a_file_that_others_read(folder, about):
    about = {k: v for k, v in about.items() if k not in ("recipe", *store._OWN)}
    path = folder / "about.safetensors"
    made(2, 1, about=about).save(path)
    assert Vectors.open(path).about == about
    with safetensors.safe_open(path, "numpy") as file:
        assert about.items() <= file.metadata().items()


@pytest.mark.parametrize(("key", "value"), [("source", "\ud800"), ("\udcff", "here")])
def test_metadata_that_are_no_unicode_are_refused(tmp_path, key, value):
    """Other libraries refuse the file; an argument in another encoding comes like this."""
    path = tmp_path / "v.safetensors"
    with pytest.raises((CallError, DataError)):
        made(about={key: value}).save(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(("V", "D"), [(1, 1), (3, 5), (13, 7), (101, 3), (9000, 1)])
def test_data_are_aligned_and_without_a_gap(tmp_path, precision, V, D):
    path = tmp_path / "v.safetensors"
    made(V, D).save(path, precision=precision)
    header, start, content = header_of(path)
    assert start % 64 == 0
    about = header.pop("__metadata__")
    assert all(isinstance(value, str) for value in about.values())
    at = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        assert begin == at
        at = end
        if name.startswith("gap_"):
            assert content[start + begin : start + end] == b"\0" * (end - begin)
            assert end - begin < 64
        else:
            assert (start + begin) % 64 == 0
    assert start + at == len(content)
    expected = {"vectors", "norms", "token_offsets", "counts", "index", "tokens", "buckets"}
    expected |= {"scales"} if precision == "int8" else set()
    assert {name for name in header if not name.startswith("gap_")} == expected


def test_there_is_room_for_the_longest_header():
    """As many digits as a file of petabytes would have."""
    file = io.BytesIO()
    writer = store.Writer(file, 3, "int8", {})
    entry = {"dtype": "F32", "shape": [2**40, 2**20], "data_offsets": [2**50, 2**50]}
    names = ["vectors", "norms", "scales", "token_offsets", "counts", "index", "tokens", "buckets"]
    header = dict.fromkeys(names, entry) | {f"gap_{2**50 + i}": entry for i in range(7)}
    own = {"format": store.FORMAT, "version": store.VERSION, "subwords": "9999-9999"}
    assert len(json.dumps({"__metadata__": own, **header})) <= writer._start - 8


def test_metadata_of_any_length(tmp_path):
    path = tmp_path / "v.safetensors"
    for size in (0, 1, 1000, 5000, 100_000):
        vectors = made(about={"training": "\u00e9\n" * size, "n": str(size)})
        vectors.save(path)
        assert Vectors.open(path).about == vectors.about


def test_what_could_not_be_opened_again_is_not_written(tmp_path):
    path = tmp_path / "v.safetensors"
    about = {"training": "a" * (2 << 20)}
    try:
        made(about=about).save(path)
    except (CallError, DataError):
        assert list(tmp_path.iterdir()) == []
    else:
        assert Vectors.open(path).about == about


@pytest.mark.parametrize("about", [{"source": None}, {"source": 3}, {"recipe": "zzz"}])
def test_metadata_that_are_no_texts_are_not_written(tmp_path, about):
    path = tmp_path / "v.safetensors"
    with pytest.raises((CallError, DataError, TypeError, ValueError)):
        made(about=about).save(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["format", "version", "subwords"])
def test_metadata_that_are_the_stores_own(tmp_path, name):
    with pytest.raises(CallError, match=f"cannot be named {name}"):
        made(about={name: "x"}).save(tmp_path / "v.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_write(tmp_path):
    with pytest.raises(DataError, match="no vector to write"):
        Vectors([], np.zeros((0, 3), dtype=np.float32)).save(tmp_path / "v.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_cannot_be_written_to():
    read, write = os.pipe()
    with (
        os.fdopen(read),
        os.fdopen(write, "wb") as file,
        pytest.raises(CallError, match="to a pipe"),
    ):
        store.Writer(file, 3, "float32", {})


def test_what_begins_like_a_store(tmp_path):
    path = tmp_path / "v.safetensors"
    made(about={"source": "x" * 9000}).save(path)
    assert store.looks_like(path.read_bytes()[:300])
    assert not store.looks_like(b"")
    assert not store.looks_like(b"4 2\na 1 2\n")
    assert not store.looks_like(path.read_bytes()[1:300])
    safetensors.numpy.save_file({"a": np.zeros(3)}, tmp_path / "other.safetensors")
    assert not store.looks_like((tmp_path / "other.safetensors").read_bytes())


# opening


def test_opening_reads_the_header_alone(tmp_path, monkeypatch):
    path = tmp_path / "v.safetensors"
    made(V=5000, D=50).save(path)
    read = []

    class Spy(io.BufferedReader):
        def read(self, size=-1):
            read.append(size)
            return super().read(size)

    monkeypatch.setattr(store, "open_bytes", lambda path: Spy(io.FileIO(path), buffer_size=4096))
    header, start, _ = header_of(path)
    store.open_store(path)
    assert header
    assert all(size >= 0 for size in read)
    assert sum(read) <= start


def sparse(path, V, D):
    """A store of V rows of zeros that takes no room on the disk: one word, doubled offsets."""
    size = (V + 1).bit_length()
    at, header = 0, {"__metadata__": {"format": store.FORMAT, "version": "1", "recipe": "none"}}
    for name, dtype, shape in (
        ("vectors", "F32", [V, D]),
        ("norms", "F32", [V]),
        ("token_offsets", "I64", [V + 1]),
        ("index", "I32", [1 << size]),
        ("tokens", "U8", [0]),
    ):
        n = int(np.prod(shape)) * {"F32": 4, "I64": 8, "I32": 4, "U8": 1}[dtype]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + n]}
        at += n
    packed = json.dumps(header).encode()
    packed = packed.ljust(-(-(8 + len(packed)) // 64) * 64 - 8)
    with path.open("wb") as file:
        file.write(len(packed).to_bytes(8, "little") + packed)
        file.truncate(8 + len(packed) + at)
    return at


def test_a_file_of_many_gigabytes_opens(tmp_path):
    path = tmp_path / "v.safetensors"
    V, D = 10_000_000, 500
    if sparse(path, V, D) < 15 << 30 or path.stat().st_blocks > 1000:
        pytest.skip("the file system has no holes")
    opened = Vectors.open(path)
    assert (len(opened), opened.dim) == (V, D)
    assert opened.rows.take([0, V - 1]).tolist() == [[0.0] * D] * 2
    assert opened.words.utf8(V - 1) == b""
    assert opened.words.find("") == 0  # all slots name row 0
    assert opened.matrix.shape == (V, D)


def test_a_store_is_read_only(tmp_path):
    path = tmp_path / "v.safetensors"
    made().save(path)
    opened = Vectors.open(path)
    for array in (opened.matrix, opened.rows.data, opened.norms, opened.words.tokens):
        with pytest.raises(ValueError, match="read-only"):
            array[:1] = 0
    taken = opened.rows.take([0])
    taken[:] = 9
    assert not np.array_equal(taken, opened.rows.take([0]))


def test_what_is_no_store(tmp_path):
    path = tmp_path / "v.safetensors"
    safetensors.numpy.save_file({"vectors": np.zeros((2, 2), dtype=np.float32)}, path)
    with pytest.raises(DataError, match="not a store of vectors") as caught:
        store.open_store(path)
    assert caught.value.where == str(path)
    for content in (b"", b"x", b"4 2\n" * 9, b"\xff" * 40, b"\0" * 40):
        path.write_bytes(content)
        with pytest.raises(DataError):
            store.open_store(path)
    with pytest.raises(CallError, match="no such file"):
        store.open_store(tmp_path / "nothing")
    with pytest.raises(CallError, match="folder"):
        store.open_store(tmp_path)


# damage to the header


def changed(path, change):
    """The file with its header changed, and all else where it was."""
    header, start, content = header_of(path)
    change(header)
    packed = json.dumps(header).encode().ljust(start - 8)
    assert len(packed) == start - 8
    path.write_bytes(content[:8] + packed + content[start:])


def entry(name, **fields):
    return lambda header: header[name].update(fields)


def reshaped(name, shape):
    def change(header):
        begin, _ = header[name]["data_offsets"]
        size = {"F32": 4, "F16": 2, "I8": 1, "U8": 1, "I32": 4, "I64": 8}[header[name]["dtype"]]
        header[name] |= {
            "shape": shape,
            "data_offsets": [begin, begin + int(np.prod(shape)) * size],
        }

    return change


DAMAGES = {
    "version": (lambda h: h["__metadata__"].update(version="2"), "a store of version 2"),
    "no version": (lambda h: h["__metadata__"].pop("version"), "version None"),
    "other format": (lambda h: h["__metadata__"].update(format="x"), "no format of vectors"),
    "no metadata": (lambda h: h.pop("__metadata__"), "no format of vectors"),
    "metadata a list": (lambda h: h.update(__metadata__=[1]), "no format of vectors"),
    "a number in the metadata": (lambda h: h["__metadata__"].update(x=3), "no texts"),
    "recipe": (lambda h: h["__metadata__"].update(recipe="zzz"), "'zzz'"),
    "subwords": (lambda h: h["__metadata__"].update(subwords="3-"), "lengths of subwords"),
    "subwords of minus": (lambda h: h["__metadata__"].update(subwords="-3-6"), "lengths of sub"),
    "subwords of other digits": (lambda h: h["__metadata__"].update(subwords="²-6"), "lengths"),
    "subwords backwards": (lambda h: h["__metadata__"].update(subwords="6-3"), "no n-gram"),
    "no subword lengths": (lambda h: h["__metadata__"].pop("subwords"), "lengths of subwords"),
    "no vectors": (lambda h: h.pop("vectors"), "it holds no 'vectors'"),
    "no norms": (lambda h: h.pop("norms"), "it holds no 'norms'"),
    "no index": (lambda h: h.pop("index"), "it holds no 'index'"),
    "no tokens": (lambda h: h.pop("tokens"), "it holds no 'tokens'"),
    "no offsets": (lambda h: h.pop("token_offsets"), "it holds no 'token_offsets'"),
    "a type": (entry("norms", dtype="F64"), "the entry of 'norms'"),
    "a type that is a list": (entry("norms", dtype=[]), "the entry of 'norms'"),
    "no shape": (lambda h: h["norms"].pop("shape"), "the entry of 'norms'"),
    "a shape that is a number": (entry("norms", shape=23), "the entry of 'norms'"),
    "a shape that is text": (entry("norms", shape="23"), "out of range"),
    "a shape of text": (entry("norms", shape=["23"]), "out of range"),
    "a shape of nothing": (entry("norms", shape=[None]), "out of range"),
    "a shape of truth": (entry("norms", shape=[True]), "out of range"),
    "a shape of fractions": (entry("norms", shape=[23.0]), "out of range"),
    "a nested shape": (entry("norms", shape=[[23]]), "out of range"),
    "a shape that is a table": (entry("norms", shape={"23": 1}), "out of range"),
    "a negative shape": (entry("vectors", shape=[-23, -7]), "out of range"),
    "a huge shape": (entry("vectors", shape=[2**62, 4]), "out of range"),
    "a shape without end": (entry("vectors", shape=[10**300, 4]), "out of range"),
    "a large shape": (entry("vectors", shape=[2**40, 4]), "do not fit"),
    "three dimensions": (entry("vectors", shape=[23, 7, 1]), "out of range"),
    "one offset": (entry("vectors", data_offsets=[0]), "the entry of 'vectors'"),
    "offsets of text": (entry("vectors", data_offsets="00"), "out of range"),
    "offsets backwards": (entry("vectors", data_offsets=[644, 0]), "do not fit"),
    "offsets behind the end": (entry("norms", data_offsets=[9999999, 9999999 + 92]), "do not fit"),
    "offsets between numbers": (entry("norms", data_offsets=[1, 93]), "do not fit"),
    "an entry that is a list": (lambda h: h.update(norms=[1]), "the entry of 'norms'"),
    "an entry that is text": (lambda h: h.update(norms="x"), "the entry of 'norms'"),
    "an unknown entry": (lambda h: h.update(more=None), "the entry of 'more'"),
    "fewer vectors": (reshaped("vectors", [22, 7]), "'token_offsets' has type"),
    "one dimension": (reshaped("vectors", [161]), "no matrix"),
    "one dimension of the right length": (reshaped("vectors", [23]), "no matrix"),
    "no dimension": (reshaped("vectors", []), "vectors"),
    "no dimension, a table": (
        lambda h: h["vectors"].update(shape={}, data_offsets=[0, 4]), "vectors",
    ),
    "no dimension, text": (
        lambda h: h["vectors"].update(shape="", data_offsets=[0, 4]), "vectors",
    ),
    "norms of no dimension, a table": (
        lambda h: h["norms"].update(shape={}, data_offsets=[0, 4]), "norms",
    ),
    "norms of no dimension": (reshaped("norms", []), "'norms' has type"),
    "fewer norms": (reshaped("norms", [22]), "'norms' has type"),
    "fewer counts": (reshaped("counts", [22]), "'counts' has type"),
    "fewer offsets": (reshaped("token_offsets", [23]), "'token_offsets' has type"),
    "an index of another length": (reshaped("index", [8191]), "do not belong together"),
    "an index that is too short": (reshaped("index", [16]), "do not belong together"),
    "fewer tokens": (reshaped("tokens", [5]), "do not belong together"),
    "numbers as norms": (entry("norms", dtype="I32"), "'norms' has type int32"),
    "numbers as vectors": (entry("vectors", dtype="I32"), "no matrix of vectors"),
    "scales of no int8": (lambda h: h.update(scales=h["norms"]), "have scales"),
    "no bucket": (reshaped("buckets", [0, 7]), "subwords"),
    "buckets of another width": (reshaped("buckets", [5, 6]), "subwords of 6"),
    "buckets of no width": (reshaped("buckets", [5]), "no matrix"),
    "buckets of int8": (entry("buckets", dtype="I8", shape=[20, 7]), "have scales"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "message"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_header_is_told(tmp_path, change, message):
    path = tmp_path / "v.safetensors"
    made().save(path)
    changed(path, change)
    with pytest.raises(DataError) as caught:
        Vectors.open(path)
    assert message in caught.value.message
    assert caught.value.where == str(path)


def test_vectors_without_numbers_are_damaged(tmp_path):
    path = tmp_path / "v.safetensors"
    made(buckets=0).save(path)
    changed(path, reshaped("vectors", [23, 0]))
    with pytest.raises(DataError):
        Vectors.open(path)


@pytest.mark.parametrize("size", [0, 1, 2**20 + 1, 99999999999, 2**63, 2**64 - 1])
def test_a_header_of_impossible_length(tmp_path, size):
    path = tmp_path / "v.safetensors"
    made().save(path)
    content = path.read_bytes()
    path.write_bytes(size.to_bytes(8, "little") + content[8:])
    with pytest.raises(DataError) as caught:
        store.open_store(path)
    assert caught.value.where == str(path)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "{",
        "[]",
        "null",
        '"x"',
        "{}",
        "[" * 100_000,
        '{"a":' * 50_000,
        "9" * 5000,
        "\xff",
        "NaN",
    ],
)
def test_a_header_that_is_no_table(tmp_path, header):
    path = tmp_path / "v.safetensors"
    packed = header.encode("latin-1")
    path.write_bytes(len(packed).to_bytes(8, "little") + packed + b"\0" * 100)
    with pytest.raises(DataError):
        store.open_store(path)


def test_a_file_that_was_cut_off(tmp_path):
    path = tmp_path / "v.safetensors"
    made().save(path)
    content = path.read_bytes()
    for size in (0, 4, 8, 9, 100, 2000, 2200, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:size])
        with pytest.raises(DataError) as caught:
            store.open_store(path)
        assert caught.value.where == str(path)


def test_a_damaged_store_says_what_to_do(tmp_path):
    path = tmp_path / "v.safetensors"
    made().save(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError) as caught:
        Vectors.open(path)
    assert str(caught.value) == (
        f"{path}: the store is damaged: the offsets of 'buckets' do not fit the file\n"
        "  fetch or make the file again"
    )
