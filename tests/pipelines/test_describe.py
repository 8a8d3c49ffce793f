from pathlib import Path

import pytest

from nlpseq.errors import CallError
from nlpseq.pipelines.describe import describe
from nlpseq.pipelines.runner import Pipeline


def test_each_kind_of_thing_is_recognised(folder):
    Pipeline.load("job/tiny.yaml", ["vectors.save=v.txt"]).run()
    (folder / "rows.csv").write_text("review,stars\nbom,5\n")
    described = {
        name: describe(Path(name))
        for name in ("out/model", "job/tiny.yaml", "v.txt", "rows.csv", "job/data/text.txt",
                     "job/data/dev.jsonl")
    }  # fmt: skip
    assert described["out/model"]["what"] == "model"
    assert described["out/model"]["labels"] == "neg, pos"
    assert "accuracy" in described["out/model"]
    assert described["job/tiny.yaml"]["stages"].startswith("corpus, vectors")
    assert described["v.txt"]["dim"] == "6"
    assert described["rows.csv"] == {
        "what": "documents, csv", "documents": "1", "fields": "review, stars",
    }  # fmt: skip
    assert described["job/data/text.txt"]["lines"] == "15"
    assert described["job/data/dev.jsonl"]["documents"] == "4"


@pytest.mark.parametrize("name", ["nothing", ".", "a.bin"])
def test_what_is_not_known_is_said(folder, name):
    (folder / "a.bin").write_bytes(b"\x00\x01")
    with pytest.raises(CallError):
        describe(Path(name))


@pytest.mark.parametrize(
    "text",
    [
        "the 0.1 0.2 0.3\nof 1 2 3\n",
        "2 3\nthe 1 2 3\nof 1 2 3\n",
        "\ufeff2 3\nthe 1 2 3\nof 1 2 3\n",
    ],
)
def test_vectors_are_told_from_text_by_content(tmp_path, text):
    (tmp_path / "x.txt").write_text(text)
    assert describe(tmp_path / "x.txt")["dim"] == "3"
    (tmp_path / "x.txt").write_text("one line\nand another one\n")
    assert describe(tmp_path / "x.txt")["what"] == "plain text"
