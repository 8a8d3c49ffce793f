"""Folders that strangers made: a resealed config.json vouches for any graph."""

import json
import random
import sys

import onnx
import pytest
from onnx import TensorProto, helper

import nlpseq
from nlpseq.errors import CallError, DataError, NlpseqError
from nlpseq.models import folder
from nlpseq.models.onnx.export import export


@pytest.fixture(scope="module")
def pristine(made, tmp_path_factory):
    path = tmp_path_factory.mktemp("models")
    for name in ("gru", "janet"):  # one is a single graph, one has graphs in it
        export(made(name), path / name, weights="int8", threads=1)
    return path


@pytest.fixture
def forge(pristine, tmp_path):
    """Write a folder with another graph, its hashes right again, and open it."""

    def forge(change, name="gru"):
        path = tmp_path / "m"
        path.mkdir(exist_ok=True)
        for file in (pristine / name).iterdir():
            (path / file.name).write_bytes(file.read_bytes())
        content = change if isinstance(change, bytes) else None
        if content is None:
            graph = onnx.load(path / "model.onnx")
            change(graph)
            content = graph.SerializeToString()
        (path / "model.onnx").write_bytes(content)
        config = json.loads((path / "config.json").read_text())
        config.pop("checksum")
        config["sha256"]["model.onnx"] = folder.content_hash(path / "model.onnx")
        config["checksum"] = folder._checksum(config)
        (path / "config.json").write_text(json.dumps(config))
        return list(nlpseq.load(path, threads=1).predict(["w1 w2", "w3"]))

    return forge


def step_of(model):
    return next(node for node in model.graph.node if node.op_type == "Scan").attribute[0].g


def outside(tensor):
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../etc/passwd")


def weight_outside(model):
    outside(model.graph.initializer[0])


def weight_in_a_step_outside(model):
    step = step_of(model).initializer.add(name="w", data_type=1, dims=[3])
    outside(step)


def weight_in_an_attribute_outside(model):
    node = model.graph.node.add(op_type="Identity", input=["ids"], output=["_"])
    node.attribute.append(helper.make_attribute("value", TensorProto(data_type=1, dims=[3])))
    outside(node.attribute[0].t)


def operator_of_others(model):
    model.opset_import.add(domain="com.evil", version=1)
    model.graph.node.add(op_type="Add", domain="com.evil", input=["ids"], output=["_"])


def operator_of_onnxruntime(model):
    model.opset_import.add(domain="com.microsoft", version=1)


def unknown_operator(model):
    model.graph.node.add(op_type="Loop", input=["ids"], output=["_"])


def unknown_operator_in_a_step(model):
    step_of(model).node.add(op_type="ConstantOfShape", input=["x"], output=["_"])


def function(model):
    model.functions.add(name="Add", domain="")


def another_input(model):
    model.graph.input[0].name = "images"


def another_output(model):
    model.graph.output[0].name = "logits"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (weight_outside, "in another file"), (weight_in_a_step_outside, "in another file"),
        (weight_in_an_attribute_outside, "in another file"),
        (operator_of_others, "not ONNX's own"), (operator_of_onnxruntime, "not ONNX's own"),
        (unknown_operator, "no operator 'Loop'"),
        (unknown_operator_in_a_step, "no operator 'ConstantOfShape'"),
        (function, "functions"), (another_input, "inputs are images"),
        (another_output, "not probabilities"),
        (b"", "inputs are none"), (b"PK\x03\x04", "not a graph"), (b"\xff" * 99, "not a graph"),
    ],
)  # fmt: skip
def test_a_graph_that_nlpseq_did_not_write_is_refused(forge, change, message):
    with pytest.raises(DataError, match=message) as error:
        forge(change, "janet" if "step" in getattr(change, "__name__", "") else "gru")
    assert error.value.where.endswith("model.onnx")


def fewer_words(model):
    words = next(t for t in model.graph.initializer if t.data_type == TensorProto.INT8)
    words.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(words)[:1], words.name))


def one_label(model):
    node = model.graph.node.add(op_type="ReduceMax", input=["p"], output=["probabilities"])
    model.graph.node[-2].output[0] = "p"
    node.attribute.append(helper.make_attribute("keepdims", 1))


def missing_weight(model):
    del model.graph.initializer[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [(fewer_words, "the graph fails"), (one_label, "shape"), (missing_weight, "refuses")],
)
def test_a_graph_that_does_not_fit_the_folder_is_an_error(forge, change, message):
    with pytest.raises(DataError, match=message) as error:
        forge(change)
    assert error.value.where.endswith("model.onnx")


@pytest.mark.parametrize("name", ["gru", "janet"])
def test_no_changed_byte_gets_past_as_anything_but_an_error_of_ours(forge, pristine, name, capfd):
    content = (pristine / name / "model.onnx").read_bytes()
    chance = random.Random(1)
    for position in chance.sample(range(len(content)), 40):
        changed = bytearray(content)
        changed[position] ^= 1 << chance.randrange(8)
        try:
            forge(bytes(changed), name)
        except NlpseqError as error:
            assert error.where
    assert capfd.readouterr() == ("", "")


def test_a_changed_byte_without_its_hash_is_noticed(pristine, tmp_path):
    for file in (pristine / "gru").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    content = bytearray((tmp_path / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 4
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(DataError, match="not as it was saved"):
        nlpseq.load(tmp_path)


def test_forged_settings_are_named(pristine, tmp_path):
    for key, value in (("max_length", 0), ("windows", "2"), ("weights", "int1"), ("x", 1)):
        for file in (pristine / "gru").iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        config = json.loads((tmp_path / "config.json").read_text())
        config.pop("checksum")
        config["settings"]["network"][key] = value
        config["checksum"] = folder._checksum(config)
        (tmp_path / "config.json").write_text(json.dumps(config))
        with pytest.raises(DataError, match=rf"settings\.network\.{key}"):
            nlpseq.load(tmp_path)


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_without_the_extra_it_is_said_what_to_install(pristine, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(CallError, match=package) as error:
        nlpseq.load(pristine / "gru")
    assert "nlpseq[onnx]" in error.value.remedy
