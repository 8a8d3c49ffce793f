"""``nlpseq vectors analogy`` as users call it."""

import json

import numpy as np
import pytest

from nlpseq.embeddings.vectors import Vectors

WORDS = ["homem", "mulher", "rei", "rainha", "São Paulo", "Rio"]
MATRIX = [[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1], [0, 0, -1], [-1, -1, 0.5]]


V = "v.safetensors"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "cache"))
    matrix = np.array(MATRIX, dtype=np.float32)
    counts = np.array([60, 50, 40, 30, 20, 10])
    Vectors(WORDS, matrix).save(tmp_path / V)
    Vectors(WORDS, matrix, "lower", counts=counts).save(tmp_path / "lower.safetensors")
    return tmp_path


def analogy(call, *arguments, **options):
    done = call("vectors", "analogy", *arguments, **options)
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


def naive(a, b, c, method):
    """The best word, and its score."""
    unit = {w: np.array(v) / np.linalg.norm(v) for w, v in zip(WORDS, MATRIX, strict=True)}
    scores = {}
    for word in set(WORDS) - {a, b, c}:
        cos = [float(unit[word] @ unit[x]) for x in (a, b, c)]
        if method == "add":
            scores[word] = cos[1] - cos[0] + cos[2]
        else:
            shifted = [(x + 1) / 2 for x in cos]
            scores[word] = shifted[1] * shifted[2] / (shifted[0] + 0.001)
    best = max(scores, key=scores.get)
    return f"{best}\t{scores[best]:.4f}\n"


@pytest.mark.parametrize("method", ["add", "mul"])
def test_the_parallel_and_its_score(call, method):
    for words in (("homem", "rei", "mulher"), ("rei", "homem", "São Paulo"), ("rei", "rei", "Rio")):
        shown = analogy(call, V, *words, "-k", "1", "--method", method)
        assert shown == naive(*words, method)
        assert method == "mul" or analogy(call, V, *words, "-k", "1") == shown


def test_text(call, folder):
    (folder / "v.txt").write_text("a 1 0\nb 0 1\nc 1 0.5\nd 0.5 1\n")
    assert analogy(call, "v.txt", "a", "b", "c", "-k", "1").startswith("d\t")


def test_as_many_as_there_are(call):
    assert analogy(call, V, "homem", "rei", "mulher").count("\n") == 3
    assert analogy(call, V, "homem", "homem", "homem").count("\n") == 5


def test_several_questions_are_told_apart(call):
    shown = analogy(call, V, "homem", "rei", "mulher", "rei", "homem", "Rio", "-k", "1")
    first, second = shown.splitlines()
    assert first == "homem rei mulher\t" + naive("homem", "rei", "mulher", "add").strip()
    assert second == "rei homem Rio\t" + naive("rei", "homem", "Rio", "add").strip()


def test_every_line_has_an_answer(call):
    asked = "homem rei mulher\n\n  rei\thomem\tSão Paulo \r\nnada rei rei\nrei  homem   Rio"
    asked = asked.replace("  rei\t", "rei\t").replace("Paulo \r", "Paulo\r")
    shown = analogy(call, V, "-k", "1", stdin=asked).splitlines()
    assert [line.split("\t")[0] for line in shown] == [
        "homem rei mulher", "  ", "rei homem São Paulo", "nada rei rei", "rei homem Rio",
    ]  # fmt: skip
    assert shown[1] == "  \t\t"
    assert shown[2].endswith(naive("rei", "homem", "São Paulo", "add").strip())
    assert shown[3] == "nada rei rei\t\t"
    assert analogy(call, V, "-", stdin="") == ""


def test_every_line_has_an_answer_where_no_row_is_left(call):
    shown = analogy(call, V, "--prefix", "zzz", stdin="homem rei mulher\nrei rei rei\n")
    assert shown == "homem rei mulher\t\t\nrei rei rei\t\t\n"


def test_json(call):
    asked = "homem rei mulher\n\nnada rei rei\n"
    lines = analogy(call, V, "--json", "-k", "2", stdin=asked).splitlines()
    found = [json.loads(line) for line in lines]
    assert found[0]["words"] == ["homem", "rei", "mulher"]
    assert found[0]["answers"][0]["word"] == "rainha"
    assert [len(one["answers"] or ()) for one in found] == [2, 0, 0]
    assert all(one["reason"] for one in found[1:])


def test_filters_and_case(call, folder):
    (folder / "list.txt").write_text("São Paulo\nRio\n")
    for options, words in (
        (["--first", "4"], {"rainha"}),
        (["--min-count", "20"], {"rainha", "São Paulo"}),
        (["--prefix", "R"], {"Rio"}),
        (["--among", "list.txt"], {"São Paulo", "Rio"}),
    ):
        shown = analogy(call, "lower.safetensors", "homem", "rei", "mulher", *options)
        assert {line.split("\t")[0] for line in shown.splitlines()} == words
    plain = analogy(call, V, "homem", "rei", "mulher")
    assert analogy(call, V, "HOMEM", "Rei", "mulher", "-i") == plain
    assert analogy(call, "lower.safetensors", "HOMEM", "Rei", "mulher") == plain


def test_an_unknown_word_is_said_and_nothing_else(call):
    done = call("vectors", "analogy", V, "homem", "rei", "mulher", "rei", "ranha", "rei")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: the vectors hold no word 'ranha'\n  did you mean 'rainha'?\n"


@pytest.mark.parametrize("line", ["a b", "a b c d", "a\tb", "São Paulo rei homem", "\t"])
def test_a_line_of_another_length_is_located(call, line):
    done = call("vectors", "analogy", V, stdin=f"homem rei mulher\n{line}\n")
    assert done.returncode in (1, 2)
    assert "standard input:2: " in done.stderr
    assert "3 make a question" in done.stderr
