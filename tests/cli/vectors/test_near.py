"""``nlpseq vectors near`` as users call it."""

import gzip
import json
import subprocess

import numpy as np
import pytest

from nlpseq.embeddings.vectors import Vectors

WORDS = ["homem", "mulher", "rei", "rainha", "São Paulo", "Rio"]
MATRIX = np.array([[1, 0], [1, 1], [2, 0], [2, 2], [0, 1], [-1, 0.5]], dtype=np.float32)
V = "v.safetensors"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "cache"))
    Vectors(WORDS, MATRIX).save(tmp_path / V)
    counts = np.array([60, 50, 40, 30, 20, 10])
    Vectors(WORDS, MATRIX, "lower", counts=counts).save(tmp_path / "lower.safetensors")
    return tmp_path


def near(call, *arguments, **options):
    done = call("vectors", "near", *arguments, **options)
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


def test_the_nearest_words_and_their_cosines(call):
    three = "homem\t1.0000\nmulher\t0.7071\nrainha\t0.7071\n"
    assert near(call, V, "rei", "-k", "3") == three
    assert near(call, V, "rei") == f"{three}São Paulo\t0.0000\nRio\t-0.8944\n"


def test_several_words_are_told_apart(call):
    assert near(call, V, "rei", "São Paulo", "rei", "-k", "1") == (
        "rei\thomem\t1.0000\nSão Paulo\tmulher\t0.7071\nrei\thomem\t1.0000\n"
    )


def test_any_format_gives_the_same(call, folder):
    rows = zip(["a", "b", "c", "rei"], MATRIX.tolist(), strict=False)
    text = "".join(f"{word} {x} {y}\n" for word, (x, y) in rows)
    (folder / "v.txt").write_text(text)
    (folder / "packed").write_bytes(gzip.compress(text.encode()))
    Vectors.open(folder / "v.txt").save(folder / "w.safetensors")
    shown = near(call, "w.safetensors", "rei", "b", "-k", "2")
    assert shown.count("\n") == 4
    for name in ("v.txt", "packed"):
        assert near(call, name, "rei", "b", "-k", "2") == shown
    assert near(call, "-", "rei", "b", "-k", "2", stdin=text) == shown


def test_every_line_has_an_answer(call):
    asked = "rei\n\nnada\nSão Paulo\r\nREI\nrei\t5\nmulher"
    shown = near(call, V, "-k", "1", stdin=asked)
    assert shown == (
        "rei\thomem\t1.0000\n\t\t\nnada\t\t\nSão Paulo\tmulher\t0.7071\nREI\t\t\nrei\t5\t\t\n"
        "mulher\trainha\t1.0000\n"
    )
    assert near(call, V, "-", "-k", "1", stdin=asked) == shown
    assert near(call, V, stdin="") == ""
    assert near(call, V, "-k", "1", stdin="\ufeffrei\n") == "rei\thomem\t1.0000\n"


def test_every_line_has_an_answer_where_no_row_is_left(call):
    """The word alone is left, which is no answer."""
    shown = near(call, V, "--prefix", "rei", stdin="rei\nmulher\nnada\n")
    assert shown == "rei\t\t\nmulher\trei\t0.7071\nnada\t\t\n"


def test_every_line_has_an_answer_where_a_filter_leaves_nothing(call):
    shown = near(call, V, "--prefix", "zzz", stdin="rei\nmulher\nnada\n")
    assert shown == "rei\t\t\nmulher\t\t\nnada\t\t\n"


def test_a_filter_that_leaves_nothing(call):
    done = call("vectors", "near", V, "rei", "--prefix", "zzz")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout in ("", "\t\n")


def test_json(call):
    lines = near(call, V, "--json", "-k", "2", stdin="rei\n\nnada\n").splitlines()
    found = [json.loads(line) for line in lines]
    assert found[0] == {
        "words": ["rei"],
        "answers": [{"word": "homem", "score": 1.0}, {"word": "mulher", "score": 0.707107}],
    }
    assert [one["words"] for one in found] == [["rei"], [""], ["nada"]]
    assert [one["answers"] for one in found[1:]] == [None, None]
    assert all(one["reason"] for one in found[1:])
    (alone,) = near(call, V, "São Paulo", "--json", "-k", "1").splitlines()
    assert "São Paulo" in alone
    assert json.loads(alone)["answers"] == [{"word": "mulher", "score": 0.707107}]
    (nothing,) = near(call, V, "rei", "--json", "--prefix", "rei").splitlines()
    assert json.loads(nothing) == {"words": ["rei"], "answers": []}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--first", "2"], ["homem", "mulher"]),
        (["--min-count", "40"], ["homem", "mulher"]),
        (["--prefix", "r"], ["rainha"]),
        (["--prefix", "São P"], ["São Paulo"]),
        (["--prefix", ""], ["homem", "mulher", "rainha", "São Paulo", "Rio"]),
        (["--among", "list.txt"], ["rainha", "São Paulo", "Rio"]),
        (["--among", "list.txt", "--first", "5", "--min-count", "30"], ["rainha"]),
        (["--among", "list.txt", "-k", "1"], ["rainha"]),
    ],
)
def test_filters(call, folder, options, expected):
    (folder / "list.txt").write_text("RAINHA\nRio\t99\nnada\n\nSão Paulo\n")
    shown = near(call, "lower.safetensors", "rei", *options)
    assert [line.split("\t")[0] for line in shown.splitlines()] == expected


def test_case(call):
    assert call("vectors", "near", V, "REI", "-k", "1").returncode == 1
    assert near(call, V, "REI", "-k", "1", "-i") == "homem\t1.0000\n"
    shown = near(call, V, "-i", "-k", "1", stdin="RIO\nnada\n")
    assert shown == "RIO\tSão Paulo\t0.4472\nnada\t\t\n"
    assert near(call, "lower.safetensors", "REI", "-k", "1") == "homem\t1.0000\n"  # its recipe


@pytest.mark.parametrize("asked", [["ranha"], ["rei", "ranha"], ["ranha", "rei"]])
def test_an_unknown_word_is_said_and_nothing_else(call, asked):
    done = call("vectors", "near", V, *asked)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: the vectors hold no word 'ranha'\n  did you mean 'rainha'?\n"


def test_a_line_that_is_not_utf8_is_located(call):
    done = call("vectors", "near", V, stdin=b"rei\ncora\xe7ao\n")
    assert done.returncode == 1
    assert "standard input:2: byte 5 of the line, 0xe7, is not UTF-8" in done.stderr


def test_an_argument_in_another_encoding(call):
    done = call("vectors", "near", V, "cora\udce7ao")
    assert done.returncode == 1
    assert "the vectors hold no word" in done.stderr
    assert call("vectors", "near", V, "rei", "--prefix", "\udce7").returncode == 0


def test_many_lines(call):
    """More than are asked at a time: in order, each as if it were alone."""
    asked = [WORDS[i * 7 % 6] if i % 10 else "nada" for i in range(350)]
    shown = near(call, V, "-k", "1", stdin="\n".join(asked)).splitlines()
    alone = dict(line.split("\t", 1) for line in near(call, V, *WORDS, "-k", "1").splitlines())
    assert shown == [f"{word}\t{alone.get(word, chr(9))}" for word in asked]


def test_vectors_and_words_cannot_both_come_from_standard_input(call, folder, command):
    """Neither out of a pipe nor out of a file, which would be read twice."""
    text = "rei 1 2\nrainha 3 4\n"
    done = call("vectors", "near", "-", stdin=text)
    assert (done.returncode, done.stdout) == (2, "")
    (folder / "v.txt").write_text(text)
    with (folder / "v.txt").open() as file:
        again = subprocess.run(
            [command, "vectors", "near", "-"], stdin=file, stdout=subprocess.PIPE, cwd=folder
        )
    assert (again.returncode, again.stdout) == (2, b"")


def test_a_reader_that_leaves_is_no_error(command, folder):
    process = subprocess.Popen(
        [command, "vectors", "near", V], cwd=folder, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdout.close()
    try:
        process.stdin.write(b"rei\n" * 100_000)
        process.stdin.close()
    except BrokenPipeError:
        pass
    error = process.stderr.read()
    process.wait(timeout=60)
    process.stderr.close()
    assert error == b""
