import csv
import struct
import xml.etree.ElementTree as ElementTree

import pytest

from nlpseq.errors import CallError
from nlpseq.pipelines import curves, report
from nlpseq.pipelines.outcome import Outcome, StageResult


def outcome(combination, seed, accuracy, **more):
    known = {
        "key": "0" * 32,
        "choices": {"classifier": combination},
        "stages": [
            StageResult(seed, "corpus", 9.0, 500 << 20, {}, combination, shared=True),
            StageResult(seed, "classifier", 5.0, 300 << 20, {"rows/s": 90}, combination),
        ],
        "figures": {"accuracy": accuracy, "macro_f1": accuracy, "linear": 0.8, "rows": 50.0},
        "parameters": 1234,
        "curve": [accuracy - 0.1, accuracy, accuracy - 0.05],
        "best": 2,
        "seconds": 4.0,
        "trained": 90.0,
        "predicted": 1000.0,
        "size": 2_500_000,
        "threads": 1,
        "device": "cpu",
        "finished": "2026-11-21T10:00:00+00:00",
        "machine": "a machine",
        "versions": "nlpseq 0",
    }
    return Outcome(combination=combination, seed=seed, **{**known, **more})


BOTH = [
    outcome("lstm", 1, 0.84),
    outcome("flatten | 20", 1, 0.7, best=1),
    outcome("lstm", 2, 0.86, best=5),
    outcome("flatten | 20", 2, 0.7, best=1),
]


def test_the_table_has_a_line_for_each_combination():
    found = report.table(BOTH)
    assert found.columns == [
        "", "parameters", "accuracy", "linear baseline", "best epoch", "training, s",
        "trained rows/s", "predicted rows/s", "size, MB", "memory, MiB",
    ]  # fmt: skip
    assert found.rows == [
        ["lstm", "1,234", "0.8500 ± 0.0141", "0.8000", "2–5", "4.0", "90", "1,000", "2.50", "300"],
        ["flatten | 20", "1,234", "0.7000 ± 0.0000", "0.8000", "1", "4.0", "90", "1,000", "2.50",
         "300"],
    ]  # fmt: skip
    assert found.best == 0
    assert found.below == ["flatten | 20"]


def test_columns_of_which_nothing_is_known_are_left_out():
    bare = outcome(
        "", 1, 0.5, figures={}, stages=[], parameters=None, curve=[], best=None, seconds=0.0,
        trained=None, predicted=None, size=3,
    )  # fmt: skip
    found = report.table([bare])
    assert found.columns == ["size, MB"]
    assert (found.best, found.below) == (None, [])


def test_one_seed_has_no_deviation():
    assert report.table(BOTH[:2]).rows[0][2] == "0.8400"


def test_a_report_is_a_page_with_its_rows_and_a_picture(tmp_path):
    report.write(tmp_path / "r", "films", BOTH, "nlpseq run films")
    page = (tmp_path / "r/report.md").read_text(encoding="utf-8")
    assert page.startswith("# films\n")
    assert "| **lstm** | **1,234** | **0.8500 ± 0.0141** |" in page
    assert "| flatten \\| 20 | 1,234 | 0.7000 ± 0.0000 | 0.8000 | 1 |" in page
    assert "Below the linear baseline: flatten | 20." in page
    assert "nlpseq run films --threads 1\n" in page
    assert "seeds 1, 2" in page
    assert "- machine: a machine\n" in page
    assert "![" in page
    with (tmp_path / "r/results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["combination"], r["seed"], r["accuracy"]) for r in rows] == [
        (o.combination, str(o.seed), str(o.figures["accuracy"])) for o in BOTH
    ]
    assert (rows[2]["best"], rows[2]["epochs"], rows[2]["memory"]) == ("5", "3", str(300 << 20))
    assert rows[0]["classifier"] == "lstm"
    assert {p.name for p in (tmp_path / "r").iterdir()} == {
        "report.md", "results.csv", "curves.png", "curves.svg",
    }  # fmt: skip


def test_a_run_without_training_has_no_picture(tmp_path):
    report.write(tmp_path, "vectors", [outcome("", 1, 0.5, figures={}, curve=[])], "")
    assert {p.name for p in tmp_path.iterdir()} == {"report.md", "results.csv"}
    page = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "curves" not in page
    assert "```" not in page


def size_of(png):
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", png[16:24])


@pytest.mark.parametrize("combinations", [1, 2, 14])
def test_each_combination_has_its_line(combinations, monkeypatch):
    drawn = []
    panel = curves._panel
    monkeypatch.setattr(curves, "_panel", lambda *a: (drawn.append(a[1]), panel(*a)))
    lines = {f"model $x_{i}$": [[0.5, 0.7, 0.9 - i / 99]] for i in range(combinations)}
    found = curves.draw(lines, title="a $title", figure="accuracy", baseline=0.8)
    width, height = size_of(found["png"])
    assert width >= 700
    assert height >= 450
    assert ElementTree.fromstring(found["svg"]).tag.endswith("svg")
    assert drawn == list(lines)


def test_equal_curves_give_equal_pictures():
    lines = {"a": [[0.1, 0.2], [0.1, 0.4, 0.3]], "b": [[0.5]]}
    first, again = (curves.draw(lines, title="t", figure="f") for _ in range(2))
    assert first == again


def test_a_line_is_the_mean_as_far_as_every_seed_went():
    line = curves._curve([[0.1, 0.2, 0.9], [0.3, 0.4]])
    assert line.epochs.tolist() == [1, 2]
    assert line.reached == pytest.approx((0.9 + 0.4) / 2)
    assert line.mean.tolist() == pytest.approx([0.2, 0.3])
    assert (line.worst.tolist(), line.best.tolist()) == ([0.1, 0.2], [0.3, 0.4])


def test_the_scale_holds_every_best_epoch_and_the_baseline():
    lines = [curves._curve([[0.1, 0.8, 0.78]]), curves._curve([[0.5, 0.9]])]
    low, high = curves._limits(lines, 0.95)
    assert low < 0.8 - (0.95 - 0.8) + 1e-9
    assert low > 0.1
    assert high > 0.95


def test_an_outcome_comes_back_as_it_was(tmp_path):
    kept = outcome("lstm", 1, 0.84, choices={"a.b": [1, 2.5, None, True, "x"]})
    kept.write(tmp_path / "runs/o.json")
    assert Outcome.read(tmp_path / "runs/o.json", "0" * 32) == kept
    assert Outcome.read(tmp_path / "runs/o.json", "1" * 32) is None
    assert Outcome.read(tmp_path / "runs/other.json", "0" * 32) is None


def test_reports_go_where_nothing_else_is(tmp_path):
    report.require(tmp_path / "new")
    report.require(tmp_path)
    (tmp_path / "mine").write_text("")
    with pytest.raises(CallError, match="no report"):
        report.require(tmp_path)
    with pytest.raises(CallError, match="a file"):
        report.require(tmp_path / "mine")
    (tmp_path / "runs").mkdir()
    assert report.require(tmp_path) == tmp_path
