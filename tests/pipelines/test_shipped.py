import pytest

from nlpseq import Classifier, ClassifierSettings, Vectors, Vocabulary
from nlpseq.errors import CallError
from nlpseq.pipelines import shipped
from nlpseq.pipelines.runner import Pipeline


@pytest.mark.parametrize("name", sorted(shipped.names()))
def test_each_shipped_pipeline_is_valid(name):
    pipeline = Pipeline.load(name)
    assert pipeline.name == name
    assert pipeline.stages


def test_the_main_ones_are_there():
    main = {"quickstart", "sentiment", "course-imdb", "transfer-imdb", "skip-gram-sample"}
    assert main <= shipped.names().keys()


@pytest.mark.parametrize("name", ["skip-gram-pt", "fasttext-pt", "glove-pt"])
def test_each_job_of_vectors_runs_as_it_stands(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Pipeline.load(name, ["vectors.epochs=1", "vectors.dim=10"]).run()
    assert "ótimo" in Vectors.open(f"vectors/{name}.safetensors")


def models(name):
    """Combination → the classifier that it trains, of 10,000 words, not trained."""
    vocabulary = Vocabulary([f"w{i}" for i in range(9998)], specials=("pad", "unk"))
    found = {}
    for combination in Pipeline.load(name).combinations:
        [stage] = [stage for stage in combination.stages if stage.kind == "classifier"]
        settings = stage.model_dump(
            include=set(ClassifierSettings.model_fields), exclude_unset=True
        )
        found[combination.name] = Classifier(
            vocabulary, ["neg", "pos"], ClassifierSettings(**settings)
        )
    return found


def test_every_model_of_the_course_has_its_parameters():
    found = models("course-imdb")
    assert {classifier.settings.encoder for classifier in found.values()} == {
        "flatten", "mean", "rnn", "gru", "minimal-gru", "lstm", "peephole", "janet", "cnn",
        "cnn-rnn", "tcn", "transformer",
    }  # fmt: skip
    parameters = {name: classifier.parameters for name, classifier in found.items()}
    assert parameters["flatten"] == 80_161  # deck 000
    assert parameters["lstm"] == 328_353  # deck 000
    assert parameters["mean"] == 320_000 + 33
    assert parameters["rnn"] == 320_000 + 32 * (32 + 32 + 1) + 33
    assert parameters["gru"] == 320_000 + 3 * 32 * (32 + 32 + 1) + 33
    assert parameters["bilstm"] == 320_000 + 2 * 4 * 32 * (32 + 32 + 1) + 65
    assert parameters["cnn"] == 1_280_000 + 32 * (7 * 128 + 1) + 32 * (7 * 32 + 1) + 33


def test_transfer_trains_its_vectors_once():
    combinations = Pipeline.load("transfer-imdb").combinations
    assert len(combinations) == 6
    assert len({repr(combination.stages[0]) for combination in combinations}) == 1
    assert {combination.stages[0].kind for combination in combinations} == {"vectors"}


def test_a_file_goes_before_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quickstart").write_text("name: mine\n")
    assert shipped.find("quickstart").read_text() == "name: mine\n"


def test_an_unknown_name_suggests_one():
    with pytest.raises(CallError, match="did you mean 'quickstart'"):
        shipped.find("quickstrat")
