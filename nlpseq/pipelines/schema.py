"""The JSON schema of a pipeline file, out of the settings of its stages.

It lies beside the pipelines that come with nlpseq, so that an editor finds it and a shell can
complete ``-s`` without loading what the settings are made of.
"""

import json
from pathlib import Path
from typing import Any

from nlpseq.pipelines import shipped

#: a part of a schema, or all of it
Schema = dict[str, Any]

#: what stands beside the stages; the runner checks it
_HEAD: Schema = {
    "name": {"type": "string", "minLength": 1, "description": "what the run is called"},
    "seeds": {
        "type": "array",
        "items": {"type": "integer", "minimum": 0, "exclusiveMaximum": 2**63},
        "minItems": 1,
        "uniqueItems": True,
        "default": [0],
        "description": "one run for each",
    },
    "report": {
        "anyOf": [{"type": "string", "minLength": 1}, {"type": "null"}],
        "default": None,
        "description": "the folder of the run, with a page of all figures; null: runs/NAME",
    },
    "variables": {
        "type": ["object", "null"],
        "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
        "default": None,
        "description": "values with a name, which stand for ${name} in any text of the file",
    },
    "matrix": {
        "type": ["object", "null"],
        "minProperties": 1,
        "patternProperties": {
            r"\.": {
                "type": "array",
                "minItems": 1,
                "description": "the values that an option takes",
            }
        },
        "additionalProperties": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": ["object", "null"]},
            "description": "variants of a stage, {name: {options}}, each over the stage's own",
        },
        "default": None,
        "description": "one run for each combination of the values of options, or of stages' "
        "variants",
    },
}


def file() -> Path:
    """The schema that comes with nlpseq: what :func:`text` gave when it was made."""
    return shipped.folders()[0] / "schema.json"


def text() -> str:
    """The schema as it is written."""
    return json.dumps(make(), indent=1, ensure_ascii=False) + "\n"


def make() -> Schema:
    """The schema, draft 2020-12."""
    # here, for who reads the schema's file does not wait for torch
    from pydantic.json_schema import models_json_schema

    from nlpseq.pipelines.stages import KINDS, VectorsStage

    references, found = models_json_schema([(stage, "validation") for stage in KINDS.values()])
    definitions = found["$defs"]
    for definition in definitions.values():
        tidied(definition)
    kinds: Schema = {}
    for kind, stage in KINDS.items():
        reference = references[stage, "validation"]
        if issubclass(stage, VectorsStage):
            _of_methods(definitions[_name(reference)]["properties"])
        optional = not definitions[_name(reference)].get("required")
        kinds[kind] = {"anyOf": [reference, {"type": "null"}]} if optional else reference
    stages: Schema = {
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "description": "a kind with its options",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
            "properties": kinds,
        },
        "description": "in order; each needs what stages before it give",
    }
    names = ("name", "variables", "seeds", "stages", "matrix", "report")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "a pipeline of nlpseq",
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "stages"],
        "properties": {name: (_HEAD | {"stages": stages})[name] for name in names},
        "$defs": definitions,
    }


def options(schema: Schema, kind: str) -> Schema:
    """Option → its schema, of a kind of stage."""
    found = schema["properties"]["stages"]["items"]["properties"][kind]
    return nested(schema, found) or {}


def nested(schema: Schema, found: Schema) -> Schema | None:
    """Option → its schema, of an option that holds options; None of one that holds a value."""
    for each in found.get("anyOf", (found,)):
        if "$ref" in each:
            properties: Schema = schema["$defs"][_name(each)]["properties"]
            return properties
    return None


def choices(found: Schema) -> list[str]:
    """The words that an option can be, as YAML has them, where it can be only some."""
    told: list[str] = []
    for each in found.get("anyOf", (found,)):
        if each.get("type") == "boolean":
            told += ["true", "false"]
        elif each.get("type") == "null":
            told.append("null")
        else:
            told += map(str, each.get("enum", [each["const"]] if "const" in each else []))
    return told if told != ["null"] else []


def tidied(definition: Schema) -> Schema:
    """Change and return what pydantic says of a class of settings, without what says nothing."""
    if told := definition.get("description"):
        definition["description"] = " ".join(told.replace("``", "").split())
    for found in (definition, *definition["properties"].values()):
        found.pop("title", None)
    return definition


def _name(reference: Schema) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _of_methods(properties: Schema) -> None:
    """Say of the options of training vectors what the methods' settings say."""
    from nlpseq.embeddings.train.options import options as of_methods

    for name, option in of_methods().items():
        found = properties[name]
        found["anyOf"][0] |= {_BOUNDS[bound]: value for bound, value in option.bounds.items()}
        first, *others = option.defaults.values()
        if any(other != first for other in others):
            del found["default"]
            found["description"] += f"; default {option.default}"
        else:
            found["default"] = first


_BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
}
