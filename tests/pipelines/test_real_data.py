import gzip
import itertools

import pytest

from nlpseq.pipelines.runner import Pipeline
from nlpseq.text.corpus import read

pytestmark = pytest.mark.data


def test_film_reviews_are_read_whole(data):
    labels = [d.label for d in read(data / "imdb/train.jsonl.gz", label="label")]
    assert len(labels) == 25_000
    assert set(labels) == {"neg", "pos"}


def test_the_way_on_a_part_of_the_film_reviews(data, tmp_path):
    for source, name, lines in (("train.jsonl", "train.jsonl", 3000),
                                ("unsupervised.txt", "text.txt", 6000)):  # fmt: skip
        with gzip.open(data / f"imdb/{source}.gz", "rb") as file:
            (tmp_path / name).write_bytes(b"".join(itertools.islice(file, lines)))
    overrides = [
        f"corpus.train={tmp_path}/train.jsonl", "corpus.hold_out=500",
        f"vectors.text={tmp_path}/text.txt", "vectors.epochs=3",
        "classifier.max_length=120", "classifier.hidden=16", "classifier.training.epochs=6",
        "classifier.training.learning_rate=0.003",
        f"export.to={tmp_path}/model",
    ]  # fmt: skip
    figures = Pipeline.load("sentiment", overrides).run().artefacts[13].report.figures
    assert figures["rows"] == 500
    assert figures["accuracy"] > 0.65


@pytest.mark.parametrize(("source", "target"), [("en", "de"), ("pt", "en")])
def test_two_words_change_the_languages_of_a_translation(
    data, tmp_path, monkeypatch, source, target
):
    monkeypatch.chdir(tmp_path)
    languages = [f"variables.from={source}", f"variables.to={target}"]
    small = [
        f"variables.data={data}/multi30k", "pairs.limit=300", "units.size=600",
        "translator.hidden=32", "translator.layers=1", "translator.search.beam=1",
        "translator.max_length=20", "translator.training.epochs=1",
    ]  # fmt: skip
    run = Pipeline.load("translate-en-pt", [*languages, *small]).run(threads=1)
    with gzip.open(data / f"multi30k/val.{target}.gz", "rt", encoding="utf-8") as file:
        first = next(file).rstrip("\n")
    assert run.artefacts[13].corpus.dev[0].target == first
    assert (tmp_path / f"models/translate-{source}-{target}").is_dir()
    assert "bleu" in run.artefacts[13].report.figures
