"""A whole pipeline, small enough to run in a second."""

import json
from pathlib import Path

import pytest

ROWS = [
    {"text": f"{subject} {verdict}", "label": label}
    for subject in ("o filme", "a história", "este livro", "o ator", "a sala")
    for verdict, label in (("é ótimo", "pos"), ("é ruim", "neg"), ("me agradou", "pos"))
]
PIPELINE = """\
name: tiny
seeds: [3]
stages:
  - corpus: {train: data/train.jsonl, dev: data/dev.jsonl}
  - vectors: {train: skip-gram, text: data/text.txt, dim: 6, min_count: 1, epochs: 1}
  - vocabulary:
      min_count: 1
  - classifier:
      embedding: tuned
      hidden: 3
      training: {epochs: 2, batch_size: 4}
  - evaluate: {split: dev}
  - export: {to: out/model}
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are kept in the current folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty but for ``job/``: a pipeline file and its data."""
    job = tmp_path / "job"
    (job / "data").mkdir(parents=True)
    for name, rows in (("train", ROWS), ("dev", ROWS[:4])):
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (job / "data" / f"{name}.jsonl").write_text(content, encoding="utf-8")
    text = "".join(row["text"] + "\n" for row in ROWS)
    (job / "data" / "text.txt").write_text(text, encoding="utf-8")
    (job / "tiny.yaml").write_text(PIPELINE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path
