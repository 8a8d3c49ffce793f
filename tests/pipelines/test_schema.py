"""The JSON schema of pipeline files."""

import copy
import json

import pytest
from jsonschema import Draft202012Validator

from nlpseq.errors import CallError
from nlpseq.pipelines import configuration, schema, shipped
from nlpseq.pipelines.runner import Pipeline
from nlpseq.pipelines.stages import KINDS
from nlpseq.pipelines.template import TASKS, make


@pytest.fixture(scope="module")
def made():
    return schema.make()


@pytest.fixture(scope="module")
def validator(made):
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


def test_the_file_that_comes_with_nlpseq_is_up_to_date():
    told = "nlpseq init --schema -o pipelines/schema.json --force"
    assert schema.file().read_text(encoding="utf-8") == schema.text(), f"make it again: {told}"


@pytest.mark.parametrize("name", sorted(shipped.names()))
def test_what_comes_with_nlpseq_is_valid(name, validator):
    validator.validate(configuration.read(shipped.find(name)).values)


@pytest.mark.parametrize("task", list(TASKS))
def test_what_init_writes_is_valid(task, validator, tmp_path):
    (tmp_path / "my.yaml").write_text(make(task), encoding="utf-8")
    validator.validate(configuration.read(tmp_path / "my.yaml").values)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("nane",), "x"),
        (("name",), ""),
        (("seeds",), [1, 1]),
        (("seeds",), [-1]),
        (("stages",), []),
        (("stages", 3, "clasifier"), {}),
        (("stages", 0, "corpus", "trian"), "x"),
        (("stages", 0, "corpus", "hold_out"), 0),
        (("stages", 1, "vectors", "dim"), 0),
        (("stages", 1, "vectors", "train"), "skipgram"),
        (("stages", 3, "classifier", "hidden"), "many"),
        (("stages", 3, "classifier", "dropout"), 1),
        (("stages", 3, "classifier", "encoder"), "lsmt"),
        (("stages", 3, "classifier", "training", "epoch"), 3),
        (("stages", 5, "export"), None),
        (("matrix",), {"classifier.hidden": 16}),
        (("matrix",), {"classifier": [16]}),
    ],
    ids=lambda part: ".".join(map(str, part)) if isinstance(part, tuple) else "",
)
def test_what_a_run_refuses_is_refused(place, value, validator, tmp_path, monkeypatch):
    values = copy.deepcopy(configuration.read(shipped.find("quickstart")).values)
    validator.validate(values)
    target = values
    for part in place[:-1]:
        target = target[part]
    target[place[-1]] = value
    assert not validator.is_valid(values)
    (tmp_path / "my.yaml").write_text(json.dumps(values))
    with pytest.raises(CallError):
        Pipeline.load(tmp_path / "my.yaml")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("stages", 4, "evaluate"), None),
        (("stages", 4, "evaluate"), {"as": "last"}),
        (("stages", 3, "classifier", "class_weights"), {"positive": 2.0}),
        (("stages", 3, "classifier", "training", "betas"), [0.9, 0.98]),
        (
            ("matrix",),
            {"classifier.hidden": [16, 32], "corpus": {"few": {"limit": 3}, "all": None}},
        ),
        (("report",), "reports/x"),
    ],
    ids=lambda part: ".".join(map(str, part)) if isinstance(part, tuple) else "",
)
def test_what_a_run_takes_is_taken(place, value, validator, tmp_path):
    values = copy.deepcopy(configuration.read(shipped.find("quickstart")).values)
    target = values
    for part in place[:-1]:
        target = target[part]
    target[place[-1]] = value
    validator.validate(values)
    (tmp_path / "my.yaml").write_text(json.dumps(values))
    Pipeline.load(tmp_path / "my.yaml")


def test_the_head_has_the_keys_that_a_run_knows(made, tmp_path):
    (tmp_path / "my.yaml").write_text("name: x\nzzzzzz: 1\n")
    with pytest.raises(CallError) as error:
        Pipeline.load(tmp_path / "my.yaml")
    assert error.value.remedy == f"known keys: {', '.join(made['properties'])}"


def test_each_option_of_each_kind_has_a_description(made):
    for kind in KINDS:
        for name, found in schema.options(made, kind).items():
            for each in (schema.nested(made, found) or {name: found}).values():
                assert each["description"], f"{kind}.{name}"


def test_choices_are_as_yaml_has_them(made):
    options = schema.options(made, "classifier")
    assert schema.choices(options["bidirectional"]) == ["true", "false"]
    assert schema.choices(options["biases"]) == ["1", "2"]
    assert schema.choices(options["class_weights"]) == ["balanced", "null"]
    assert schema.choices(options["thaw"]) == []
    assert schema.choices(options["hidden"]) == []
