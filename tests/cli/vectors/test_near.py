"""``nlpseq vectors near`` as users call it."""

import gzip
import json
import subprocess

import numpy as np
import pytest

from nlpseq.embeddings.vectors import Vectors

WORDS = ["homem", "mulher", "rei", "rainha", "São Paulo", "Rio"]
MATRIX = [[1, 0], [1, 1], [2, 0], [2, 2], [0, 1], [-1, 0.5]]
VECTORS = "".join(f"{w} {a} {b}\n" for w, (a, b) in zip(WORDS, MATRIX, strict=True))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NLPSEQ_OFFLINE", "1")
    (tmp_path / "v.txt").write_text(f"6 2\n{VECTORS}")
    Vectors(
        WORDS,
        np.array(MATRIX, dtype=np.float32),
        "lower",
        counts=np.array([60, 50, 40, 30, 20, 10]),
    ).save(tmp_path / "v.safetensors")
    return tmp_path


def near(call, *arguments, **options):
    done = call("vectors", "near", *arguments, **options)
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


def test_the_nearest_words_and_their_cosines(call):
    assert (
        near(call, "v.txt", "rei", "-k", "3") == "homem\t1.0000\nmulher\t0.7071\nrainha\t0.7071\n"
    )
    assert near(call, "v.safetensors", "rei", "-k", "1") == "homem\t1.0000\n"
    assert near(call, "v.safetensors", "rei").count("\n") == 5


def test_several_words_are_told_apart(call):
    assert near(call, "v.safetensors", "rei", "mulher", "rei", "-k", "1") == (
        "rei\thomem\t1.0000\nmulher\trainha\t1.0000\nrei\thomem\t1.0000\n"
    )


def test_any_format_gives_the_same(call, folder):
    (folder / "glove.txt.gz").write_bytes(gzip.compress(VECTORS.encode()))
    Vectors.open(folder / "v.txt").save(folder / "v.bin.txt", format="glove")
    shown = near(call, "v.safetensors", "rei", "Rio", "-k", "4")
    for name in ("v.txt", "glove.txt.gz", "v.bin.txt"):
        assert near(call, name, "rei", "Rio", "-k", "4") == shown
    assert near(call, "-", "rei", "Rio", "-k", "4", stdin=VECTORS) == shown


def test_every_line_has_an_answer(call):
    asked = "rei\n\nnada\nSão Paulo\r\nREI\nrei\t5\nmulher"
    shown = near(call, "v.txt", "-k", "1", stdin=asked)
    assert shown == (
        "rei\thomem\t1.0000\n\t\t\nnada\t\t\nSão Paulo\tmulher\t0.7071\nREI\t\t\nrei\t5\t\t\n"
        "mulher\trainha\t1.0000\n"
    )
    assert near(call, "v.txt", "-", "-k", "1", stdin=asked) == shown
    assert near(call, "v.txt", stdin="") == ""


def test_every_line_has_an_answer_where_no_row_is_left(call):
    """A filter that leaves nothing, or the word alone, is no reason to be silent."""
    asked = "rei\nmulher\nnada\n"
    for filters in (["--prefix", "zzz"], ["--prefix", "rei", "--first", "2"]):
        assert near(call, "v.txt", *filters, stdin=asked) == "rei\t\t\nmulher\t\t\nnada\t\t\n"
    shown = near(call, "v.txt", "--prefix", "rei", stdin=asked)
    assert shown == "rei\t\t\nmulher\trei\t0.7071\nnada\t\t\n"


def test_no_row_is_left_for_a_word(call):
    done = call("vectors", "near", "v.txt", "rei", "--prefix", "zzz")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout in ("", "\t\n")


def test_json(call):
    lines = near(call, "v.safetensors", "--json", "-k", "2", stdin="REI\n\nnada\n").splitlines()
    found = [json.loads(line) for line in lines]
    assert found[0] == {
        "words": ["REI"],
        "answers": [{"word": "homem", "score": 1.0}, {"word": "mulher", "score": 0.707107}],
    }
    assert [one["words"] for one in found] == [["REI"], [""], ["nada"]]
    assert [one["answers"] for one in found[1:]] == [None, None]
    assert all(one["reason"] for one in found[1:])
    (alone,) = near(call, "v.txt", "São Paulo", "--json", "-k", "1").splitlines()
    assert "São Paulo" in alone
    assert json.loads(alone)["answers"] == [{"word": "mulher", "score": 0.707107}]
    (nothing,) = near(call, "v.txt", "rei", "--json", "--prefix", "rei").splitlines()
    assert json.loads(nothing) == {"words": ["rei"], "answers": []}


def answers(shown):
    return [line.split("\t")[-2] for line in shown.splitlines()]


def test_filters(call, folder):
    (folder / "list.txt").write_text("RAINHA\nRio\t99\nnada\n\nSão Paulo\n")
    for options, expected in (
        (["--first", "2"], ["homem", "mulher"]),
        (["--min-count", "40"], ["homem", "mulher"]),
        (["--prefix", "r"], ["rainha"]),
        (["--prefix", "R"], ["Rio"]),
        (["--prefix", "São P"], ["São Paulo"]),
        (["--prefix", ""], ["homem", "mulher", "rainha", "São Paulo", "Rio"]),
        (["--among", "list.txt"], ["rainha", "São Paulo", "Rio"]),
        (["--among", "list.txt", "--first", "5", "--min-count", "30"], ["rainha"]),
        (["--among", "list.txt", "-k", "1"], ["rainha"]),
    ):
        assert answers(near(call, "v.safetensors", "rei", *options)) == expected


def test_case_on_request(call):
    done = call("vectors", "near", "v.txt", "REI", "-k", "1")
    assert done.returncode == 1
    assert near(call, "v.txt", "REI", "-k", "1", "-i") == "homem\t1.0000\n"
    assert (
        near(call, "v.txt", "-i", "-k", "1", stdin="RIO\nnada\n")
        == "RIO\tmulher\t-0.3162\nnada\t\t\n"
    )
    assert near(call, "v.safetensors", "REI", "-k", "1") == "homem\t1.0000\n"  # by its recipe


@pytest.mark.parametrize(
    "asked", [["ranha"], ["rei", "ranha"], ["ranha", "rei"], ["rei", "", "rei"]]
)
def test_an_unknown_word_is_said_and_nothing_else(call, asked):
    done = call("vectors", "near", "v.txt", *asked)
    assert done.returncode == 1
    assert done.stdout == ""
    if "ranha" in asked:
        assert done.stderr == (
            "error: the vectors hold no word 'ranha'\n  did you mean 'rainha'?\n"
        )


def test_a_line_that_is_not_utf8_is_located(call):
    done = call("vectors", "near", "v.txt", stdin=b"rei\ncora\xe7ao\n")
    assert done.returncode == 1
    assert "standard input:2: byte 5 of the line, 0xe7, is not UTF-8" in done.stderr


def test_an_argument_in_another_encoding(call):
    done = call("vectors", "near", "v.txt", "cora\udce7ao")
    assert done.returncode == 1
    assert "the vectors hold no word" in done.stderr
    assert near(call, "v.txt", "rei", "--prefix", "\udce7") in ("", "\t\n")


def test_many_lines(call):
    """More than are asked at a time: in order, each as if it were alone."""
    asked = [WORDS[i * 7 % 6] if i % 10 else "nada" for i in range(350)]
    shown = near(call, "v.txt", "-k", "1", stdin="\n".join(asked)).splitlines()
    alone = {w: near(call, "v.txt", w, "-k", "1").strip() for w in WORDS}
    assert shown == [f"{w}\t{alone.get(w, chr(9))}" for w in asked]


def test_vectors_and_words_cannot_both_come_from_standard_input(call, folder, command):
    """Neither out of a pipe nor out of a file, which would be read twice."""
    done = call("vectors", "near", "-", stdin=VECTORS)
    assert (done.returncode, done.stdout) == (2, "")
    with (folder / "v.txt").open() as file:
        again = subprocess.run(
            [command, "vectors", "near", "-"],
            stdin=file,
            capture_output=True,
            text=True,
            cwd=folder,
        )
    assert (again.returncode, again.stdout) == (2, "")


def test_a_reader_that_leaves_is_no_error(command, folder):
    process = subprocess.Popen(
        [command, "vectors", "near", "v.txt"], cwd=folder, stdin=subprocess.PIPE,
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
