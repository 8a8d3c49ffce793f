import itertools
import json

import numpy as np
import onnxruntime
import pytest
import torch

import nlpseq
from nlpseq.errors import CallError, DataError
from nlpseq.layers.encoder import READS
from nlpseq.models.onnx import export as exporting
from nlpseq.models.onnx.export import export
from nlpseq.models.onnx.graph import quantized
from nlpseq.models.onnx.network import model_of

TEXTS = ["w1 w2 w3", "", "w1", " \t ", "unknown 👩‍💻", "w9 " * 50, "\ud800", "w2\u2028w3", "\x00"]
FILES = {"config.json", "model.onnx", "vocabulary.txt", "labels.txt", "metrics.json", "README.md"}


@pytest.fixture
def exported(made, tmp_path):
    export(made("gru"), tmp_path / "m", weights="float32", threads=1)
    return tmp_path / "m"


def probabilities(answers):
    return [list(answer.probabilities.values()) for answer in answers]


@pytest.mark.parametrize(("weights", "tolerance"), [("float32", 1e-5), ("int8", 0.05)])
@pytest.mark.parametrize("name", ["gru", "gru, windows", "gru, multilabel"])
def test_what_was_exported_answers_as_the_model(made, tmp_path, name, weights, tolerance):
    model = made(name)
    model.thresholds = [0.2, 0.9]
    done = export(model, tmp_path / "m", weights=weights, threads=1)
    assert 0 < done.difference <= tolerance
    loaded = nlpseq.load(tmp_path / "m", threads=1)
    found, wanted = list(loaded.predict(TEXTS)), list(model.predict(TEXTS))
    assert [type(answer) for answer in found] == [type(answer) for answer in wanted]
    assert [answer.reason for answer in found] == [answer.reason for answer in wanted]
    for some, others in zip(probabilities(found), probabilities(wanted), strict=True):
        assert some == pytest.approx(others, abs=tolerance)
    assert loaded.thresholds == model.thresholds
    assert {path.name for path in (tmp_path / "m").iterdir()} == FILES
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_it_streams_and_wants_a_list(exported):
    model = nlpseq.load(exported, threads=1)
    assert list(model.predict([])) == []
    endless = itertools.cycle(["w1 w2", "", "w3"])
    assert len(list(itertools.islice(model.predict(endless), 10))) == 10
    with pytest.raises(CallError, match="list"):
        model.predict("w1 w2")


@pytest.mark.parametrize("encoder", READS)
def test_int8_is_a_third_of_the_size(encoder):
    hidden = {} if encoder in ("flatten", "mean") else {"hidden": 32}
    settings = nlpseq.ClassifierSettings(encoder=encoder, dim=32, max_length=20, **hidden)
    words = nlpseq.Vocabulary([f"w{i}" for i in range(3000)])
    model = nlpseq.Classifier(words, ["no", "yes"], settings)
    with torch.no_grad():
        small, large = (model_of(model, int8=int8).ByteSize() for int8 in (True, False))
    assert small < large / 3


def test_quantized_is_the_nearest_of_255_steps():
    W = torch.randn(3, 7, generator=torch.Generator().manual_seed(1))
    W[1] = 0
    Q, s = quantized(W, 1)
    assert Q.dtype == torch.int8
    assert Q.abs().amax(1).tolist() == [127, 0, 127]
    error = (Q * s - W).abs()
    assert (error <= W.abs().amax(1, keepdim=True) / 254 + 1e-7).all()
    again, s_again = quantized(Q * s, 1)
    assert torch.equal(again, Q)
    torch.testing.assert_close(s_again, s)


def test_a_graph_that_does_not_agree_is_not_written(made, tmp_path, monkeypatch):
    other = made("mean")
    monkeypatch.setattr(exporting, "model_of", lambda _, int8: model_of(other, int8=int8))
    with pytest.raises(DataError, match="differ") as error:
        export(made("gru"), tmp_path / "m", weights="float32", threads=1)
    assert error.value.remedy
    assert not list(tmp_path.iterdir())


def test_a_graph_that_answers_nan_is_not_written(made, tmp_path):
    model = made("mean")
    with torch.no_grad():
        model.network.output.bias.fill_(torch.nan)
    with pytest.raises(DataError, match="nan"):
        export(model, tmp_path / "m", weights="float32", threads=1)


def test_weights_that_no_graph_holds_are_refused(made, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "_MOST", 1000)
    with pytest.raises(CallError, match="GB") as error:
        export(made("mean"), tmp_path / "m", weights="float32", threads=1)
    assert "int8" in error.value.remedy


def test_nothing_but_a_model_is_replaced_and_only_on_request(made, exported, tmp_path):
    model = made("gru")
    with pytest.raises(CallError, match="--force"):
        export(model, exported, weights="int8", threads=1)
    export(model, exported, weights="int8", threads=1, replace=True)
    assert nlpseq.load(exported).settings.weights == "int8"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(CallError, match="no model"):
        export(model, tmp_path / "mine", weights="int8", threads=1, replace=True)


def test_labelled_documents_are_answered_before_and_after(made, tmp_path):
    model = made("gru")
    documents = [nlpseq.Document(f"w{i} w{i + 1}", f"l{i % 2}") for i in range(20)]
    done = export(model, tmp_path / "m", weights="int8", documents=documents, threads=1)
    loaded = nlpseq.load(tmp_path / "m", threads=1)
    assert done.figure == "accuracy"
    assert done.quality == (
        model.evaluate(documents).figures["accuracy"],
        loaded.evaluate(documents).figures["accuracy"],
    )
    metrics = json.loads((tmp_path / "m" / "metrics.json").read_text())
    assert metrics["figures"]["accuracy"] == done.quality.after
    assert done.size.before == sum(p.numel() for p in model.network.parameters()) * 4
    assert done.size.after == (tmp_path / "m" / "model.onnx").stat().st_size
    assert min(done.speed) > 0


def test_it_runs_on_the_cpu_and_answers_and_no_more(exported):
    with pytest.raises(CallError, match="cpu"):
        nlpseq.load(exported, device="cuda")
    with pytest.raises(CallError, match="exported"):
        nlpseq.Classifier.load(exported)


def test_the_graph_runs_as_the_card_says(exported):
    card = (exported / "README.md").read_text()
    assert "count from 2, other words have 1, and what\n  fills up a shorter row is 0" in card
    lines = (exported / "vocabulary.txt").read_text().splitlines()[1:]
    number = {line.split("\t")[0]: i for i, line in enumerate(lines, 2)}
    ids = np.array([[number["w3"], number["w1"], 1], [number["w2"], 0, 0]])
    session = onnxruntime.InferenceSession(exported / "model.onnx")
    [found] = session.run(None, {"ids": ids, "lengths": np.array([3, 1])})
    wanted = probabilities(nlpseq.load(exported).predict(["w3 w1 zyzzyva", "w2"]))
    np.testing.assert_allclose(found, wanted, atol=1e-6)
