from nlpseq.pipelines import report
from nlpseq.pipelines.report.summary import figures, losses


def test_the_table_has_a_line_for_each_combination(both):
    found = report.table(both)
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


def test_columns_of_which_nothing_is_known_are_left_out(outcome):
    bare = outcome(
        "", 1, 0.5, figures={}, stages=[], parameters=None, curve=[], best=None, seconds=0.0,
        trained=None, predicted=None, size=3,
    )  # fmt: skip
    found = report.table([bare])
    assert found.columns == ["size, MB"]
    assert (found.best, found.below) == (None, [])
    assert (figures([bare]).rows, losses([bare])) == ([], "")


def test_one_seed_has_no_deviation(both):
    assert report.table(both[:2]).rows[0][2] == "0.8400"


def test_all_figures_of_one_combination_stand_below_each_other(outcome):
    found = figures([outcome("", 1, 0.84), outcome("", 2, 0.86)])
    assert found.columns == ["", "value"]
    assert found.rows == [
        ["accuracy", "0.8500 ± 0.0141"],
        ["macro_f1", "0.8500 ± 0.0141"],
        ["linear", "0.8000 ± 0.0000"],
        ["rows", "50"],
    ]


def test_of_several_each_has_a_line(both):
    found = figures(both)
    assert found.columns == ["", "accuracy", "macro_f1", "linear", "rows"]
    assert [row[0] for row in found.rows] == ["lstm", "flatten | 20"]
    assert [row[-1] for row in found.rows] == ["50", "50"]


def test_who_loses_to_the_baseline_is_told_by_how_much(both, outcome):
    assert losses(both).startswith("Below the linear baseline: flatten | 20 by 10.0 points. Use it")
    assert losses([outcome("", 1, 0.7)]).startswith("Below the linear baseline: by 10.0 points.")
    assert losses(both[:1]) == ""


def test_combinations_may_have_other_figures(outcome):
    found = report.table([outcome("a", 1, 0.5), outcome("b", 1, 0.5, figures={"linear": 0.9})])
    assert [row[2] for row in found.rows] == ["0.5000", ""]
    assert (found.best, found.below) == (None, ["a"])
