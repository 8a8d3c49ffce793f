"""A training that was cut off and taken up ends as one that was not, byte for byte."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load

from nlpseq.checkpoints import FACTS
from nlpseq.training.checkpoint import Checkpoint

EVERYTHING = {
    "plain": {},
    "adamw": {"optimizer": "adamw", "weight_decay": 0.1},
    "sgd": {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.1},
    "sgd without momentum": {"optimizer": "sgd"},
    "rmsprop": {"optimizer": "rmsprop", "clip_value": 0.1},
    "step": {"schedule": "step", "warmup": 4},
    "plateau": {"schedule": "plateau", "figures": (0.5, 0.4, 0.3)},
    "inverse-sqrt": {"schedule": "inverse-sqrt", "warmup": 4},
    "cosine": {"schedule": "cosine", "warmup": 4},
    "accumulation": {"accumulate": 2},
    "bf16": {"precision": "bf16"},
    "last": {"keep": "last"},
    "average": {"keep": "average", "average": 2},
    "no development data": {"figures": ()},
    "average without development data": {"keep": "average", "average": 2, "figures": ()},
    "stopped early": {"patience": 1, "epochs": 5, "figures": (0.5, 0.4)},
    "frozen throughout": {"thaw": 99, "optimizer": "adamw", "weight_decay": 0.1},
}


class CutOffError(Exception):
    pass


def cut_after(steps):
    def at(step):
        if step > steps:
            raise CutOffError

    return at


class Figures:
    """Go on where the history stands, as a development set does."""

    def __init__(self, figures, folder):
        self.figures, self.folder = figures, folder

    def __iter__(self):
        facts = self.folder / FACTS
        done = len(json.loads(facts.read_text())["history"]) if facts.exists() else 0
        return iter(self.figures[done:])


def figures_of(history):
    return [(e.number, e.loss, e.figure, e.learning_rate) for e in history]


@pytest.mark.parametrize("steps", [2, 6])
@pytest.mark.parametrize("options", EVERYTHING.values(), ids=EVERYTHING)
def test_cut_off_again_and_again_it_ends_as_if_it_never_was(job, tmp_path, options, steps):
    whole = job(**options)
    wanted = whole.run()
    folder = tmp_path / "checkpoint"
    if options.get("figures"):
        options = {**options, "figures": Figures(options["figures"], folder)}
    pieces = 0
    while True:
        piece = job(**options)
        pieces += 1
        try:
            weights = piece.run(Checkpoint(folder, "key", seconds=0), cut_after(steps))
            break
        except CutOffError:
            assert pieces < 40
    assert pieces > 1
    assert weights == wanted
    assert figures_of(piece.history) == figures_of(whole.history)
    assert not folder.exists()


def test_what_was_not_yet_in_a_checkpoint_is_done_again(job, tmp_path):
    wanted = job().run()
    with pytest.raises(CutOffError):
        job().run(Checkpoint(tmp_path / "c", "key", seconds=0), cut_after(7))
    with pytest.raises(CutOffError):  # no checkpoint is due in so short a time
        job().run(Checkpoint(tmp_path / "c", "key"), cut_after(6))
    last = job()
    assert last.run(Checkpoint(tmp_path / "c", "key")) == wanted
    assert last.steps == 15 - 7


@pytest.mark.parametrize("step", [1, 5, 7, 15])
def test_ctrl_c_finishes_the_update_and_keeps_it(job, tmp_path, heeded, step):
    def press(at):
        if at == step:
            signal.raise_signal(signal.SIGINT)

    wanted = job().run()
    with pytest.raises(KeyboardInterrupt):
        job().run(Checkpoint(tmp_path / "c", "key"), press)
    resumed = job()
    assert resumed.run(Checkpoint(tmp_path / "c", "key")) == wanted
    assert resumed.steps == 15 - step


def test_ctrl_c_in_a_validation_keeps_the_epoch(job, tmp_path, heeded):
    def press():
        signal.raise_signal(signal.SIGINT)

    wanted = job().run()
    with pytest.raises(KeyboardInterrupt):
        job().run(Checkpoint(tmp_path / "c", "key"), in_validation=press)
    resumed = job()
    assert resumed.run(Checkpoint(tmp_path / "c", "key")) == wanted
    assert resumed.steps == 10


def test_a_second_ctrl_c_leaves_the_checkpoint_before(job, tmp_path, heeded):
    """In the midst of an update the running figures have moved and the weights have not."""

    def press_twice(at):
        if at == 7:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    wanted = job().run()
    with pytest.raises(CutOffError):
        job().run(Checkpoint(tmp_path / "c", "key", seconds=0), cut_after(5))
    with pytest.raises(KeyboardInterrupt):
        job().run(Checkpoint(tmp_path / "c", "key"), press_twice)
    resumed = job()
    assert resumed.run(Checkpoint(tmp_path / "c", "key")) == wanted
    assert resumed.steps == 10


def test_time_spent_before_counts(job, tmp_path):
    with pytest.raises(CutOffError):
        job().run(Checkpoint(tmp_path / "c", "key", seconds=0), cut_after(4))
    file = tmp_path / "c" / FACTS
    before = json.loads(file.read_text())["standing"]["seconds"]
    resumed = job()
    resumed.run(Checkpoint(tmp_path / "c", "key"))
    first = resumed.history[0]
    assert first.seconds > before > 0
    assert first.rows_per_second == pytest.approx(14 / first.seconds)


def test_progress_and_records_start_from_where_it_was(job, tmp_path):
    class Counted:
        done = 0

        def task(self, description, total):
            self.total = total
            return self

        __enter__ = lambda self: self  # noqa: E731
        __exit__ = lambda self, *_: None  # noqa: E731

        def advance(self, amount=1, note=""):
            self.done += amount

    with pytest.raises(CutOffError):
        job().run(Checkpoint(tmp_path / "c", "key", seconds=0), cut_after(7))
    progress, told = Counted(), []
    job().run(
        Checkpoint(tmp_path / "c", "key"), progress=progress,
        records=[lambda history: told.append(len(history))],
    )  # fmt: skip
    assert progress.done == progress.total == 42
    assert told == [1, 2, 3]


def test_each_epoch_is_announced_also_those_before(job, tmp_path):
    first, resumed = job(), job()
    with pytest.raises(CutOffError):
        first.run(Checkpoint(tmp_path / "c", "key", seconds=0), cut_after(7))
    resumed.run(Checkpoint(tmp_path / "c", "key"))
    assert first.announced == [1, 2]
    assert resumed.announced == [1, 2, 3]


_CHILD = """
import os, signal, sys
from pathlib import Path
from nlpseq.training.checkpoint import Checkpoint
sys.path.insert(0, sys.argv[1])
from conftest import Job

class EverySeventh(Checkpoint):
    asked = 0

    @property
    def due(self):
        self.asked += 1
        return self.asked % 7 == 0

def kill(step):
    if step == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

job = Job(epochs=20, patience=20, keep="average")
weights = job.run(EverySeventh(Path(sys.argv[2]), "key"), kill)
Path(sys.argv[2] + ".weights").write_bytes(weights)
print(job.steps)
"""


def test_killed_in_mid_epoch_it_ends_with_the_same_bytes_and_repeats_little(job, tmp_path):
    def child(kill_at):
        return subprocess.run(
            [sys.executable, "-c", _CHILD, Path(__file__).parent, tmp_path / "c", str(kill_at)],
            capture_output=True, text=True,
        )  # fmt: skip

    killed = child(kill_at=68)  # of 100 steps, the third of an epoch
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (tmp_path / "c" / FACTS).exists()
    resumed = child(kill_at=0)
    assert resumed.returncode == 0, resumed.stderr
    repeated = 67 + int(resumed.stdout) - 100
    assert 0 <= repeated < 10
    wanted = job(epochs=20, patience=20, keep="average").run()
    assert load((tmp_path / "c.weights").read_bytes()).keys() == load(wanted).keys()
    assert (tmp_path / "c.weights").read_bytes() == wanted
