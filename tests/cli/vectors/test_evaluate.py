import json

import pytest
from click.testing import CliRunner

from nlpseq.cli.vectors.evaluate import command as evaluate

VECTORS = "4 2\nhomem 1 0\nmulher 1 1\nrei 2 0\nrainha 2 2\n"
FILES = {
    "v.txt": VECTORS,
    "w.txt": VECTORS.replace("2 2\n", "2 -2\n"),
    "pairs.csv": "a,b,score\nhomem,rei,9\nhomem,mulher,5\nRei,rainha,4\nrei,rainha,4\n",
    "questions.txt": ": family\nhomem mulher rei rainha\nHomem mulher rei rainha\n",
    "categories.txt": "a\thomem\na\trei\nb\tmulher\nb\trainha\n",
    "text.txt": "homem rei mar\n",
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)


def call(*arguments):
    done = CliRunner().invoke(evaluate, arguments)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done


def test_tables():
    done = call(
        "v.txt", "--similarity", "pairs.csv", "--analogy", "questions.txt",
        "--categories", "categories.txt", "--coverage", "text.txt",
    )  # fmt: skip
    assert done.exit_code == 0
    assert done.stderr == ""
    for line in (
        "similarity pairs.csv",
        "pairs               3             4",
        "analogies questions.txt",
        "categorisation categories.txt",
        "purity            1.0000         1.0000",
        "coverage text.txt",
        "most frequent missing: mar 1",
    ):
        assert line in done.stdout.splitlines()
    assert done.stdout.count("nlpseq ") == 4


def test_json_and_options():
    pairs = ("--similarity", "pairs.csv")
    found = [
        json.loads(call("v.txt", *pairs, "--json", *more).stdout)["results"][0]
        for more in ((), ("--ignore-case",), ("--first", "3"), pairs)
    ]
    assert [one["figures"]["known"] for one in found] == [3, 4, 2, 3]
    assert found[0]["vectors"] == "v.txt"
    assert "4 x 2" in found[0]["signature"]
    twice = json.loads(call("v.txt", *pairs, *pairs, "--json").stdout)["results"]
    assert len(twice) == 2


def test_against_other_vectors():
    options = ("--similarity", "pairs.csv", "--analogy", "questions.txt", "--coverage", "text.txt")
    done = call("v.txt", *options, "--against", "w.txt")
    assert done.exit_code == 0
    assert "v.txt: similarity pairs.csv" in done.stdout
    assert "w.txt: similarity pairs.csv" in done.stdout
    assert "v.txt - w.txt: difference pairs.csv" in done.stdout
    assert "v.txt - w.txt: difference questions.txt" in done.stdout
    results = json.loads(call("v.txt", *options, "--against", "w.txt", "--json").stdout)["results"]
    assert [one["kind"] for one in results] == [
        "similarity", "similarity", "comparison", "analogies", "analogies", "comparison",
        "coverage", "coverage",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["v.txt"], 2, "nothing to evaluate on"),
        (["v.txt", "--similarity", "pears.csv"], 2, "did you mean pairs.csv"),
        (["u.txt", "--similarity", "pairs.csv"], 2, "u.txt: no such file"),
        (["v.txt", "--analogy", "pairs.csv"], 1, "pairs.csv:1: 1 words"),
        (["v.txt", "--similarity", "text.txt"], 1, "text.txt: the file holds no pair"),
        (["v.txt", "--similarity", "pairs.csv", "--first", "0"], 2, "--first"),
        ([], 2, "VECTORS"),
    ],
)
def test_misuse(arguments, status, message):
    done = call(*arguments)
    assert done.exit_code == status
    assert message in done.stderr
    assert done.stdout == ""


def test_help_has_an_example():
    done = call("--help")
    assert "nlpseq vectors evaluate v.safetensors --similarity" in done.stdout
