import json
import random

import pytest
import safetensors.torch
import torch

import nlpseq
from nlpseq.errors import CallError, DataError, NlpseqError
from nlpseq.models import folder
from nlpseq.models.classify import Classifier, ClassifierSettings
from nlpseq.text.vocabulary import Vocabulary

READ = ("config.json", "model.safetensors", "vocabulary.txt", "labels.txt")


@pytest.fixture
def saved(tmp_path):
    settings = ClassifierSettings(dim=3, hidden=2)
    model = Classifier(Vocabulary(["a", "b"]), ["no", "yes"], settings)
    model.save(tmp_path / "m")
    return tmp_path / "m"


def reseal(path):
    """Make a forged folder's hashes right again, as an attacker would."""
    config = json.loads((path / "config.json").read_text())
    config.pop("checksum")
    config["sha256"] = {name: folder.content_hash(path / name) for name in READ[1:]}
    config["checksum"] = folder._checksum(config)
    (path / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize("name", READ)
def test_any_changed_byte_is_noticed_and_named(saved, name):
    content = (saved / name).read_bytes()
    positions = random.Random(1).sample(range(len(content)), 25)
    for position in positions:
        changed = bytearray(content)
        changed[position] ^= 0x04
        (saved / name).write_bytes(changed)
        try:
            nlpseq.load(saved)
        except NlpseqError as error:
            assert str(saved) in str(error.where)
            if name != "config.json":
                assert error.where == str(saved / name)
                assert error.remedy
        else:  # only white space between the keys of config.json means nothing
            assert json.loads(bytes(changed)) == json.loads(content)
    (saved / name).write_bytes(content)
    nlpseq.load(saved)


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("harm", ["missing", "cut", "empty"])
def test_a_missing_or_cut_file_is_named(saved, name, harm):
    path = saved / name
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] if harm == "cut" and name != "config.json" else b"")
    with pytest.raises(NlpseqError) as error:
        nlpseq.load(saved)
    assert name in str(error.value)


@pytest.mark.parametrize("name", ["metrics.json", "README.md"])
def test_people_may_edit_the_card(saved, name):
    (saved / name).write_text("mine")
    nlpseq.load(saved)


@pytest.mark.parametrize(
    ("key", "value"),
    [("hidden", 4096), ("dim", 4096), ("hidden", 10**12), ("layers", 10**9), ("pooling", "pickle"),
     ("hidden", "2"), ("surprise", 1)],
)  # fmt: skip
def test_forged_settings_are_refused_before_memory_is_taken(saved, key, value):
    config = json.loads((saved / "config.json").read_text())
    config["settings"]["network"][key] = value
    (saved / "config.json").write_text(json.dumps(config))
    reseal(saved)
    with pytest.raises(DataError) as error:
        nlpseq.load(saved)
    assert str(saved) in error.value.where


def test_forged_words_are_refused(saved):
    Vocabulary(["a"]).save(saved / "vocabulary.txt")
    reseal(saved)
    with pytest.raises(DataError, match=r"embedding\.weight"):
        nlpseq.load(saved)


def test_weights_that_are_not_safetensors_are_refused(saved):
    torch.save({"output.bias": torch.zeros(2)}, saved / "model.safetensors")
    reseal(saved)
    with pytest.raises(DataError, match="not a safetensors file"):
        nlpseq.load(saved)


def test_weights_of_another_network_are_refused(saved):
    safetensors.torch.save_file({"w": torch.zeros(1)}, saved / "model.safetensors")
    reseal(saved)
    with pytest.raises(DataError, match="has shape"):
        nlpseq.load(saved)


def test_other_versions_and_tasks_are_told_apart(saved):
    config = json.loads((saved / "config.json").read_text())
    for key, value, message in (("version", 1, "version 1"), ("task", "dance", "'dance'")):
        (saved / "config.json").write_text(json.dumps({**config, key: value}))
        if key == "task":
            reseal(saved)
        with pytest.raises(DataError, match=message) as error:
            nlpseq.load(saved)
        assert error.value.remedy


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "model.pkl"])
def test_no_name_but_that_of_a_part_is_followed(saved, name):
    config = json.loads((saved / "config.json").read_text())
    config.pop("checksum")
    config["sha256"][name] = "0" * 64
    config["checksum"] = folder._checksum(config)
    (saved / "config.json").write_text(json.dumps(config))
    with pytest.raises(DataError, match="no part of a model"):
        nlpseq.load(saved)


def test_a_part_that_the_task_needs(saved):
    config = json.loads((saved / "config.json").read_text())
    config.pop("checksum")
    del config["sha256"]["labels.txt"]
    config["checksum"] = folder._checksum(config)
    (saved / "config.json").write_text(json.dumps(config))
    with pytest.raises(DataError, match="missing") as error:
        nlpseq.load(saved)
    assert error.value.where == str(saved / "labels.txt")


@pytest.mark.parametrize("content", ["[]", "{", "{}", '{"format": 1}', "[" * 100_000])
def test_a_config_that_is_none_of_ours(saved, content):
    (saved / "config.json").write_text(content)
    with pytest.raises(DataError):
        nlpseq.load(saved)
    assert not folder.is_model(saved)


def test_all_files_can_be_read_by_the_same_people(saved):
    assert len({path.stat().st_mode for path in saved.iterdir()}) == 1


def test_no_model_there(tmp_path):
    for path, message in ((tmp_path, "no config.json"), (tmp_path / "x", "no such folder")):
        with pytest.raises(CallError, match=message):
            nlpseq.load(path)


def test_a_write_that_fails_leaves_the_old_model(saved, monkeypatch):
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    model = nlpseq.load(saved)

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(safetensors.torch, "save_file", fail)
    with pytest.raises(OSError, match="No space"):
        model.save(saved, replace=True)
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before
    assert [path.name for path in saved.parent.iterdir()] == ["m"]


def test_a_disk_that_is_full_is_told_and_leaves_the_old_model(saved):
    resource = pytest.importorskip("resource")
    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    model = nlpseq.load(saved)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    small = (saved / folder.WEIGHTS).stat().st_size - 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (small, limits[1]))
    try:
        with pytest.raises(DataError, match=r"cannot be written: .*File too large"):
            model.save(saved, replace=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before
    assert [path.name for path in saved.parent.iterdir()] == ["m"]
