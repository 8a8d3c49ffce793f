"""The stage ``classifier``."""

import json

import pytest
from pydantic import ValidationError

import nlpseq
from nlpseq.errors import CallError
from nlpseq.pipelines.runner import Pipeline
from nlpseq.pipelines.stages import ClassifierStage

LINEAR = ["classifier.linear=0.5"]


def test_a_share_of_the_baseline_needs_one():
    with pytest.raises(ValidationError, match="baseline is false"):
        ClassifierStage(linear=0.5, baseline=False)


def test_the_baseline_answers_too(folder):
    Pipeline.load("job/tiny.yaml", LINEAR).run(threads=1)
    model = nlpseq.load("out/model")
    assert model.settings.linear == 0.5
    assert [answer.label for answer in model.predict(["o filme é ruim", "a sala é ótimo"])]


def test_it_does_not_with_several_labels(folder):
    for name in ("train", "dev"):
        rows = [{"text": "a b", "label": ["x", "y"]}, {"text": "a", "label": []}]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"job/data/{name}.jsonl").write_text(lines, encoding="utf-8")
    with pytest.raises(CallError, match="documents have several labels"):
        Pipeline.load("job/tiny.yaml", [*LINEAR, "corpus.multilabel=true"]).run(threads=1)
