import json

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from nlpseq import checkpoints
from nlpseq.checkpoints import FACTS
from nlpseq.errors import CallError, DataError
from nlpseq.training import checkpoint as module
from nlpseq.training.checkpoint import Checkpoint, Snapshot, Standing
from nlpseq.training.history import Epoch, History
from nlpseq.training.settings import TrainingSettings

SETTINGS = TrainingSettings()
HISTORY = History([Epoch(1, 0.1 + 0.2, None, 1.5, 2.0, 1e-3), Epoch(2, 0.2, -1e-9, 1.5, 2.0, 1e-3)])


def snapshot(update=5, kept=(1, 2)):
    return Snapshot(
        Standing(9, update, 3, 1 / 3, 0.7),
        HISTORY,
        {"a.weight": torch.arange(3.0), "count": torch.tensor(update), "t": torch.ones(2, 3).T},
        {"0.exp_avg": torch.ones(3), "0.step": torch.tensor(5.0)},
        {number: {"a.weight": torch.full((3,), float(number))} for number in kept},
    )


def written(folder, **more):
    one = Checkpoint(folder / "c", "key")
    one.write(SETTINGS, snapshot(**more))
    return one


def test_what_was_written_is_read(tmp_path):
    written(tmp_path)
    read = Checkpoint(tmp_path / "c", "key").read(SETTINGS)
    assert read[:2] == snapshot()[:2]
    assert isinstance(read.history, History)
    for got, wanted in zip(read[2:4], snapshot()[2:4], strict=True):
        assert got.keys() == wanted.keys()
        assert all(torch.equal(got[name], wanted[name]) for name in wanted)
    assert list(read.kept) == [1, 2]
    assert read.kept[2]["a.weight"].tolist() == [2, 2, 2]


def test_where_nothing_was_written_nothing_is_read(tmp_path):
    assert Checkpoint(tmp_path / "c", "key").read(SETTINGS) is None
    Checkpoint(tmp_path / "c", "key").remove()
    assert not list(tmp_path.iterdir())


def test_only_the_newest_stays_and_kept_epochs_are_written_once(tmp_path, monkeypatch):
    one = written(tmp_path)
    (tmp_path / "c" / ".state-01234567.safetensors.89abcdef.tmp").write_text("of a killed process")
    before = (tmp_path / "c" / "epoch-2.safetensors").stat().st_mtime_ns
    one.write(SETTINGS, snapshot(6, kept=(2, 3)))
    names = sorted(path.name for path in (tmp_path / "c").iterdir())
    assert names[:3] == [FACTS, "epoch-2.safetensors", "epoch-3.safetensors"]
    assert len(names) == 4
    assert (tmp_path / "c" / "epoch-2.safetensors").stat().st_mtime_ns == before
    assert Checkpoint(tmp_path / "c", "key").read(SETTINGS).standing.update == 6


@pytest.mark.parametrize("at", ["epoch-3", "state", FACTS])
def test_a_writing_that_breaks_off_leaves_the_checkpoint_before(tmp_path, monkeypatch, at):
    one = written(tmp_path)

    def fails(real, error):
        def write(*arguments):
            if any(at in str(argument) for argument in arguments):
                raise error
            return real(*arguments)

        return write

    full = "No space left on device"
    monkeypatch.setattr(module, "save_file", fails(module.save_file, SafetensorError(full)))
    broken = fails(checkpoints.atomic_write, OSError(28, full))
    monkeypatch.setattr(checkpoints, "atomic_write", broken)
    with pytest.raises((CallError, OSError), match=full):
        one.write(SETTINGS, snapshot(6, kept=(3,)))
    read = Checkpoint(tmp_path / "c", "key").read(SETTINGS)
    assert read.standing.update == 5
    assert list(read.kept) == [1, 2]


def test_what_others_put_into_the_folder_stays(tmp_path):
    one = written(tmp_path)
    (tmp_path / "c" / "notes.txt").write_text("mine")
    one.remove()
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["notes.txt"]


def test_another_training_is_refused(tmp_path):
    written(tmp_path)
    with pytest.raises(CallError, match="other data or another network") as caught:
        Checkpoint(tmp_path / "c", "other").read(SETTINGS)
    assert "another folder" in str(caught.value)
    with pytest.raises(CallError, match=r"with learning_rate 0\.001, not 0\.1"):
        Checkpoint(tmp_path / "c", "key").read(TrainingSettings(learning_rate=0.1))


def test_threads_and_device_may_be_others(tmp_path):
    written(tmp_path)
    assert Checkpoint(tmp_path / "c", "key").read(TrainingSettings(threads=3, device="cuda"))


def change(path, old, new):
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))


def forge(path, **more):
    facts = {**json.loads(path.read_text()), **more}
    del facts["checksum"]
    path.write_text(json.dumps({**facts, "checksum": checkpoints._checksum(facts)}))


def state(folder):
    return next(folder.glob("state-*"))


DAMAGE = {
    "empty": lambda c: (c / FACTS).write_bytes(b""),
    "cut off": lambda c: (c / FACTS).write_bytes((c / FACTS).read_bytes()[:-9]),
    "a list": lambda c: (c / FACTS).write_text("[1]"),
    "no text": lambda c: (c / FACTS).write_bytes(b"\xff\xfe"),
    "deep": lambda c: (c / FACTS).write_text("[" * 100_000),
    "a number changed": lambda c: change(c / FACTS, b'"update": 5', b'"update": 6'),
    "a later version": lambda c: forge(c / FACTS, version=2),
    "a path": lambda c: forge(c / FACTS, state="../state-01234567.safetensors"),
    "a key too many": lambda c: forge(c / FACTS, more=1),
    "no number": lambda c: forge(c / FACTS, standing={"loss": float("nan")}),
    "no state": lambda c: state(c).unlink(),
    "state cut off": lambda c: state(c).write_bytes(state(c).read_bytes()[:-1]),
    "state changed": lambda c: state(c).write_bytes(state(c).read_bytes()[:-1] + b"\x01"),
    "no kept epoch": lambda c: (c / "epoch-2.safetensors").unlink(),
    "another kept epoch": lambda c: save_file({}, c / "epoch-2.safetensors"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_told_with_a_remedy(tmp_path, damage):
    written(tmp_path)
    damage(tmp_path / "c")
    with pytest.raises(DataError, match="the checkpoint is damaged") as caught:
        Checkpoint(tmp_path / "c", "key").read(SETTINGS)
    assert f"delete {tmp_path / 'c'} to train from the start" in str(caught.value)


def test_a_checkpoint_that_does_not_fit_the_network_is_told(tmp_path, job):
    written(tmp_path)
    one = job(figures=())
    one.settings = SETTINGS
    with pytest.raises(DataError, match="does not fit the network"):
        one.run(Checkpoint(tmp_path / "c", "key"))
