"""``nlpseq runs``: what runs have left, as a user looks at it."""

import pytest

from nlpseq.pipelines import report
from nlpseq.pipelines.lock import locked

TRAIN = "text,label\n" + "bom filme,pos\nfilme ruim,neg\n" * 6
PIPELINE = """\
name: tiny
stages:
  - corpus: {train: train.csv, hold_out: 4}
  - vocabulary: {}
  - classifier:
      dim: 4
      hidden: 3
      training: {epochs: 1}
  - evaluate:
"""


@pytest.fixture
def run(within, tmp_path, monkeypatch):
    """Run the pipeline with some arguments."""
    monkeypatch.setattr(report, "write", lambda folder, *_: (folder / report.PAGE).touch())
    (tmp_path / "train.csv").write_text(TRAIN)
    (tmp_path / "p.yaml").write_text(PIPELINE)

    def call(*arguments):
        done = within("run", "p.yaml", "--threads", "1", *arguments)
        assert done.returncode == 0, done.stderr
        return tmp_path / "runs/tiny/stages"

    return call


def lines(done):
    """The rows of a table, as cells."""
    assert done.returncode == 0, done.stderr
    rows = [line.strip("│").split("│") for line in done.stdout.splitlines() if "│" in line]
    cells = [[cell.strip() for cell in row] for row in rows]
    return [row for row in cells if row[0]]  # else the line before goes on


def test_the_list_says_how_far_each_is(run, within, tmp_path):
    run()
    run("-s", "report=runs/half", "--until", "vocabulary")
    (tmp_path / "runs/other").mkdir()
    half, tiny = lines(within("runs", "list"))
    assert half[:3] == ["runs/half", "2 of 4 stages, not classifier", ""]
    assert tiny[:2] == ["runs/tiny", "finished"]
    assert tiny[2].startswith("accuracy ")
    assert lines(within("runs", "list", "runs/tiny"))[0][1] == "finished"
    with locked(tmp_path / "runs/half"):
        assert "is at work on classifier" in lines(within("runs", "list"))[0][1]


def test_the_stages_of_a_run_are_shown_once(run, within):
    run()
    assert [row[0] for row in lines(within("runs", "show", "runs/tiny"))] == [
        "corpus", "vocabulary", "classifier", "evaluate",
    ]  # fmt: skip
    run("-s", "matrix={classifier.hidden: [2, 3]}", "--until", "classifier")
    rows = lines(within("runs", "show", "runs/tiny"))
    assert [row[:2] for row in rows] == [
        ["hidden=2", "corpus"], ["hidden=2", "vocabulary"], ["hidden=2", "classifier"],
        ["hidden=2", "evaluate"], ["hidden=3", "classifier"], ["hidden=3", "evaluate"],
    ]  # fmt: skip
    assert rows[3][-1] == "not finished"


def test_what_the_last_run_has_no_use_for_is_pruned(run, within, tmp_path):
    stages = run()
    first = set(stages.iterdir())
    run("-s", "classifier.hidden=2")
    both = set(stages.iterdir())
    assert len(both) == len(first) + 2
    said = within("runs", "prune", "--dry-run")
    assert said.stdout.count("\n") == 2
    assert "runs/tiny: 2 stages" in said.stderr
    assert within("runs", "prune", stdin="n\n").returncode != 0
    with locked(tmp_path / "runs/tiny"):
        refused = within("runs", "prune", "--yes")
    assert refused.returncode == 2
    assert "at work" in refused.stderr
    assert set(stages.iterdir()) == both
    assert within("runs", "prune", "runs/tiny", stdin="y\n").returncode == 0
    assert len(set(stages.iterdir())) == 4
    assert "nothing to do" in within(
        "run", "p.yaml", "--threads", "1", "-s", "classifier.hidden=2"
    ).stderr  # fmt: skip
    assert within("runs", "prune", "--yes").stderr == "runs/tiny: 0 stages, 0.0 MB\n"


def test_a_run_that_stopped_early_does_not_let_later_stages_be_pruned(run, within):
    stages = run()
    run("--from", "vocabulary", "--until", "vocabulary")
    before = set(stages.iterdir())
    assert within("runs", "prune", "--yes").returncode == 0
    assert set(stages.iterdir()) == before


def test_two_runs_beside_each_other(run, within):
    run()
    run("-s", "classifier.hidden=2", "-s", "corpus.hold_out=2", "-s", "report=runs/other")
    options = lines(within("runs", "compare", "runs/tiny", "runs/other"))
    assert ["corpus.hold_out", "4", "2"] in options
    assert ["classifier.hidden", "3", "2"] in options
    assert ["rows", "4", "2"] in options
    assert {row[0] for row in options} > {"accuracy", "macro_f1"}
    assert "no option differs" in within("runs", "compare", "runs/tiny", "runs/tiny").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["list"], "runs: no such folder"),
        (["show", "runs/tiny"], "runs/tiny: no run of a pipeline is here"),
        (["compare", "a", "b"], "a: no run of a pipeline is here"),
        (["prune"], "runs: no such folder"),
        (["show"], "FOLDER"),
    ],
    ids=["list", "show", "compare", "prune", "show nothing"],
)
def test_misuse(within, arguments, message):
    done = within("runs", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
