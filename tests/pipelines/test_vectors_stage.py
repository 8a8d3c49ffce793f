import json
import signal

import numpy as np
import pytest

from nlpseq import Vectors
from nlpseq.embeddings.train.settings import METHODS
from nlpseq.errors import CallError
from nlpseq.hub.places import cache_folder
from nlpseq.pipelines.runner import Pipeline
from nlpseq.pipelines.stages.base import Artefacts, Job
from nlpseq.pipelines.stages.vectors import VectorsStage

MATRIX = np.arange(12, dtype=np.float32).reshape(4, 3)


@pytest.fixture
def saved(tmp_path):
    vectors = Vectors(["rei", "0000", "mar", "céu"], MATRIX)

    def save(name):
        vectors.save(tmp_path / name)
        return str(tmp_path / name)

    return save


def opened(**options):
    artefacts, figures = VectorsStage(**options).run(Artefacts(), Job())
    return artefacts.vectors, figures


@pytest.mark.parametrize("name", ["v.safetensors", "v.txt", "v.bin", "v.txt.zst"])
def test_any_format_opens(saved, name):
    vectors, figures = opened(open=saved(name))
    assert np.array_equal(vectors.matrix, MATRIX)
    assert (figures["words"], figures["dim"]) == (4, 3)


def test_recipe_and_first(saved):
    vectors, _ = opened(open=saved("v.txt"), recipe="nilc", first=2)
    assert list(vectors.words) == ["rei", "0000"]
    assert vectors["1999"].tolist() == [3, 4, 5]


def test_what_is_opened_can_be_saved_as_a_store(saved, tmp_path):
    opened(open=saved("v.txt"), recipe="lower", save=str(tmp_path / "w.safetensors"))
    assert Vectors.open(tmp_path / "w.safetensors").recipe == "lower"


def test_a_path_beside_the_file_comes_before_a_name(tmp_path, saved):
    saved("plain")
    context = {"folder": tmp_path, "shell": set()}
    stage = VectorsStage.model_validate({"open": "plain"}, context=context)
    assert stage.open == str(tmp_path / "plain")
    assert list(stage.inputs()) == ["open"]
    for name in ("glove-6b-100d", "hf://owner/name"):
        stage = VectorsStage.model_validate({"open": name}, context=context)
        assert stage.open == name
        assert not stage.inputs()


def test_training_is_kept_with_the_vectors_and_no_path(tmp_path):
    (tmp_path / "text.txt").write_text("o rei e o mar\n" * 9)
    vectors, _ = opened(train="skip-gram", text=str(tmp_path / "text.txt"), dim=5, epochs=2)
    told = json.loads(vectors.about["training"])
    assert (told["dim"], told["epochs"], told["seed"]) == (5, 2, 0)
    assert not any(str(tmp_path) in value for value in vectors.about.values())


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("O rei, o mar e a rainha\nA rainha e o rei\n" * 9, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("method", METHODS)
def test_each_method_trains(text, method):
    own = {"fasttext": {"buckets": 50}}.get(method, {})
    vectors, figures = opened(train=method, text=text, dim=5, epochs=2, recipe="lower", **own)
    assert vectors.about["method"] == method
    assert vectors.recipe == "lower"
    assert {"o", "rei", ",", "rainha"} <= set(vectors.words)
    assert figures["tokens"] == 9 * (8 + 5)
    assert figures["words/s"] > 0


def test_text_is_cut_as_it_is_told(text):
    vectors, _ = opened(train="skip-gram", text=text, dim=5, tokenizer="whitespace")
    assert "rei," in vectors.words
    vectors, _ = opened(train="skip-gram", text=text, dim=5, punctuation=False)
    assert set(vectors.words) == {"O", "A", "rei", "o", "mar", "e", "a", "rainha"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("train: skip-gram, text: t.txt, min_n: 2", "min_n: for fasttext only, of no effect on"),
        ("train: skip-gram, text: t.txt, dim: 0", "dim: should be greater than or equal to 1"),
        ("train: skip-gram, text: t.txt, dim: x", "dim: should be a valid integer, not 'x'"),
        ("train: skip-gram, text: t.txt, dim: null", "dim: should be a valid integer, not None"),
        ("train: skip-gram, text: t.txt, diem: 9", "diem: unknown key"),
        ("train: word2vec, text: t.txt, dim: 9", "train: 'word2vec' is none of 'skip-gram'"),
    ],
)
def test_a_wrong_option_has_its_line(tmp_path, options, told):
    lines = "\n".join(f"      {option}" for option in options.split(", "))
    (tmp_path / "p.yaml").write_text(f"name: p\nstages:\n  - vectors:\n{lines}\n")
    with pytest.raises(CallError, match=told) as caught:
        Pipeline.load(tmp_path / "p.yaml")
    line = 4 if "word2vec" in options else 6
    assert caught.value.where == f"{tmp_path / 'p.yaml'}:{line}"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"open": "v.txt", "train": "cbow"}, "give one of open and train"),
        ({"open": "v.txt", "min_n": 2}, "min_n: for training only"),
        ({"train": "cbow", "first": 2}, "first: for open only"),
        ({"train": "cbow", "recipe": "lower"}, "recipe: for text only"),
        ({"train": "cbow", "tokenizer": "rules", "field": "x"}, "field, tokenizer: for text only"),
        ({"train": "cbow", "text": "a", "language": "pt"}, "language is for the kind spacy"),
        ({"train": "fasttext", "text": "a", "min_n": 5, "max_n": 3}, "3 is less than min_n, 5"),
    ],
)
def test_options_that_cannot_be_together(options, told):
    with pytest.raises(ValueError, match=told):
        VectorsStage(**options)


def test_what_was_cut_off_goes_on_when_it_is_run_again(text, tmp_path, monkeypatch, caplog):
    from nlpseq.embeddings.train.methods.cbow import Cbow

    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "cache"))
    options = {"train": "cbow", "text": text, "dim": 5, "epochs": 4}
    whole, figures = opened(**options)
    assert "words/s" in figures
    step = Cbow.step

    def cut(self, epoch, *rest):
        if epoch == 2:
            signal.raise_signal(signal.SIGINT)
        return step(self, epoch, *rest)

    monkeypatch.setattr(Cbow, "step", cut)
    with pytest.raises(KeyboardInterrupt):
        opened(**options)
    [kept] = (cache_folder() / "trainings").iterdir()
    monkeypatch.setattr(Cbow, "step", step)
    opened(**{**options, "window": 2})  # another training, which leaves it alone
    assert (kept / "checkpoint.json").exists()
    caplog.set_level("INFO", "nlpseq")
    again, figures = opened(**options)
    assert "goes on after" in caplog.text
    assert "words/s" not in figures
    assert np.array_equal(whole.matrix, again.matrix)
    assert not any((cache_folder() / "trainings").iterdir())


def test_a_matrix_may_vary_the_method(text, tmp_path):
    (tmp_path / "p.yaml").write_text(
        "name: p\nstages:\n  - vectors: {train: cbow, text: text.txt, dim: 4, epochs: 1}\n"
        "matrix:\n  vectors.train: [skip-gram, cbow]\n"
    )
    run = Pipeline.load(tmp_path / "p.yaml").run(threads=1)
    assert len(run.outcomes) == 2
    assert all(outcome.stages[0].figures["dim"] == 4 for outcome in run.outcomes)
