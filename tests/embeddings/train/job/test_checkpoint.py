import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from nlpseq import checkpoints
from nlpseq.checkpoints import FACTS
from nlpseq.embeddings.train.job import checkpoint as module
from nlpseq.embeddings.train.job.checkpoint import Checkpoint, Snapshot, Standing
from nlpseq.embeddings.train.job.history import Epoch
from nlpseq.errors import CallError, DataError

OPTIONS = {
    "method": "skip-gram", "dim": 5, "rate": 0.1, "max_vocab": None, "corpus": "1a", "start": "2b",
    "pinned": "3c", "evaluation": "4d",
}  # fmt: skip
HISTORY = [
    Epoch(1, 0.1 + 0.2, 1.5, 2.0, {"t.csv": None}, 0.0),
    Epoch(2, None, 1.5, 2.0, {"t.csv": -0.1}, -0.1),
]


def arrays(fill=0.0):
    """One that has gaps between its rows, one of a row, one of nothing, one of doubles."""
    return {
        "inputs": np.full((9, 8), fill, np.float32)[:, :5],
        "line": np.full(3, fill, np.float64),
        "none": np.zeros((0, 4), np.float32),
        "ids": np.full((2, 2), fill, np.int64),
    }


def snapshot(step=5, history=HISTORY, best=None):
    best = {"matrix": np.arange(6, dtype=np.float32).reshape(2, 3)} if best is None else best
    return Snapshot(Standing(step, 50, 1 / 3, 7.0, 0.7), list(history), best)


def written(folder, fill=2.0, **more):
    one = Checkpoint(folder / "c", OPTIONS, seconds=0)
    one.write(arrays(fill), snapshot(**more))
    return one


def read(folder, into=None, **options):
    into = arrays() if into is None else into
    return Checkpoint(folder / "c", {**OPTIONS, **options}).read(into)


def test_what_was_written_is_read(tmp_path):
    written(tmp_path)
    into = arrays()
    found = read(tmp_path, into)
    assert found[:2] == snapshot()[:2]
    assert all(isinstance(epoch, Epoch) for epoch in found.history)
    for name, array in arrays(2.0).items():
        assert np.array_equal(into[name], array)
    assert found.best.keys() == {"matrix"}
    assert np.array_equal(found.best["matrix"], snapshot().best["matrix"])


def test_more_than_a_block(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 50)
    random = np.random.default_rng(0)
    given = {"a": random.random((7, 9)), "b": random.random(33).astype(np.float32)}
    Checkpoint(tmp_path / "c", {}).write(given, snapshot(best={}), wait=True)
    into = {name: np.zeros_like(array) for name, array in given.items()}
    Checkpoint(tmp_path / "c", {}).read(into)
    assert all(np.array_equal(into[name], given[name]) for name in given)


def test_any_safetensors_library_reads_the_arrays(tmp_path):
    written(tmp_path)
    found = load_file(next((tmp_path / "c").glob("state-*")))
    assert found.keys() == arrays().keys()
    assert all(np.array_equal(found[name], array) for name, array in arrays(2.0).items())


def test_where_nothing_was_written_nothing_is_read(tmp_path):
    assert read(tmp_path) is None
    Checkpoint(tmp_path / "c", OPTIONS).remove()
    assert not list(tmp_path.iterdir())


def test_only_the_newest_stays_and_the_best_epoch_is_written_once(tmp_path):
    one = written(tmp_path)
    folder = tmp_path / "c"
    (folder / ".checkpoint.json.89abcdef.tmp").write_text("of a killed process")
    best = folder / "epoch-1.safetensors"
    before = best.stat().st_mtime_ns
    one.write(arrays(3.0), snapshot(6))
    assert best.stat().st_mtime_ns == before
    assert len(list(folder.iterdir())) == 3
    better = [*HISTORY, Epoch(3, 0.1, 1.0, 1.0, {}, 0.5)]
    one.write(arrays(3.0), snapshot(6, better))
    assert sorted(path.name for path in folder.iterdir())[:2] == [FACTS, "epoch-3.safetensors"]
    one.write(arrays(3.0), snapshot(7, best={}))
    assert len(list(folder.iterdir())) == 2
    assert read(tmp_path).best == {}


@pytest.mark.parametrize("at", ["epoch-3", "state", FACTS])
def test_a_writing_that_breaks_off_leaves_the_checkpoint_before(tmp_path, monkeypatch, at):
    one = written(tmp_path)
    names = {path.name for path in (tmp_path / "c").iterdir()}

    def fails(real):
        def write(path, *more):
            if at in str(path):
                raise OSError(28, "No space left on device")
            return real(path, *more)

        return write

    with monkeypatch.context() as patch:
        patch.setattr(module, "_save", fails(module._save))
        patch.setattr(checkpoints, "atomic_write", fails(checkpoints.atomic_write))
        better = [*HISTORY, Epoch(3, 0.1, 1.0, 1.0, {}, 0.5)]
        with pytest.raises(OSError, match="No space"):
            one.write(arrays(3.0), snapshot(6, better))
    assert {path.name for path in (tmp_path / "c").iterdir()} == names
    assert read(tmp_path).standing.step == 5
    one.write(arrays(3.0), snapshot(6, better))
    assert read(tmp_path).standing.step == 6
    assert read(tmp_path).best


def test_what_others_put_into_the_folder_stays(tmp_path):
    one = written(tmp_path)
    (tmp_path / "c" / "notes.txt").write_text("mine")
    one.remove()
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"dim": 7}, "with dim 5, not 7"),
        ({"max_vocab": 9}, "with max_vocab None, not 9"),
        ({"method": "cbow", "dim": 7}, "with the method skip-gram, not cbow"),
        ({"corpus": "9f"}, "on another corpus"),
        ({"start": None}, "from other vectors"),
        ({"pinned": "9f"}, "with other pinned words"),
        ({"evaluation": None}, "with another evaluation"),
    ],
)
def test_another_training_is_refused_by_the_option_that_differs(tmp_path, options, told):
    written(tmp_path)
    into = arrays(1.0)
    with pytest.raises(CallError, match=f"the checkpoint here is of a training {told}") as caught:
        read(tmp_path, into, **options)
    assert "another folder" in str(caught.value)
    assert all((array == 1).all() for array in into.values())


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
    "deep": lambda c: (c / FACTS).write_text("[" * 100_000),
    "a number changed": lambda c: change(c / FACTS, b'"step": 5', b'"step": 6'),
    "a later version": lambda c: forge(c / FACTS, version=2),
    "a path": lambda c: forge(c / FACTS, state="../state-01234567.safetensors"),
    "other arrays": lambda c: forge(c / FACTS, arrays={"inputs": ["F32", [9, 4]]}),
    "an unknown type": lambda c: forge(c / FACTS, best={"matrix": ["F8", [2, 3]]}),
    "a huge best": lambda c: forge(c / FACTS, best={"matrix": ["F32", [1 << 40, 1 << 20]]}),
    "sizes below 0": lambda c: forge(c / FACTS, best={"matrix": ["F32", [-2, -3]]}),
    "another shape of the best": lambda c: forge(c / FACTS, best={"matrix": ["F32", [3, 2]]}),
    "no best in no epoch": lambda c: forge(c / FACTS, history=[]),
    "no state": lambda c: state(c).unlink(),
    "state cut off": lambda c: state(c).write_bytes(state(c).read_bytes()[:-1]),
    "state changed": lambda c: state(c).write_bytes(state(c).read_bytes()[:-1] + b"\x01"),
    "no best": lambda c: (c / "epoch-1.safetensors").unlink(),
    "best cut off": lambda c: (c / "epoch-1.safetensors").write_bytes(b"\0" * 9),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_told_with_a_remedy(tmp_path, damage):
    written(tmp_path)
    damage(tmp_path / "c")
    with pytest.raises(DataError, match="the checkpoint is damaged") as caught:
        read(tmp_path)
    assert f"delete {tmp_path / 'c'} to train from the start" in str(caught.value)
