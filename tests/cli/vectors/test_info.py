"""``nlpseq vectors info`` as users call it."""

import gzip
import json

import numpy as np
import pytest
from click.testing import CliRunner

from nlpseq.cli import main
from nlpseq.embeddings.rows import Rows
from nlpseq.embeddings.subwords import Subwords
from nlpseq.embeddings.vectors import Vectors


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "cache"))
    return tmp_path


def made(**more):
    matrix = np.random.default_rng(0).normal(size=(1200, 3)).astype(np.float32)
    return Vectors([f"w{i}" for i in range(1200)], matrix, **more)


def info(call, *arguments, **options):
    done = call("vectors", "info", *arguments, **options)
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


def properties(shown):
    return {k: v.strip() for k, _, v in (line.partition("  ") for line in shown.splitlines())}


def test_all_that_a_store_knows(call, folder):
    matrix = np.ones((77, 3), dtype=np.float32)
    made(
        recipe="nilc",
        counts=np.arange(1200) * 10,
        subwords=Subwords(Rows(matrix), 3, 6),
        about={"source": "corpus.txt", "licence": "CC BY-SA 4.0 © ção", "training": "skip-gram"},
    ).save(folder / "v.safetensors", precision="int8")
    shown = info(call, "v.safetensors")
    found = json.loads(info(call, "v.safetensors", "--json"))
    assert found == {
        "words": "1,200",
        "dim": "3",
        "precision": "int8",
        "recipe": "nilc",
        "subwords": "3 to 6 characters, 77 rows",
        "tokens": "7,194,000",
        "source": "corpus.txt",
        "licence": "CC BY-SA 4.0 © ção",
        "training": "skip-gram",
        "first words": " ".join(f"w{i}" for i in range(10)),
    }
    assert properties(shown) == found


def test_foreign_files(call, folder):
    made().save(folder / "v.txt", format="glove")
    expected = json.loads(info(call, "v.txt", "--json"))
    assert expected["words"] == "1,200"
    assert expected["precision"] == "float32"
    assert "licence" not in expected
    (folder / "v.gz").write_bytes(gzip.compress((folder / "v.txt").read_bytes()))
    made().save(folder / "v.bin")
    for name in ("v.gz", "v.bin"):
        assert json.loads(info(call, name, "--json", "--no-cache")) == expected
    content = (folder / "v.txt").read_bytes()
    assert json.loads(info(call, "-", "--json", stdin=content)) == expected
    assert not (folder / "cache").exists()


def test_words_of_every_kind_are_shown(call, folder):
    words = ["a b", "\t", "\x1b[31m", "\u2028", "🙂", "\u202e"]
    Vectors(words, np.ones((6, 2), dtype=np.float32)).save(folder / "v.safetensors")
    found = json.loads(info(call, "v.safetensors", "--json"))
    assert found["first words"] == " ".join(words)
    assert "words" in info(call, "v.safetensors")


@pytest.mark.parametrize(
    ("content", "status", "message"),
    [
        (b"", 1, "the file is empty"),
        (b"<html>\n", 1, "v:1: no numbers in this row\n  is this a file of word vectors?"),
        (b"\x89PNG\r\n\x1a\n\0", 1, "v: no format of vectors that nlpseq reads"),
        (b"a 1 2\nb 1 x\n", 1, "v:2: 'x' is no finite number\n  repair (--repair) mends"),
        (b"\x80\x04.", 2, "v: a pickle of gensim, which can run code"),
    ],
)
def test_a_file_that_is_none(folder, monkeypatch, content, status, message):
    (folder / "v").write_bytes(content)
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(main, ["vectors", "info", "v"])
    assert (done.exit_code, done.stdout) == (status, "")
    assert message in done.stderr
