import gzip
import json
import struct
from itertools import pairwise

import numpy as np
import pytest

from nlpseq.embeddings.formats import safetensors_vocab
from nlpseq.embeddings.formats.contents import Report
from nlpseq.errors import CallError, DataError

MATRIX = np.array([[1, -2.5, 0.125], [3, 4, 5e-3], [0, 0, 0.5]], dtype=np.float32)
WORDS = "rei\n0,0 km²\n\u00a0\n"
TYPES = {"float32": "F32", "float16": "F16", "float64": "F64", "int8": "I8", "int32": "I32"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "embeddings.safetensors"


def packed(header, data):
    """A file of safetensors out of its header (JSON, or text that should be) and its data."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def described(matrix, start=0):
    end = start + matrix.nbytes
    kind = TYPES[str(matrix.dtype)]
    return {"dtype": kind, "shape": list(matrix.shape), "data_offsets": [start, end]}


def written(path, matrix=MATRIX, words=WORDS, **others):
    """A matrix called ``embeddings`` and its words."""
    data, header = matrix.tobytes(), {"embeddings": described(matrix)}
    for name, tensor in others.items():
        header[name] = described(tensor, len(data))
        data += tensor.tobytes()
    path.write_bytes(packed(header, data))
    words = words if isinstance(words, bytes) else words.encode()
    (path.parent / "vocab.txt").write_bytes(words)
    return path


def taken(path, *, repair=False):
    """The words, the matrix, the report, the places."""
    report = Report(str(path), repair=repair)
    contents = safetensors_vocab.read(path, report)
    assert (contents.unit, contents.subwords) == ("line", None)
    words, rows, places = [], [], []
    for block in contents.blocks:
        ends = block.offsets.tolist()
        words += [bytes(block.tokens[a:b]).decode() for a, b in pairwise(ends)]
        rows.append(block.matrix)
        places += block.places.tolist()
        assert block.matrix.dtype == np.float32
        assert block.matrix.flags.aligned
    return words, np.concatenate(rows), report, places


@pytest.mark.parametrize("kind", ["float32", "float16"])
@pytest.mark.parametrize("folder", [False, True])
def test_a_matrix_and_its_words(path, kind, folder):
    matrix = MATRIX.astype(kind)
    written(path, matrix)
    words, numbers, report, places = taken(path.parent if folder else path)
    assert words == ["rei", "0,0 km²", "\u00a0"]
    assert numbers.tolist() == matrix.astype(np.float32).tolist()
    assert places == [1, 2, 3]
    assert (report.notes, report.repairs) == (0, 0)


@pytest.mark.parametrize(
    "words",
    [
        "rei\r\n0,0 km²\r\n\u00a0\r\n",
        "\ufeff" + WORDS,
        WORDS[:-1],
        gzip.compress(WORDS.encode(), mtime=0),
    ],
)
def test_layouts_of_the_words(path, words):
    assert taken(written(path, words=words))[0] == ["rei", "0,0 km²", "\u00a0"]


def test_other_tensors_do_not_matter(path):
    written(path, norms=np.ones(3, np.float32), ids=np.zeros((1, 2, 3), np.int32))
    assert taken(path)[1].tolist() == MATRIX.tolist()


@pytest.mark.parametrize("step", [1, 2])
def test_blocks(path, monkeypatch, step):
    monkeypatch.setattr(safetensors_vocab, "_BLOCK_BYTES", 12 * step)
    words, numbers, _, places = taken(written(path))
    assert words == ["rei", "0,0 km²", "\u00a0"]
    assert numbers.tolist() == MATRIX.tolist()
    assert places == [1, 2, 3]


@pytest.mark.parametrize(
    ("words", "number"), [("a\nb\n", 2), ("a\nb\nc\nd\n", 4), ("", 0), ("a\nb\nc\n\n", 4)]
)
def test_as_many_lines_as_rows(path, words, number):
    with pytest.raises(DataError) as caught:
        taken(written(path, words=words), repair=True)
    assert caught.value.message == f"{number} lines, where embeddings.safetensors has 3 rows"
    assert caught.value.where == str(path.parent / "vocab.txt")


def test_no_words_beside_it(path):
    written(path)
    (path.parent / "vocab.txt").unlink()
    assert safetensors_vocab.looks_like(path)
    assert not safetensors_vocab.looks_like(path.parent)
    with pytest.raises(DataError, match="beside it, and so no words") as caught:
        taken(path)
    assert "one word a line, 3 lines" in caught.value.remedy


@pytest.mark.parametrize(
    ("words", "matrix", "message", "line", "left"),
    [
        ("a\n\nc\n", MATRIX, "no word", 2, ["a", "c"]),
        ("a\nb\nc\n", np.float32([[1], [2], [np.nan]]), "no finite number", 3, ["a", "b"]),
        ("a\nb\nc\n", np.float16([[1], [-np.inf], [2]]), "no finite number", 2, ["a", "c"]),
        (b"a\ncora\xe7\nc\n", MATRIX, "not UTF-8", 2, ["a", "cora\ufffd", "c"]),
    ],
)
def test_faults(path, words, matrix, message, line, left):
    written(path, matrix, words)
    with pytest.raises(DataError, match=message) as caught:
        taken(path)
    assert caught.value.where == f"{path}:{line}"
    found, numbers, report, _ = taken(path, repair=True)
    assert found == left
    assert len(numbers) == len(left)
    assert report.repairs == 1


def test_nothing_is_left(path):
    written(path, np.float32([[np.nan]]), "a\n")
    with pytest.raises(DataError, match="no row of vectors"):
        taken(path, repair=True)


def test_a_monstrous_word(path):
    with pytest.raises(DataError, match="more than 64 KB") as caught:
        taken(written(path, words="a\n" + "x" * 70_000 + "\nc\n"))
    assert caught.value.where == f"{path.parent / 'vocab.txt'}:2"


ENTRY = described(MATRIX)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a file of safetensors"),
        (b"abc", "not a file of safetensors"),
        (struct.pack("<Q", 2**63), "not a file of safetensors"),
        (struct.pack("<Q", 50) + b"{}", "not a file of safetensors"),
        (packed(b" " * (1 << 21), b""), "not a file of safetensors"),
        (packed(b"{{", b""), "not JSON"),
        (packed(b"[" * 200_000, b""), "not JSON"),
        (packed(b'{"a": ' + b"9" * 5000 + b"}", b""), "not JSON"),
        (packed(b"[]", b""), "no JSON object"),
        (packed({}, b""), "one matrix is wanted, and here is none"),
        (packed({"a": 1}, b""), "not described"),
        (packed({"a": {}}, b""), "not described"),
        (packed({"a": ENTRY | {"dtype": 1}}, bytes(36)), "not described"),
        (packed({"a": ENTRY | {"shape": "33"}}, bytes(36)), "not described"),
        (packed({"a": ENTRY | {"shape": [3, 3.0]}}, bytes(36)), "not described"),
        (packed({"a": ENTRY | {"shape": [True, 9]}}, bytes(36)), "not described"),
        (packed({"a": ENTRY | {"shape": [-3, -3]}}, bytes(36)), "not described"),
        (packed({"a": ENTRY | {"data_offsets": [0]}}, bytes(36)), "not described"),
        (packed({"a": ENTRY | {"data_offsets": [-1, 35]}}, bytes(36)), "not described"),
        (packed({"a": ENTRY | {"data_offsets": [36, 0]}}, bytes(36)), "outside the file"),
        (packed({"a": ENTRY}, bytes(35)), "outside the file"),
        (packed({"a": ENTRY | {"data_offsets": [0, 10**30]}}, bytes(36)), "outside the file"),
        (packed({"a": ENTRY | {"shape": [3, 4]}}, bytes(36)), "not as large"),
        (packed({"a": ENTRY | {"shape": [99999999999, 300]}}, bytes(36)), "not as large"),
        (packed({"a": ENTRY | {"shape": [0, 3]}}, bytes(36)), "is empty"),
        (packed({"a": ENTRY | {"shape": [3, 0]}}, bytes(36)), "is empty"),
        (packed({"a": ENTRY | {"shape": [9]}}, bytes(36)), "here is none"),
        (packed({"a": ENTRY | {"dtype": "BF16"}}, bytes(36)), "of type 'BF16'"),
        (packed({"a": ENTRY, "b": ENTRY}, bytes(36)), "here is 'a', 'b'"),
    ],
)
def test_a_damaged_file(path, content, message):
    written(path)
    path.write_bytes(content)
    assert not safetensors_vocab.looks_like(path)
    assert not safetensors_vocab.looks_like(path.parent)
    with pytest.raises(DataError, match=message) as caught:
        taken(path, repair=True)
    assert str(path) in caught.value.where


def test_a_store_of_nlpseq_is_none(path):
    written(path)
    header = {"__metadata__": {"format": "nlpseq-vectors"}, "vectors": described(MATRIX)}
    path.write_bytes(packed(header, MATRIX.tobytes()))
    assert not safetensors_vocab.looks_like(path)
    assert not safetensors_vocab.looks_like(path.parent)
    header["__metadata__"] = {"format": "pt"}
    path.write_bytes(packed(header, MATRIX.tobytes()))
    assert safetensors_vocab.looks_like(path)
    assert safetensors_vocab.looks_like(path.parent)


def test_what_it_is_not(tmp_path):
    (tmp_path / "v.txt").write_text("2 2\na 1 2\nb 3 4\n")
    assert not safetensors_vocab.looks_like(tmp_path / "v.txt")
    assert not safetensors_vocab.looks_like(tmp_path / "none.safetensors")
    assert not safetensors_vocab.looks_like(tmp_path)


@pytest.mark.parametrize(("names", "shown"), [([], "none"), (["a", "b"], "a.saf.*, b.saf.*")])
def test_a_folder_of_none_or_several(path, names, shown):
    written(path)
    path.unlink()
    for name in names:
        written(path.with_name(f"{name}.safetensors"))
    with pytest.raises(CallError, match=shown):
        taken(path.parent)


def test_no_such_file(path):
    with pytest.raises(CallError, match="no such file"):
        taken(path)


def test_the_original_library_writes_what_is_read(path):
    numpy = pytest.importorskip("safetensors.numpy")
    matrix = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
    numpy.save_file({"embeddings": matrix}, path, metadata={"format": "np"})
    (path.parent / "vocab.txt").write_text("".join(f"w{i}\n" for i in range(7)))
    words, numbers, _, _ = taken(path)
    assert words == [f"w{i}" for i in range(7)]
    assert numbers.tolist() == matrix.tolist()
