import json

import numpy as np
import pytest

from nlpseq import Vectors
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
