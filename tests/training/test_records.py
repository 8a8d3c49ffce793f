import sys

import pytest

from nlpseq.errors import CallError
from nlpseq.training.history import Epoch, History
from nlpseq.training.records import CSVRecord, TensorBoardRecord

EPOCHS = [Epoch(1, 0.7, None, 2.0, 50.0, 1e-3), Epoch(2, 0.1 + 0.2, 0.5, 2.5, 40.0, 5e-4)]


def test_a_table_holds_each_epoch_once_also_after_a_resume(tmp_path):
    path = tmp_path / "new" / "log.csv"
    CSVRecord(path)(History(EPOCHS[:1]))
    resumed = CSVRecord(path)
    resumed(History(EPOCHS[:1]))
    resumed(History(EPOCHS))
    assert path.read_text().splitlines() == [
        "number,loss,figure,seconds,rows_per_second,learning_rate",
        "1,0.7,,2.0,50.0,0.001",
        "2,0.30000000000000004,0.5,2.5,40.0,0.0005",
    ]


def test_tensorboard_shows_each_figure_once_also_after_a_resume(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    TensorBoardRecord(tmp_path)(History(EPOCHS[:1]))
    resumed = TensorBoardRecord(tmp_path)
    resumed(History(EPOCHS[:1]))
    resumed(History(EPOCHS))
    shown = accumulator.EventAccumulator(str(tmp_path)).Reload()
    assert [(e.step, e.value) for e in shown.Scalars("loss")] == [
        (1, pytest.approx(0.7)), (2, pytest.approx(0.3)),
    ]  # fmt: skip
    assert [(e.step, e.value) for e in shown.Scalars("figure")] == [(2, 0.5)]
    assert sorted(shown.Tags()["scalars"]) == sorted(Epoch._fields[1:])


def test_without_tensorboard_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(CallError, match=r"nlpseq\[tensorboard\]"):
        TensorBoardRecord(tmp_path)
