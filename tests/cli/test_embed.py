import gzip
import json
import subprocess

import numpy as np
import pytest

from nlpseq.embeddings.documents import DocumentVectors
from nlpseq.embeddings.vectors import Vectors

WORDS = ["bom", "filme", "muito", "ruim", "."]
TEXTS = ["muito bom.", "", "Filme ruim", "xyz"]


@pytest.fixture(scope="module")
def vectors():
    matrix = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    return Vectors(WORDS, matrix, "lower", counts=np.array([9, 70, 23, 5, 113]))


@pytest.fixture(autouse=True)
def store(vectors, tmp_path):
    vectors.save(tmp_path / "v.safetensors")


def expected(vectors, **options):
    return list(DocumentVectors(vectors, **options).embed(TEXTS))


def numbers(line):
    return [float(field) for field in line.split()]


def test_four_lines_in_four_lines_out(call, vectors):
    done = call("embed", "v.safetensors", stdin="\n".join(TEXTS))
    assert done.returncode == 0
    assert done.stderr == ""
    first, second, third, fourth = done.stdout.split("\n")[:-1]
    good, _, bad, _ = expected(vectors)
    np.testing.assert_allclose(numbers(first), good.vector, rtol=1e-5)
    np.testing.assert_allclose(numbers(third), bad.vector, rtol=1e-5)
    assert second == fourth == ""


@pytest.mark.parametrize("weights", ["mean", "frequency"])
def test_the_same_from_python(call, vectors, weights):
    done = call(
        "embed", "v.safetensors", "--format", "jsonl", "--weights", weights, stdin="\n".join(TEXTS)
    )
    answers = expected(vectors, weighting=weights)
    for line, answer in zip(done.stdout.splitlines(), answers, strict=True):
        shown = json.loads(line)
        assert (shown["known"], shown["words"]) == (answer.known, answer.words)
        assert shown.get("reason") == answer.reason
        if answer.vector is None:
            assert shown["vector"] is None
        else:  # to the bit
            assert (np.array(shown["vector"], dtype=np.float32) == answer.vector).all()


def test_a_matrix_has_a_row_a_line(call, vectors, tmp_path):
    done = call("embed", "v.safetensors", "-o", "x.npy", stdin="\n".join(TEXTS))
    assert done.returncode == 0
    assert done.stdout == ""
    assert "2 of 4 rows are NaN" in done.stderr
    matrix = np.load(tmp_path / "x.npy")
    assert matrix.dtype == np.float32
    assert matrix.shape == (4, 3)
    for row, answer in zip(matrix, expected(vectors), strict=True):
        assert (row == answer.vector).all() if answer.known else np.isnan(row).all()


def test_no_line_in_no_line_out(call, tmp_path):
    assert call("embed", "v.safetensors").stdout == ""
    assert call("embed", "v.safetensors", "-o", "x.npy").returncode == 0
    assert np.load(tmp_path / "x.npy").shape == (0, 3)


@pytest.mark.parametrize(
    ("name", "opening"), [("a.jsonl", b'{"vector": ['), ("a.npy", b"\x93NUMPY"), ("a.vec", b"\n")]
)
def test_the_name_of_the_output_says_the_format(call, tmp_path, name, opening):
    text = "bom\n" if name == "a.jsonl" else "\n"
    assert call("embed", "v.safetensors", "-o", name, stdin=text).stdout == ""
    assert (tmp_path / name).read_bytes().startswith(opening)


def test_the_output_is_packed_by_its_name(call, tmp_path):
    call("embed", "v.safetensors", "-o", "a.jsonl.gz", stdin="bom\n")
    assert json.loads(gzip.decompress((tmp_path / "a.jsonl.gz").read_bytes()))["known"] == 1


def test_a_file_of_lines_plain_or_packed(call, tmp_path):
    text = "\n".join(TEXTS).encode()
    (tmp_path / "in.txt").write_bytes(text)
    (tmp_path / "in.txt.gz").write_bytes(gzip.compress(text))
    piped = call("embed", "v.safetensors", "-", stdin=text).stdout
    assert piped.count("\n") == 4
    assert call("embed", "v.safetensors", "in.txt").stdout == piped
    assert call("embed", "v.safetensors", "in.txt.gz", "-o", "-").stdout == piped


def test_line_ends_and_strange_characters_keep_the_count(call):
    lines = ["bom\r", "a\u2028b", "a\u0085b", "a\x0bb", "\x00", "\ufeffbom", "👍", ""]
    done = call("embed", "v.safetensors", stdin="\n".join(lines) + "\n")
    assert done.stdout.count("\n") == len(lines)


def test_many_lines_with_empty_ones(call):
    texts = ["bom", "", "muito ruim"] * 2001
    done = call("embed", "v.safetensors", stdin="\n".join(texts) + "\n")
    answers = done.stdout.split("\n")[:-1]
    assert len(answers) == len(texts)
    assert {a for t, a in zip(texts, answers, strict=True) if not t} == {""}
    assert len(set(answers)) == 3


def test_recipe_and_case(call, tmp_path):
    (tmp_path / "v.txt").write_text("2 2\nbom 1 0\nruim 0 1\n")
    assert call("embed", "v.txt", stdin="Bom\n").stdout == "\n"
    assert call("embed", "v.txt", "--recipe", "lower", stdin="Bom\n").stdout == "1 0\n"
    assert call("embed", "v.txt", "--ignore-case", stdin="RUIM\n").stdout == "0 1\n"


def test_bytes_that_are_not_utf8_are_placed_and_nothing_is_written(call, tmp_path):
    done = call("embed", "v.safetensors", "-o", "out", stdin=b"bom\nhorr\xedvel\n")
    assert done.returncode == 1
    assert "standard input:2: byte 5 of the line" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["v.safetensors"]


def test_nothing_is_overwritten_without_force(call, tmp_path):
    (tmp_path / "out").write_text("mine")
    done = call("embed", "v.safetensors", "-o", "out", stdin="bom\n")
    assert done.returncode == 2
    assert "--force" in done.stderr
    assert (tmp_path / "out").read_text() == "mine"
    assert call("embed", "v.safetensors", "-o", "out", "--force", stdin="bom\n").returncode == 0
    assert (tmp_path / "out").read_text() != "mine"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["v.safetensors", "--format", "npy"], 2, "a matrix is written to a file"),
        (["v.safetensors", "-o", "x.npy.gz"], 2, "a plain file"),
        (["v.safetensors", "-o", "."], 2, "a folder"),
        (["v.safetensors", "in.txt"], 2, "in.txt: no such file"),
        (["w.safetensors"], 2, "did you mean v.safetensors"),
        (["-"], 2, "cannot give the vectors and the lines"),
        (["v.txt", "--weights", "frequency"], 2, "how often a word was seen"),
        ([], 2, "Missing argument"),
    ],
)
def test_misuse(call, tmp_path, arguments, status, message):
    (tmp_path / "v.txt").write_text("2 2\nbom 1 0\nruim 0 1\n")
    done = call("embed", *arguments, stdin="bom\n")
    assert done.returncode == status
    assert message in done.stderr
    assert done.stdout == ""
    assert not list(tmp_path.glob("x*"))


def test_a_model_is_refused(call, model):
    done = call("embed", model, stdin="bom\n")
    assert done.returncode == 2
    assert "word vectors alone so far" in done.stderr


def test_a_closed_pipe_is_quiet(command, tmp_path):
    (tmp_path / "in").write_text("bom\n" * 100_000)
    pipe = f"'{command}' embed v.safetensors < in | head -1"
    done = subprocess.run(pipe, shell=True, capture_output=True, cwd=tmp_path, timeout=60)
    assert len(done.stdout.split()) == 3
    assert done.stderr == b""


def test_a_full_disk_is_said(command, tmp_path):
    pipe = f"printf 'bom\\n' | '{command}' embed v.safetensors > /dev/full"
    done = subprocess.run(
        pipe, shell=True, capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
