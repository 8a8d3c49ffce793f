"""The run of a training, by a method that only wanders."""

import errno
import json
import logging
import re
import signal
import time

import numpy as np
import pytest

from nlpseq.embeddings.rows import Rows
from nlpseq.embeddings.subwords import Subwords
from nlpseq.embeddings.train.job import checkpoint as module
from nlpseq.embeddings.train.job.checkpoint import Checkpoint
from nlpseq.embeddings.train.methods.trainer import Trained
from nlpseq.errors import DataError

STEPS, EPOCHS = 4, 3  # of the run of the fixture


class CutOffError(Exception):
    pass


def cut_after(steps):
    left = [steps]

    def at(epoch, step):
        if not left[0]:
            raise CutOffError
        left[0] -= 1

    return at


def at_step(number, act):
    """Do something in the step of this number, counted through all epochs."""

    def at(epoch, step):
        if epoch * STEPS + step == number:
            act()

    return at


class Figures:
    """An evaluation whose figures are known: of each epoch, by the steps that were done."""

    def __init__(self, run, figures):
        self.run, self.figures = run, figures

    def __call__(self, vectors):
        epoch = int(self.run.trainer.arrays["counter"][0]) // STEPS - 1
        assert np.array_equal(vectors.matrix, self.run.trainer.matrix())
        figure = self.figures[epoch]
        return {"t.csv": figure}, figure or 0.0


def evaluated(run, figures):
    run.evaluation = Figures(run, figures)
    return run


def bytes_of(vectors):
    return vectors.matrix.tobytes(), list(vectors.words), vectors.about


def test_all_steps_in_order(wander, recorder):
    run = wander(about={"made_by": "me"})
    vectors = run.to_end(1, progress=recorder)
    assert run.trainer.done == [(epoch, step) for epoch in range(EPOCHS) for step in range(STEPS)]
    assert np.array_equal(vectors.matrix, run.trainer.matrix())
    assert vectors.about["made_by"] == "me"
    assert vectors.counts.tolist() == [7, 6, 5, 4, 3, 2, 1]
    assert recorder.tasks == {"training vectors": [120, 120]}


def test_notes_say_epoch_loss_and_speed(wander, recorder):
    wander().to_end(1, progress=recorder)
    notes = recorder.notes["training vectors"]
    assert [note.split(",")[0] for note in notes[::STEPS]] == [
        "epoch 1/3",
        "epoch 2/3",
        "epoch 3/3",
    ]
    assert all(re.fullmatch(r"epoch \d/3, loss 0\.\d{4}, [\d,]+ yards/s", note) for note in notes)


def test_the_shown_loss_is_a_mean_of_the_newest_steps(wander, recorder, monkeypatch):
    seconds = iter(np.arange(0, 100, 0.5))
    monkeypatch.setattr(time, "perf_counter", lambda: next(seconds))
    run = wander()
    losses = [1.0] * 6 + [2.0] * 6
    left = iter(losses)
    run.trainer.step = lambda epoch, step, pool: Trained(10, next(left), 1)
    run.to_end(1, progress=recorder)
    shown = [float(re.search(r"loss ([\d.]+)", n)[1]) for n in recorder.notes["training vectors"]]
    assert shown[:6] == [1] * 6
    assert shown[6:] == sorted(set(shown[6:]))
    assert 1.1 < shown[6] < 1.3 < 1.6 < shown[11] < 2
    speeds = [int(re.search(r", (\d+) yards/s", n)[1]) for n in recorder.notes["training vectors"]]
    assert speeds == pytest.approx([20] * 12, abs=1)


def test_the_history_has_the_mean_loss_of_each_epoch_and_no_times(wander):
    run = wander()
    step, losses = run.trainer.step, [[], [], []]

    def noted(epoch, number, pool):
        done = step(epoch, number, pool)
        losses[epoch].append(done.loss / done.examples)
        return done

    run.trainer.step = noted
    vectors = run.to_end(1)
    told = json.loads(vectors.about["history"])
    assert [entry["epoch"] for entry in told] == [1, 2, 3]
    assert [entry["loss"] for entry in told] == pytest.approx([np.mean(of) for of in losses])
    assert all(entry.keys() == {"epoch", "loss"} for entry in told)
    assert all(epoch.seconds > 0 and epoch.speed > 0 for epoch in run.history)


def test_an_epoch_without_a_loss(wander, recorder):
    run = wander()
    run.trainer.step = lambda epoch, step, pool: Trained(10, 0.0, 0)
    vectors = run.to_end(1, progress=recorder)
    assert json.loads(vectors.about["history"])[0] == {"epoch": 1, "loss": None}
    assert "loss" not in recorder.notes["training vectors"][0]


# cut off and taken up


@pytest.mark.parametrize("figures", [None, [0.3, 0.1, 0.2], [0.1, 0.3, 0.2], [0.1, 0.2, 0.3]])
@pytest.mark.parametrize("steps", [1, 3, 4, 5])
def test_cut_off_again_and_again_it_ends_as_if_it_never_was(wander, tmp_path, steps, figures):
    def made(at=None):
        return evaluated(wander(at), figures) if figures else wander(at)

    wanted = bytes_of(made().to_end(1))
    done, pieces = [], 0
    while True:
        piece, pieces = made(cut_after(steps)), pieces + 1
        try:
            vectors = piece.to_end(1, Checkpoint(tmp_path / "c", {}, seconds=0))
            break
        except CutOffError:
            done += piece.trainer.done
    assert pieces == -(-STEPS * EPOCHS // steps)
    assert done + piece.trainer.done == [(e, s) for e in range(EPOCHS) for s in range(STEPS)]
    assert bytes_of(vectors) == wanted


def test_what_was_not_yet_in_a_checkpoint_is_done_again(wander, tmp_path):
    wanted = bytes_of(wander().to_end(1))
    for seconds, steps in ((0, 7), (60, 2)):  # in the second, none is due in so short a time
        with pytest.raises(CutOffError):
            wander(cut_after(steps)).to_end(1, Checkpoint(tmp_path / "c", {}, seconds=seconds))
    last = wander()
    assert bytes_of(last.to_end(1, Checkpoint(tmp_path / "c", {}))) == wanted
    assert last.trainer.done[0] == (1, 3)


def test_progress_goes_on_where_it_stood(wander, tmp_path, recorder):
    with pytest.raises(CutOffError):
        wander(cut_after(6)).to_end(1, Checkpoint(tmp_path / "c", {}, seconds=0))
    wander().to_end(1, Checkpoint(tmp_path / "c", {}), recorder)
    assert recorder.tasks == {"training vectors": [120, 120]}
    assert len(recorder.notes["training vectors"]) == 1 + 6


@pytest.mark.parametrize("number", [0, 3, 6, 11])
def test_ctrl_c_finishes_the_step_and_keeps_it(wander, tmp_path, heeded, number):
    wanted = bytes_of(wander().to_end(1))
    cut = wander(at_step(number, lambda: signal.raise_signal(signal.SIGINT)))
    with pytest.raises(KeyboardInterrupt):
        cut.to_end(1, Checkpoint(tmp_path / "c", {}))
    assert len(cut.trainer.done) == number + 1
    last = wander()
    assert bytes_of(last.to_end(1, Checkpoint(tmp_path / "c", {}))) == wanted
    assert len(last.trainer.done) == STEPS * EPOCHS - number - 1


def test_a_second_ctrl_c_ends_at_once_and_keeps_no_half_step(wander, tmp_path, heeded):
    def press_twice():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    cut = wander(at_step(5, press_twice))
    with pytest.raises(KeyboardInterrupt):
        cut.to_end(1, Checkpoint(tmp_path / "c", {}))
    assert len(cut.trainer.done) == 5
    assert Checkpoint(tmp_path / "c", {}).read(cut.trainer.arrays) is None


def test_ctrl_c_while_a_checkpoint_is_read_leaves_it(wander, tmp_path, monkeypatch):
    with pytest.raises(CutOffError):
        wander(cut_after(5)).to_end(1, Checkpoint(tmp_path / "c", {}, seconds=0))

    def pressed(path, *more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Checkpoint, "_load", pressed)
        wander().to_end(1, Checkpoint(tmp_path / "c", {}))
    last = wander()
    last.to_end(1, Checkpoint(tmp_path / "c", {}))
    assert last.trainer.done[0] == (1, 1)


def test_ctrl_c_in_an_evaluation_keeps_the_epoch(wander, tmp_path, heeded):
    def pressed(vectors):
        raise KeyboardInterrupt

    cut = wander()
    cut.evaluation = pressed
    with pytest.raises(KeyboardInterrupt):
        cut.to_end(1, Checkpoint(tmp_path / "c", {}))
    last = evaluated(wander(), [0.1, 0.2, 0.3])
    last.to_end(1, Checkpoint(tmp_path / "c", {}))
    assert last.trainer.done[0] == (1, 0)
    assert [epoch.figure for epoch in last.history] == [0.1, 0.2, 0.3]


def test_a_full_disk_is_told_once_and_the_training_goes_on(wander, tmp_path, monkeypatch, caplog):
    wanted = bytes_of(wander().to_end(1))
    with pytest.raises(CutOffError):
        wander(cut_after(2)).to_end(1, Checkpoint(tmp_path / "c", {}, seconds=0))
    names = {path.name for path in (tmp_path / "c").iterdir()}

    def full(path, arrays):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "_save", full)
    vectors = wander().to_end(1, Checkpoint(tmp_path / "c", {}, seconds=0))
    assert bytes_of(vectors) == wanted
    assert [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING] == [
        f"{tmp_path / 'c'}: no checkpoint can be written (No space left on device); "
        "the training goes on"
    ]
    assert {path.name for path in (tmp_path / "c").iterdir()} == names


def test_ctrl_c_on_a_full_disk_says_what_is_lost(wander, tmp_path, monkeypatch, caplog, heeded):
    def full(path, arrays):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "_save", full)
    cut = wander(at_step(5, lambda: signal.raise_signal(signal.SIGINT)))
    with pytest.raises(KeyboardInterrupt):
        cut.to_end(1, Checkpoint(tmp_path / "c", {}, seconds=0))
    assert "what was done since the last one is lost" in caplog.messages[-1]


# the best epoch


def states(wander):
    """The matrix after each epoch."""
    found = []
    run = wander()
    run.evaluation = lambda vectors: (found.append(vectors.matrix.copy()), ({}, 0.0))[1]
    run.to_end(1)
    return found


@pytest.mark.parametrize(
    ("figures", "number"),
    [([0.3, 0.1, 0.2], 1), ([0.1, 0.3, 0.3], 2), ([0.1, 0.2, 0.3], 3), ([None, -0.1, -0.2], 1)],
)
def test_the_best_epoch_is_given(wander, caplog, figures, number):
    run = evaluated(wander(), figures)
    wanted = states(wander)[number - 1]
    caplog.clear()
    vectors = run.to_end(1)
    assert np.array_equal(vectors.matrix, wanted)
    told = [message for message in caplog.messages if "the vectors are those of epoch" in message]
    assert len(told) == (number < EPOCHS)
    assert all(f"of epoch {number} of 3" in message for message in told)
    entries = json.loads(vectors.about["history"])
    assert [entry["figures"] for entry in entries] == [{"t.csv": figure} for figure in figures]


def test_subwords_are_those_of_the_best_epoch(wander):
    run = evaluated(wander(), [0.1, 0.3, 0.2])
    inputs = run.trainer.arrays["inputs"]
    run.trainer.subwords = lambda: Subwords(Rows(inputs[4:, :3]), 3, 6)
    vectors = run.to_end(1)
    assert np.array_equal(vectors.subwords.rows.data, states(wander)[1][4:])


# numbers that overflow


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_ends_it(wander, loss):
    run = wander()
    run.trainer.step = lambda epoch, step, pool: Trained(10, loss if epoch else 1.0, 1)
    with pytest.raises(DataError, match=rf"the loss became {loss} in epoch 2(?s:.*)learning_rate"):
        run.to_end(1)


def test_vectors_that_are_no_numbers_are_not_given(wander):
    run = wander()
    run.trainer.at = at_step(11, lambda: run.trainer.arrays["inputs"].fill(np.inf))
    with pytest.raises(DataError, match="the vectors overflowed"):
        run.to_end(1)
