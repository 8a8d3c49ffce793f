import csv

import pytest

from nlpseq.errors import DataError
from nlpseq.pipelines import report
from nlpseq.pipelines.outcome import Outcome


def test_a_report_is_two_pages_with_its_rows_and_pictures(tmp_path, both):
    report.write(tmp_path / "r", "films", both, "nlpseq run films")
    assert {p.name for p in (tmp_path / "r").iterdir()} == {
        "report.html", "report.md", "results.csv", "curves.png", "curves.svg",
    }  # fmt: skip
    with (tmp_path / "r/results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["combination"], r["seed"], r["accuracy"]) for r in rows] == [
        (o.combination, str(o.seed), str(o.figures["accuracy"])) for o in both
    ]
    assert (rows[2]["best"], rows[2]["epochs"], rows[2]["memory"]) == ("5", "3", str(300 << 20))
    assert rows[0]["classifier"] == "lstm"


def test_a_run_without_training_has_no_picture(tmp_path, outcome):
    report.write(tmp_path, "vectors", [outcome("", 1, 0.5, figures={}, curve=[])], "")
    assert {p.name for p in tmp_path.iterdir()} == {"report.html", "report.md", "results.csv"}
    page = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "curves" not in page
    assert "```" not in page
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<figure" not in page
    assert "<pre" not in page


def test_equal_outcomes_give_equal_pages(tmp_path, both):
    for folder in ("a", "b"):
        report.write(tmp_path / folder, "films", both, "nlpseq run films")
    for name in (report.HTML, report.PAGE, report.ROWS):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_damaged_details_are_an_error_and_nothing_is_written(tmp_path, outcome, details):
    broken = outcome("", 1, 0.5, details=details(confusion={"labels": "x"}))
    with pytest.raises(DataError, match="not what a run has kept") as error:
        report.write(tmp_path, "films", [broken], "")
    assert error.value.where.startswith("details.confusion")
    assert "--force" in error.value.remedy
    assert not list(tmp_path.iterdir())


def test_an_outcome_comes_back_as_it_was(tmp_path, outcome, details):
    kept = outcome("lstm", 1, 0.84, choices={"a.b": [1, 2.5, None, True, "x"]}, details=details())
    kept.write(tmp_path / "runs/o.json")
    assert Outcome.read(tmp_path / "runs/o.json", "0" * 32) == kept
    assert Outcome.read(tmp_path / "runs/o.json", "1" * 32) is None
    assert Outcome.read(tmp_path / "runs/other.json", "0" * 32) is None
