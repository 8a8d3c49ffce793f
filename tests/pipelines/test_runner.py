import pytest

import nlpseq
from nlpseq.errors import CallError, DataError
from nlpseq.pipelines.runner import Pipeline
from nlpseq.pipelines.stages import (
    ClassifierStage,
    CorpusStage,
    EvaluateStage,
    ExportStage,
    VocabularyStage,
)


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
