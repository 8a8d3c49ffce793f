"""The main job on the sample data that the project ships: what its figures are to mean."""

import gzip
import subprocess
import sys

import pytest

from nlpseq.pipelines import shipped
from nlpseq.pipelines.runner import Pipeline
from nlpseq.text.corpus import read

SAMPLES = shipped.names()["quickstart"].parent / "samples"


@pytest.fixture(scope="module")
def accuracy(tmp_path_factory):
    """Run the quickstart with overrides: its accuracy and the majority class' share."""

    def run(*overrides):
        to = tmp_path_factory.mktemp("quickstart") / "model"
        job = Pipeline.load("quickstart", [*overrides, f"export.to={to}"])
        figures = job.run().artefacts[13].report.figures
        return figures["accuracy"], figures["majority"]

    return run


def test_vectors_of_the_sample_beat_random_ones(accuracy):
    with_vectors, majority = accuracy()
    learned, _ = accuracy("classifier.embedding=learned", "classifier.training.epochs=4")
    assert with_vectors >= majority + 0.15
    assert with_vectors >= learned + 0.05


def test_development_texts_are_new():
    train, dev = (
        {document.text for document in read(SAMPLES / f"reviews-{part}.jsonl", label="label")}
        for part in ("train", "dev")
    )
    assert len(train) == 4000
    assert len(dev) == 1000
    assert not train & dev


def test_the_generator_makes_the_shipped_files(tmp_path):
    """It refuses by itself where two files would share a template."""
    subprocess.run([sys.executable, SAMPLES / "generate.py", tmp_path], check=True)
    for name in ("reviews-train.jsonl", "reviews-dev.jsonl"):
        assert (tmp_path / name).read_bytes() == (SAMPLES / name).read_bytes()
    name = "sentences.txt.gz"  # another zlib may pack the same text in other bytes
    assert gzip.decompress((tmp_path / name).read_bytes()) == (
        gzip.decompress((SAMPLES / name).read_bytes())
    )
