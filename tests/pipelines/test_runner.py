import shutil
from collections import Counter

import pytest

import nlpseq
from nlpseq.errors import CallError, DataError
from nlpseq.pipelines import curves
from nlpseq.pipelines.runner import Pipeline
from nlpseq.pipelines.stages import (
    KINDS,
    ClassifierStage,
    CorpusStage,
    EvaluateStage,
    ExportStage,
    VocabularyStage,
)
from nlpseq.pipelines.task import Combination


def files(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_a_file_runs_to_a_model(folder):
    run = Pipeline.load("job/tiny.yaml").run(threads=1)
    assert [r.name for r in run.results] == [
        "corpus", "vectors", "vocabulary", "classifier", "evaluate", "export",
    ]  # fmt: skip
    report = run.artefacts[3].report
    assert run.results[4].figures["accuracy"] == report.figures["accuracy"]
    model = nlpseq.load("out/model")
    assert list(model.predict(["é ótimo"])) == list(run.artefacts[3].model.predict(["é ótimo"]))
    assert all(r.seconds >= 0 and r.memory > 0 for r in run.results)


def test_one_thread_repeats_to_the_byte(folder):
    for _ in range(2):
        Pipeline.load("job/tiny.yaml").run(threads=1, force=True)
        content = (folder / "out/model/model.safetensors").read_bytes()
        before = locals().get("before", content)
    assert content == before


def test_the_same_in_python_without_a_file(folder):
    stages = [
        CorpusStage(train="job/data/train.jsonl", hold_out=4),
        VocabularyStage(),
        ClassifierStage(dim=4, hidden=3),
        EvaluateStage(),
    ]
    run = Pipeline("mine", stages, seeds=[1]).run()
    assert run.artefacts[1].report.figures["rows"] == 4


def test_several_seeds_give_a_run_each_and_their_mean(folder):
    run = Pipeline.load("job/tiny.yaml", ["seeds=[1, 2]"]).run()
    mean, deviation = run.summary()["accuracy"]
    both = [run.artefacts[seed].report.figures["accuracy"] for seed in (1, 2)]
    assert mean == pytest.approx(sum(both) / 2)
    assert deviation == pytest.approx(abs(both[0] - both[1]) / 2**0.5)
    assert {p.name for p in (folder / "out").iterdir()} == {"seed-1", "seed-2"}


def test_vectors_are_saved_and_opened_again(folder):
    Pipeline.load("job/tiny.yaml", ["vectors.save=v.txt.gz"]).run()
    (folder / "again.yaml").write_text(
        "name: again\nstages:\n  - vectors: {open: v.txt.gz, save: w.txt}\n"
    )
    run = Pipeline.load("again.yaml").run()
    assert run.artefacts[0].vectors.dim == 6
    assert nlpseq.Vectors.open("w.txt").words == nlpseq.Vectors.open("v.txt.gz").words


def test_the_vocabulary_takes_words_from_the_vectors(folder):
    (folder / "job/data/text.txt").write_text("palavra inédita\n" * 3)
    run = Pipeline.load("job/tiny.yaml", ["vocabulary.from_vectors=1"]).run()
    vocabulary = run.artefacts[3].vocabulary
    assert ("inédita" in vocabulary) != ("palavra" in vocabulary)


def test_held_out_documents_follow_the_seed(folder):
    def dev(seed):
        overrides = ["corpus.dev=null", "corpus.hold_out=5", f"seeds=[{seed}]"]
        run = Pipeline.load("job/tiny.yaml", overrides).run(force=True)
        corpus = run.artefacts[seed].corpus
        assert len(corpus.train) == 10
        return [d.text for d in corpus.dev]

    assert dev(1) == dev(1) != dev(2)


def test_paths_in_the_file_start_from_it_and_those_of_the_shell_from_the_folder(folder):
    (folder / "mine.csv").write_text("text,label\na b,x\nc d,y\n")
    Pipeline.load("job/tiny.yaml", ["corpus.train=mine.csv", "corpus.dev=mine.csv"]).run()
    with pytest.raises(CallError, match="no such file"):
        Pipeline.load("job/tiny.yaml", ["corpus.train=data/train.jsonl"]).run()


def test_what_can_be_known_before_is_checked_before(folder):
    (folder / "out/model").mkdir(parents=True)
    (folder / "out/model/x").write_text("mine")
    (folder / "job/data/train.jsonl").write_text("broken")
    with pytest.raises(CallError, match="no model"):  # not the broken corpus: that comes later
        Pipeline.load("job/tiny.yaml").run(force=True)
    with pytest.raises(CallError, match=r"vectors\.text=PATH"):
        Pipeline.load("job/tiny.yaml", ["vectors.text=missing.txt"]).run()
    (folder / "v.txt").write_text("mine")
    with pytest.raises(CallError, match="--force"):
        Pipeline.load("job/tiny.yaml", ["vectors.save=v.txt", "export.to=m"]).run()
    assert (folder / "v.txt").read_text() == "mine"


def test_a_label_of_dev_alone_stops_before_training(folder):
    with (folder / "job/data/dev.jsonl").open("a") as file:
        file.write('{"text": "tanto faz", "label": "meh"}\n')
    before = files(folder)
    with pytest.raises(DataError, match="'meh' never occurs") as error:
        Pipeline.load("job/tiny.yaml").run()
    assert error.value.where == "job/data/dev.jsonl:5"
    assert files(folder) == before


def test_order_and_names_are_checked_in_python_too():
    with pytest.raises(CallError, match="needs model") as error:
        Pipeline("x", [ExportStage(to="m")])
    assert "classifier" in error.value.remedy
    with pytest.raises(CallError, match="two stages"):
        Pipeline("x", [CorpusStage(train="a", dev="b")] * 2)


MATRIX = """\
report: kept
matrix:
  classifier:
    small: {}
    large: {hidden: 5, training: {epochs: 3}}
"""


@pytest.fixture
def ladder(folder, monkeypatch):
    """The tiny pipeline with a matrix and a report; called with what to change in its text."""
    monkeypatch.setattr(curves, "draw", lambda *_, **__: {})  # slow, and looked at elsewhere

    def load(*overrides, old="", new=""):
        text = (folder / "job/tiny.yaml").read_text() + MATRIX
        assert old in text
        (folder / "job/ladder.yaml").write_text(text.replace(old, new))
        return Pipeline.load("job/ladder.yaml", overrides)

    return load


@pytest.fixture
def counted(monkeypatch):
    """How often each stage was run."""
    counts = Counter()
    for cls in KINDS.values():

        def run(self, before, job, run=cls.run):
            counts[self.name] += 1
            return run(self, before, job)

        monkeypatch.setattr(cls, "run", run)
    return counts


def test_each_combination_is_run_and_what_they_share_once(ladder, counted, folder):
    run = ladder("seeds=[1, 2]").run(threads=1)
    assert counted == {
        "corpus": 2, "vectors": 2, "vocabulary": 2, "classifier": 4, "evaluate": 4, "export": 4,
    }  # fmt: skip
    assert [(o.combination, o.seed) for o in run.outcomes] == [
        ("small", 1), ("large", 1), ("small", 2), ("large", 2),
    ]  # fmt: skip
    small, large = run.outcomes[:2]
    assert [s.name for s in large.stages] == [s.name for s in small.stages]
    assert [s.shared for s in large.stages] == [True] * 3 + [False] * 3
    assert [s.seconds for s in large.stages[:3]] == [0] * 3
    assert small.stages[0].seconds > 0
    assert large.parameters > small.parameters
    assert (len(small.curve), len(large.curve)) == (2, 3)
    assert run.summary("small")["accuracy"][0] == pytest.approx(
        (run.outcomes[0].figures["accuracy"] + run.outcomes[2].figures["accuracy"]) / 2
    )
    for place in ("small/seed-1", "large/seed-1", "small/seed-2", "large/seed-2"):
        assert nlpseq.load(f"out/model/{place}").task == "classify"
    exported = (folder / "out/model/small/seed-1").iterdir()
    assert small.size == sum(path.stat().st_size for path in exported)
    assert not run.artefacts  # a dozen models would fill the memory


def test_a_combination_of_a_matrix_is_the_same_as_by_itself(ladder, folder):
    ladder().run(threads=1)
    overrides = ["classifier.hidden=5", "classifier.training.epochs=3", "export.to=alone"]
    Pipeline.load("job/tiny.yaml", overrides).run(threads=1)
    ours, alone = (
        (folder / name / "model.safetensors").read_bytes() for name in ("out/model/large", "alone")
    )
    assert ours == alone


def test_stages_that_a_combination_changes_write_beside_each_other(ladder, folder):
    ladder("matrix={vectors.dim: [4, 6]}", "vectors.save=v.txt").run(threads=1)
    assert nlpseq.Vectors.open("dim=4/v.txt").dim == 4
    assert nlpseq.Vectors.open("dim=6/v.txt").dim == 6
    assert (folder / "out/model/dim=4/config.json").exists()


def test_models_of_a_matrix_do_not_go_into_a_model(ladder, counted):
    Pipeline.load("job/tiny.yaml").run(threads=1)
    counted.clear()
    with pytest.raises(CallError, match="this is a model"):
        ladder().run(threads=1)
    assert not counted


def test_what_all_share_is_written_once(ladder, folder):
    ladder("vectors.save=v.txt").run(threads=1)
    assert (folder / "v.txt").exists()


def test_what_is_finished_is_not_run_again(ladder, counted, folder):
    first = ladder().run(threads=1)
    before = {name: (folder / name).read_bytes() for name in files(folder)}
    counted.clear()
    again = ladder().run(threads=1)
    assert not counted
    assert (first.kept, again.kept) == (0, 2)
    assert again.outcomes == first.outcomes
    assert again.summary("large") == first.summary("large")
    assert {name: (folder / name).read_bytes() for name in files(folder)} == before
    assert ladder().run(threads=1, force=True).kept == 0


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("hidden: 5", "hidden: 4", ["large"]),
        ("    small: {}\n", "    small: {}\n    third: {hidden: 2}\n", ["third"]),
        ("    small: {}\n", "", []),
        ("name: tiny", "name: other", []),
        ("min_count: 1, epochs: 1", "min_count: 1, epochs: 2", ["small", "large"]),
        ("seeds: [3]", "seeds: [4]", ["small", "large"]),
    ],
)
def test_what_is_changed_is_run_again(ladder, counted, folder, old, new, again):
    ladder().run(threads=1)
    counted.clear()
    job = ladder(old=old, new=new)
    for name in again:
        shutil.rmtree(folder / "out/model" / name, ignore_errors=True)
    run = job.run(threads=1)
    assert run.kept == len(job.matrix) - len(again)
    assert counted["classifier"] == len(again)


def test_content_counts_and_not_where_files_lie(ladder, counted, folder):
    ladder().run(threads=1)
    (folder / "job/data").rename(folder / "elsewhere")
    moved = [
        "corpus.train=elsewhere/train.jsonl", "corpus.dev=elsewhere/dev.jsonl",
        "vectors.text=elsewhere/text.txt",
    ]  # fmt: skip
    assert ladder(*moved).run(threads=1).kept == 2
    with (folder / "elsewhere/text.txt").open("a") as file:
        file.write("mais uma linha\n")
    shutil.rmtree(folder / "out")
    assert ladder(*moved).run(threads=1).kept == 0


def test_a_model_that_is_gone_is_made_again(ladder, folder):
    ladder().run(threads=1)
    shutil.rmtree(folder / "out/model/large")
    assert ladder().run(threads=1).kept == 1
    assert (folder / "out/model/large").exists()


def test_what_fails_is_named_and_what_was_finished_stays(ladder):
    broken = {"old": "hidden: 5, training: {", "new": "training: {learning_rate: 1e38, "}
    with pytest.raises(DataError, match=r"^large: the loss became"):
        ladder(**broken).run(threads=1)
    assert ladder().run(threads=1).kept == 1


def test_a_report_without_a_matrix(folder):
    overrides = ["report=kept", "seeds=[1, 2]"]
    first = Pipeline.load("job/tiny.yaml", overrides).run(threads=1)
    assert set(first.artefacts) == {1, 2}
    again = Pipeline.load("job/tiny.yaml", overrides).run(threads=1)
    assert again.kept == 2
    assert [r.name for r in again.results] == [r.name for r in first.results]
    assert again.summary() == first.summary()
    assert (folder / "kept/results.csv").read_text().count("\n") == 3


def test_a_matrix_without_a_report_leaves_the_models_alone(ladder, folder):
    run = ladder(old="report: kept\n", new="").run(threads=1)
    assert len(run.outcomes) == 2
    assert not (folder / "kept").exists()


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("hidden: 5", "hiden: 5", 18, "classifier.hiden: unknown key"),
        ("hidden: 5", "hidden: 0", 18, "should be greater than or equal to 1"),
        ("epochs: 3", "epoch: 3", 18, "classifier.training.epoch: unknown key"),
        ("large: {", "large: {as: evaluate, ", 12, "two stages are named 'evaluate'"),
        ("hidden: 5, training: {epochs: 3}", "", 15, "'small' and 'large' are the same"),
        ("report: kept", "reprot: kept", 14, "reprot: unknown key"),
    ],
)
def test_every_combination_is_checked_before_any_is_run(ladder, old, new, line, message):
    with pytest.raises(CallError, match=message) as error:
        ladder(old=old, new=new)
    assert error.value.where == f"job/ladder.yaml:{line}"


def test_a_folder_of_something_else_holds_no_run(ladder, counted, folder):
    (folder / "kept").mkdir()
    (folder / "kept/mine.txt").write_text("mine")
    with pytest.raises(CallError, match="no run"):
        ladder().run(threads=1)
    with pytest.raises(CallError, match="this is a file"):
        ladder("report=job/ladder.yaml").run(threads=1)
    (folder / "kept/mine.txt").unlink()
    ladder().run(threads=1)
    (folder / "kept/outcomes/small-seed-3.json").write_text("mine")
    with pytest.raises(DataError, match="not what a run has kept") as error:
        ladder().run(threads=1)
    assert "--force" in error.value.remedy
    assert counted["corpus"] == 1


def test_a_matrix_in_python_without_a_file(folder):
    def stages(hidden):
        return [
            CorpusStage(train="job/data/train.jsonl", hold_out=4),
            VocabularyStage(),
            ClassifierStage(dim=4, hidden=hidden, baseline=False),
            EvaluateStage(),
        ]

    matrix = [Combination(f"h{n}", f"h{n}", {"hidden": n}, stages(n)) for n in (2, 3)]
    run = Pipeline("mine", matrix=matrix).run(threads=1)
    assert [o.choices for o in run.outcomes] == [{"hidden": 2}, {"hidden": 3}]
    assert [s.shared for s in run.outcomes[1].stages] == [True, True, False, False]
