"""How the command line is misused: exit status, place, remedy, and everything left as it was."""

import gzip
import hashlib
import io
import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from click.testing import CliRunner

import nlpseq
from nlpseq.cli import main
from nlpseq.models.onnx.export import export
from nlpseq.models.tag.words import characters_of
from nlpseq.models.translate import vocabulary_of
from nlpseq.text.corpus import Document, Pair
from nlpseq.text.corpus.tagged import Tagged

Edit = Callable[[Path], object]
#: bytes; a model to copy, or nothing, where the name ends in ``/``; what is done to a file there
Content = bytes | str | Edit

HELP = "(a usage error, which names --help)"


class Misuse(NamedTuple):
    """A row: a call, what lies in the folder, and all that is said, ``…`` standing for anything."""

    name: str
    call: str  #: as a shell reads it, behind ``nlpseq``
    status: int
    said: str  #: behind ``error: ``, with its place
    remedy: str = ""  #: on the lines below, or HELP
    files: Mapping[str, Content] = {}
    stdin: bytes = b""
    out: bytes = b""  #: answers to what came before


def text(*lines: str) -> str:
    """Lines of a file."""
    return "".join(f"{line}\n" for line in lines)


def gone(path: Path) -> None:
    """Take a file away."""
    path.unlink()


def grown(path: Path) -> None:
    """Add a byte to a file."""
    path.write_bytes(path.read_bytes() + b"\n")


def _signed(path: Path, config: dict[str, Any]) -> None:
    """Write a configuration with the checksum that belongs to it: someone meant it."""
    config.pop("checksum")
    plain = json.dumps(config, sort_keys=True, separators=(",", ":"))
    config["checksum"] = hashlib.sha256(plain.encode()).hexdigest()
    path.write_text(json.dumps(config))


def told(**values: Any) -> Edit:
    """Set keys of a model's configuration."""
    return lambda path: _signed(path, json.loads(path.read_text()) | values)


def named(name: str) -> Edit:
    """Have a model's configuration name another file as its part."""

    def change(path: Path) -> None:
        config = json.loads(path.read_text())
        config["sha256"][name] = "0" * 64
        _signed(path, config)

    return change


def instead(name: str, content: bytes) -> Edit:
    """Put other bytes in a part of a model, and their hash in its configuration."""

    def change(path: Path) -> None:
        (path.parent / name).write_bytes(content)
        config = json.loads(path.read_text())
        config["sha256"][name] = hashlib.sha256(content).hexdigest()
        _signed(path, config)

    return change


def store(size: int) -> Edit:
    """So many bytes of a store of vectors."""

    def make(path: Path) -> None:
        nlpseq.Vectors(["a", "b"], np.eye(2, dtype=np.float32)).save(path)
        path.write_bytes(path.read_bytes()[:size])

    return make


LATIN = "café\n".encode("latin-1")
PICKLE = b"\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94."
VECTORS = text("3 2", "a 1 2", "b 3 4", "c 5 6")
SHORT = text("3 2", "a 1 2", "b 3", "c 5 6")
LABELLED = text("text,label", *["bom filme,pos", "filme ruim,neg"] * 6)
RAGGED = f"{LABELLED}bom\n"
TAGGED = text(*["Ana B-PER", "mora O", ""] * 4)
PIPELINE = """\
name: tiny
stages:
  - corpus: {train: a.csv, hold_out: 4}
  - vocabulary: {}
  - classifier:
      dim: 4
      hidden: 3
      training: {epochs: 2}
  - evaluate:
  - export: {to: model}
"""
TAG = """\
name: tags
stages:
  - sentences: {train: a.conll, hold_out: 2}
  - vocabulary: {}
  - tagger: {dim: 4, hidden: 3, characters: none, training: {epochs: 2}}
  - evaluate: {}
"""
TRANSLATE = """\
name: pairs
stages:
  - pairs: {source: a.en, target: a.pt, hold_out: 2}
  - units: {cut: words}
  - translator: {architecture: recurrent, hidden: 6, layers: 1, training: {epochs: 2}}
  - evaluate: {}
"""

AGAIN = "copy the model again from where it was made"
FETCH = "fetch or make the file again"
ICONV = "convert the file first, for example: iconv -f latin1 -t utf-8 IN > OUT"
FORCE = "--force replaces it"
QUOTE = "quote fields that hold the separator or a line break"
A_MODEL = "a model is a folder that nlpseq wrote"
ELSEWHERE = "name another folder, or move what stands there"


def run(old: str = "tiny", new: str = "tiny", **files: Content) -> dict[str, Content]:
    """A pipeline with something changed, and its corpus; a name's last ``_`` is a dot."""
    assert old in PIPELINE
    given = {".".join(name.rsplit("_", 1)): content for name, content in files.items()}
    return {"p.yaml": PIPELINE.replace(old, new), "a.csv": LABELLED} | given


PIPELINES = [
    Misuse("a stage that there is not", "run p.yaml", 2,
           "p.yaml:4: no stage of the kind 'vocabluary'; there are: corpus, …",
           "did you mean 'vocabulary'?", run("vocabulary", "vocabluary")),
    Misuse("a key that there is not", "run p.yaml", 2, "p.yaml:7: classifier.hiden: unknown key",
           "did you mean 'hidden'?", run("hidden", "hiden")),
    Misuse("a value of another type", "run p.yaml", 2,
           "p.yaml:7: classifier.hidden: should be a valid integer, not 'many'",
           files=run("hidden: 3", "hidden: many")),
    Misuse("a value out of range", "run p.yaml", 2,
           "p.yaml:7: classifier.hidden: should be greater than or equal to 1, not 0",
           files=run("hidden: 3", "hidden: 0")),
    Misuse("two stages of one name", "run p.yaml", 2, "p.yaml:10: two stages are named 'evaluate'",
           "give one of them another name with as: NAME",
           run("  - evaluate:", "  - evaluate:\n  - evaluate:")),
    Misuse("a stage without the one before", "run p.yaml", 2,
           "p.yaml:4: the stage 'classifier' needs vocabulary, and no stage before it gives it",
           "put a stage before it: vocabulary", run("  - vocabulary: {}\n", "")),
    Misuse("a key that stands twice", "run p.yaml", 2, "p.yaml:8: the key 'hidden' stands twice",
           files=run("hidden: 3", "hidden: 3\n      hidden: 4")),
    Misuse("tabs for blanks", "run p.yaml", 2,
           "p.yaml:6: not YAML: found character '\\t' that cannot start any token",
           files=run("      dim", "\tdim")),
    Misuse("a pipeline in latin-1", "run p.yaml", 1,
           "p.yaml:1: byte 10 of the line, 0xe9, is not UTF-8", ICONV,
           {"p.yaml": b"name: " + LATIN}),
    Misuse("a pipeline of nothing", "run p.yaml", 2, "p.yaml: name: this key is missing",
           files={"p.yaml": ""}),
    Misuse("a pipeline that is a list", "run p.yaml", 2,
           "p.yaml: a pipeline file is a mapping: name, seeds, stages",
           files={"p.yaml": "- corpus\n"}),
    Misuse("a pipeline with an alias", "run p.yaml", 2,
           "p.yaml:1: aliases (*name) have no place in a pipeline file",
           files={"p.yaml": "name: &a [*a]\n"}),
    Misuse("a pipeline with code", "run p.yaml", 2, "p.yaml:2: …",
           files={"p.yaml": "name: x\nstages: !!python/object/apply:os.system [touch x]\n"}),
    Misuse("a pipeline that is a folder", "run p.yaml", 2, "p.yaml: no such pipeline file, …",
           "known names: …quickstart…", {"p.yaml/": ""}),
    Misuse("a shipped name, misspelt", "run quickstrat", 2,
           "quickstrat: no such pipeline file, and no pipeline of that name comes with nlpseq",
           "did you mean 'quickstart'?"),
    Misuse("run what", "run", 2, "Missing argument 'FILE|NAME'.", HELP),
    Misuse("-s with a stage misspelt", "run p.yaml -s clasifier.hidden=3", 2,
           "-s clasifier.hidden=3: there is no stage 'clasifier'; the stages are: corpus, …",
           "did you mean 'classifier'?", run()),
    Misuse("-s with a key misspelt", "run p.yaml -s classifier.hiden=3", 2,
           "-s classifier.hiden=3: classifier.hiden: unknown key", "did you mean 'hidden'?", run()),
    Misuse("-s with another type", "run p.yaml -s classifier.hidden=x", 2,
           "-s classifier.hidden=x: classifier.hidden: should be a valid integer, not 'x'",
           files=run()),
    Misuse("-s without =", "run p.yaml -s classifier.hidden", 2,
           "-s classifier.hidden: an option is set with STAGE.KEY=VALUE", files=run()),
    Misuse("-s into a number", "run p.yaml -s classifier.dim.x=1", 2,
           "-s classifier.dim.x=1: 'dim' holds no options", files=run()),
    Misuse("-s with half a list", "run p.yaml -s classifier.hidden=[", 2,
           "-s classifier.hidden=[: '[' is not a YAML value", files=run()),
    Misuse("a seed twice", "run p.yaml --seed 1 --seed 1", 2,
           "-s seeds=[1, 1]: seeds: seeds are whole numbers from 0, each once", files=run()),
    Misuse("a seed twice in the file", "run p.yaml", 2,
           "p.yaml:2: seeds: seeds are whole numbers from 0, each once",
           files=run("name: tiny", "name: tiny\nseeds: [1, 1]")),
    Misuse("a seed below zero", "run p.yaml --seed -1", 2,
           "Invalid value for '--seed': -1 is not in the range x>=0.", HELP, run()),
    Misuse("an axis misspelt", "run p.yaml -s 'matrix={classifier.hiden: [1, 2]}'", 2,
           "-s matrix={classifier.hiden: [1, 2]}: classifier.hiden: unknown key",
           "did you mean 'hidden'?", run()),
    Misuse("an axis of no stage", "run p.yaml -s 'matrix={tagger.hidden: [1, 2]}'", 2,
           "-s matrix={tagger.hidden: [1, 2]}: there is no stage 'tagger'; the stages are: …",
           files=run()),
    Misuse("an axis that is a number", "run p.yaml -s 'matrix={classifier.hidden: 3}'", 2,
           "-s matrix={classifier.hidden: 3}: classifier.hidden is an axis like "
           "classifier.hidden: [value, …]", files=run()),
    Misuse("a device that there is not", "run p.yaml --device abacus", 2,
           "no device 'abacus' here", "cpu is always there", run()),
    Misuse("no threads", "run p.yaml --threads 0", 2,
           "Invalid value for '--threads': 0 is not in the range x>=1.", HELP, run()),
    Misuse("an input that is missing", "run p.yaml", 2, "aa.csv: no such file",
           "did you mean a.csv?", run("a.csv", "aa.csv")),
    Misuse("an input that is a folder", "run p.yaml", 2,
           "d: the folder holds no file of a known format", "known endings: …",
           {**run("a.csv", "d"), "d/": ""}),
    Misuse("a broken row", "run p.yaml", 1, "a.csv:14: 1 columns where the header names 2", QUOTE,
           run(a_csv=RAGGED)),
    Misuse("JSON lines broken at line 3", "run p.yaml", 1, "a.jsonl:3: not JSON: …",
           "one JSON object a line",
           run("a.csv", "a.jsonl", a_jsonl='{"text": "a", "label": "x"}\n' * 2 + "{\n")),
    Misuse("a packed corpus cut off", "run p.yaml", 1,
           "a.csv.gz: the compressed file is damaged or cut off after line …", FETCH,
           {**run("a.csv", "a.csv.gz"), "a.csv.gz": gzip.compress(LABELLED.encode())[:40]}),
    Misuse("vectors with a short row", "run p.yaml", 1,
           "v.txt:3: 1 numbers where 2 are wanted", "repair …",
           run("  - vocabulary", "  - vectors: {open: v.txt}\n  - vocabulary", v_txt=SHORT)),
    Misuse("a file where the model goes", "run p.yaml", 2,
           "model: this is there already, and is no model", ELSEWHERE,
           {**run(), "model": "mine"}),
    Misuse("other files where the model goes", "run p.yaml --force", 2,
           "model: this is there already, and is no model", ELSEWHERE,
           {**run(), "model/x": "mine"}),
    Misuse("another model where the model goes", "run p.yaml", 2,
           "model: there is a model already", "pass --force to replace it",
           {**run(), "model/": "tag"}),
    Misuse("sentences that lack a column", "run p.yaml", 1,
           "a.conll:13: 1 column where the file's first row has 2",
           "separate the columns by one space, and sentences by an empty line",
           {"p.yaml": TAG, "a.conll": f"{TAGGED}Rui\n"}),
    Misuse("a tag of no scheme", "run p.yaml", 1, "a.conll:13: 'X-P' is a tag of no scheme",
           "a tag is O, or B-, I-, …", {"p.yaml": TAG, "a.conll": f"{TAGGED}Rui X-P\n"}),
    Misuse("documents for a tagger", "run p.yaml", 2,
           "p.yaml:5: the stage 'tagger' needs sentences, and no stage before it gives it",
           "put a stage before it: sentences",
           {"p.yaml": TAG.replace("sentences: {train: a.conll", "corpus: {train: a.csv"),
            "a.csv": LABELLED}),
    Misuse("parallel files that are not", "run p.yaml", 1,
           "a.pt:2: the file ends here, and a.en goes on",
           "parallel files have as many lines; look where they part",
           {"p.yaml": TRANSLATE, "a.en": "a\nb\nc\n", "a.pt": "a\nb\n"}),
    Misuse("one side of a pair", "run p.yaml", 2, "a.pt: no such file",
           "set another with -s pairs.target=PATH", {"p.yaml": TRANSLATE, "a.en": "a\n"}),
    Misuse("heads that do not part the states", "run p.yaml -s translator.heads=4 "
           "-s translator.architecture=transformer", 2,
           "…translator: hidden 6 is not a multiple of heads 4",
           files={"p.yaml": TRANSLATE, "a.en": "a\n" * 4, "a.pt": "a\n" * 4}),
]  # fmt: skip

FOLDERS = [
    Misuse("no such model", "predict clasify", 2, "clasify: no such folder",
           "did you mean 'classify'?", {"classify/": "classify"}),
    Misuse("a file for a model", "predict m", 2, "m: no config.json here, so no model", A_MODEL,
           {"m": "x"}),
    Misuse("a folder without a model", "predict m", 2, "m: no config.json here, so no model",
           A_MODEL, {"m/": "classify", "m/config.json": gone}),
    Misuse("labels that are missing", "predict m", 1,
           "m/labels.txt: the file is missing from the model", AGAIN,
           {"m/": "classify", "m/labels.txt": gone}),
    Misuse("words that are missing", "info m", 1,
           "m/vocabulary.txt: the file is missing from the model", AGAIN,
           {"m/": "tag", "m/vocabulary.txt": gone}),
    Misuse("weights that are missing", "evaluate m a.en --target a.en", 1,
           "m/model.safetensors: the file is missing from the model", AGAIN,
           {"m/": "translate", "m/model.safetensors": gone, "a.en": "a\n"}),
    Misuse("a hash that has changed", "predict m", 1,
           "m/characters.txt: the file is not as it was saved", AGAIN,
           {"m/": "tag", "m/characters.txt": grown}),
    Misuse("weights that have changed", "export m --to onnx", 1,
           "m/model.safetensors: the file is not as it was saved", AGAIN,
           {"m/": "classify", "m/model.safetensors": grown}),
    Misuse("a graph that has changed", "predict m", 1,
           "m/model.onnx: the file is not as it was saved", AGAIN,
           {"m/": "onnx", "m/model.onnx": grown}),
    Misuse("a format of tomorrow", "predict m", 1,
           "m/config.json: format version 99; this nlpseq reads version …",
           "install the version of nlpseq that wrote it, or a newer one",
           {"m/": "classify", "m/config.json": told(version=99)}),
    Misuse("a name that leads out", "predict m", 1,
           "m/config.json: no part of a model: '../../secret.txt'",
           "trust no model that names other files: take it from where it was made",
           {"m/": "classify", "m/config.json": named("../../secret.txt")}),
    Misuse("a configuration that is no JSON", "predict m", 1, "m/config.json: not JSON: …", AGAIN,
           {"m/": "tag", "m/config.json": b"{"}),
    Misuse("a configuration that is a list", "info m", 2, "m: a folder without a model",
           "give a model folder or a file", {"m/": "tag", "m/config.json": b"[]"}),
    Misuse("a configuration without end", "predict m", 1,
           "m/config.json: larger than any that nlpseq writes", AGAIN,
           {"m/": "tag", "m/config.json": b" " * (2 << 20)}),
    Misuse("a configuration of another kind", "predict m", 1,
           "m/config.json: not a model of nlpseq", A_MODEL,
           {"m/": "tag", "m/config.json": told(format="other")}),
    Misuse("a configuration that was edited", "predict m", 1,
           "m/config.json: the file is not as it was saved", AGAIN,
           {"m/": "tag",
            "m/config.json": lambda p: p.write_text(p.read_text().replace('"task"', '"tusk"'))}),
    Misuse("settings that are a list", "predict m", 1, "m/config.json: keys are missing", AGAIN,
           {"m/": "translate", "m/config.json": told(settings=[])}),
    Misuse("a task of tomorrow", "predict m", 1,
           "m: a model for the task 'sing', which this version does not know",
           "known tasks: classify, tag, translate; a newer nlpseq may know it",
           {"m/": "translate", "m/config.json": told(task="sing")}),
    Misuse("a task of other parts", "predict m", 1, "m/config.json: settings.…",
           files={"m/": "classify", "m/config.json": told(task="tag")}),
    Misuse("a pickle for weights", "predict m", 1,
           "m/model.safetensors: the file is not as it was saved", AGAIN,
           {"m/": "classify", "m/model.safetensors": PICKLE}),
    Misuse("a pickle for weights, meant", "predict m", 1,
           "m/model.safetensors: not a safetensors file: …", AGAIN,
           {"m/": "classify", "m/config.json": instead("model.safetensors", PICKLE)}),
    Misuse("more words than weights", "predict m", 1,
           "m/model.safetensors: 'embedding.weight' has shape (…), the settings want (3, …)", AGAIN,
           {"m/": "classify", "m/config.json": instead(
               "vocabulary.txt", b"# nlpseq vocabulary 1 specials=pad,unk\na\n")}),
    Misuse("a graph that is none", "predict m", 1, "m/model.onnx: not a graph of ONNX",
           f"{AGAIN}, or export it again",
           {"m/": "onnx", "m/config.json": instead("model.onnx", b"x")}),
]  # fmt: skip

MODELS = [
    Misuse("predict what", "predict", 2, "Missing argument 'MODEL'.", HELP),
    Misuse("a format that there is not", "predict m --format xml", 2,
           "Invalid value for '--format': 'xml' is not one of 'tsv', 'jsonl', 'conll', 'html'.",
           HELP, {"m/": "tag"}),
    Misuse("columns of a classifier", "predict m --format conll", 2,
           "m: the format conll is for taggers", files={"m/": "classify"}),
    Misuse("a page of a translator", "predict m --format html", 2,
           "m: the format html is for taggers", files={"m/": "translate"}),
    Misuse("a column without columns", "predict m --word-column 2", 2,
           "--word-column is for the format conll", "add --format conll", {"m/": "tag"}),
    Misuse("a column that there is not", "predict m --format conll --word-column 3", 1,
           "standard input:1: no column 3, there are 2", "columns are counted from 1: …",
           {"m/": "tag"}, b"a b\n"),
    Misuse("a row that lacks a column", "predict m --format conll", 1,
           "standard input:2: 1 column where the file's first row has 2", "separate the columns …",
           {"m/": "tag"}, b"a b\nc\n"),
    Misuse("a beam of a tagger", "predict m --beam 3", 2,
           "m: --beam and --n-best are for translators", files={"m/": "tag"}),
    Misuse("more answers than the beam", "predict m --beam 2 --n-best 3", 2,
           "--n-best 3 is more than the beam 2 follows", "raise --beam", {"m/": "translate"}),
    *(
        Misuse(f"bytes of no text, {task}", "predict m", 1,
               "standard input:1: byte 4 of the line, 0xe9, is not UTF-8", ICONV,
               {"m/": task}, LATIN + b"bom\n")
        for task in ("classify", "tag", "translate", "onnx")
    ),
    Misuse("packed lines cut off", "predict m", 1,
           "standard input: the compressed file is damaged or cut off…", FETCH,
           {"m/": "classify"}, gzip.compress(LABELLED.encode())[:12]),
    Misuse("a graph on another device", "predict m --device cuda", 2,
           "device cuda: an exported model runs on the cpu", files={"m/": "onnx"}),
    Misuse("evaluate on what", "evaluate m", 2, "Missing argument 'DATA'.", HELP,
           {"m/": "classify"}),
    Misuse("evaluate on what is not there", "evaluate m b.csv", 2, "b.csv: no such file",
           "did you mean a.csv?", {"m/": "classify", "a.csv": LABELLED}),
    Misuse("evaluate on a broken row", "evaluate m a.csv", 1,
           "a.csv:14: 1 columns where the header names 2", QUOTE,
           {"m/": "classify", "a.csv": RAGGED}),
    Misuse("evaluate on a new label", "evaluate m a.csv", 1,
           "a.csv:14: the label 'meh' never occurs in the training data; its labels are: neg, pos",
           "mend the label or the split", {"m/": "classify", "a.csv": f"{LABELLED}bom,meh\n"}),
    Misuse("evaluate on a field misspelt", "evaluate m a.csv --label labels", 1,
           "a.csv:2: no field 'labels' here; the fields are: text, label", "did you mean 'label'?",
           {"m/": "classify", "a.csv": LABELLED}),
    Misuse("evaluate on text alone", "evaluate m a.txt", 2, "a.txt: plain text holds no labels",
           "give JSON lines, CSV or TSV …", {"m/": "classify", "a.txt": "bom\n"}),
    Misuse("evaluate with an option of others", "evaluate m a.csv --tag-column 2", 2,
           "m: --tag-column is not for models of the task 'classify'",
           files={"m/": "classify", "a.csv": LABELLED}),
    Misuse("evaluate with an option misspelt", "evaluate m a.csv --jsno", 2,
           "No such option '--jsno'. Did you mean '--json'?", HELP,
           {"m/": "classify", "a.csv": LABELLED}),
    Misuse("evaluate on a lost column", "evaluate m a.conll", 1,
           "a.conll:13: 1 column where the file's first row has 2", "separate the columns …",
           {"m/": "tag", "a.conll": f"{TAGGED}Rui\n"}),
    Misuse("evaluate on a new type", "evaluate m a.conll", 1,
           "a.conll:13: the type of entity 'ORG' was not in the training data",
           "there were: LOC, PER", {"m/": "tag", "a.conll": f"{TAGGED}Rui B-ORG\n"}),
    Misuse("evaluate without the target", "evaluate m a.en", 2,
           "a translator is evaluated on two files", "name the other one with --target",
           {"m/": "translate", "a.en": "a\n"}),
    Misuse("evaluate with half the target", "evaluate m a.en --target a.pt", 1,
           "a.pt:1: the file ends here, and a.en goes on", "parallel files have as many lines; …",
           {"m/": "translate", "a.en": "a\nb\n", "a.pt": "a\n"}),
    Misuse("export to what", "export m", 2, "Missing option '--to'. Choose from:…", HELP,
           {"m/": "classify"}),
    Misuse("export a tagger", "export m --to onnx", 2, "m: only classifiers are exported so far",
           "take it as it is", {"m/": "tag"}),
    Misuse("export twice", "export m --to int8", 2, "m: this model was exported already",
           "export the model that it was made from", {"m/": "onnx"}),
    Misuse("export over the model", "export m --to onnx -o m", 2, "m: the model would be gone",
           "name another folder", {"m/": "classify"}),
    Misuse("export over a file", "export m --to onnx -o o --force", 2,
           "o: this is there already, and is no model", ELSEWHERE, {"m/": "classify", "o": "mine"}),
    Misuse("export into a file", "export m --to onnx -o o/p/q --force", 2,
           "…o: this is a file, and a folder is to be made in it", "name another folder",
           {"m/": "classify", "o": "mine"}),
    Misuse("run: export into a file", "run quickstart -s export.to=o/p", 2,
           "…o: this is a file, and a folder is to be made in it", "name another folder",
           {"o": "mine"}),
    Misuse("export over a device", "export m --to onnx -o /dev/full", 2,
           "/dev/full: this is there already, and is no model", ELSEWHERE, {"m/": "classify"}),
    Misuse("export with a broken row", "export m --to onnx --data a.csv", 1,
           "a.csv:14: 1 columns where the header names 2", QUOTE,
           {"m/": "classify", "a.csv": RAGGED}),
    Misuse("info of nothing", "info a.csv", 2, "a.csv: no such file", "did you mean b.csv?",
           {"b.csv": LABELLED}),
    Misuse("info of a broken row", "info a.csv", 1, "a.csv:14: 1 columns …", QUOTE,
           {"a.csv": RAGGED}),
]  # fmt: skip

TEXTS = [
    Misuse("a verb that there is not", "tokenise", 2, "No such command 'tokenise'.…", HELP),
    Misuse("a recipe misspelt", "tokenize --recipe nilk", 2,
           "Invalid value for '--recipe': 'nilk' is not one of 'none', 'lower', 'nilc', 'glove'.",
           HELP),
    Misuse("spaCy without a language", "tokenize --tokenizer spacy", 2,
           "the kind spacy needs a language, such as pt", "name it: language", stdin=b"a\n"),
    Misuse("a language without spaCy", "vocab --language pt", 2, "language is for the kind spacy",
           "cut by spacy, or leave the language out", stdin=b"a\n"),
    Misuse("JSON lines broken behind good ones", "tokenize a.jsonl", 1, "a.jsonl:3: not JSON: …",
           "one JSON object a line", {"a.jsonl": '{"text": "a"}\n{"text": "b"}\n{"text"}\n'},
           out=b"a\nb\n"),
    Misuse("subwords of no words", "tokenize --learn bpe -o t.json a.txt", 1,
           "there is no text to learn subwords from", "give texts that hold words",
           {"a.txt": "\n"}),
    Misuse("words over a file", "vocab a.txt -o v.txt", 2, "v.txt: is there already", FORCE,
           {"a.txt": "a\n", "v.txt": "mine"}),
    Misuse("words below a file", "vocab a.txt -o a.txt/v", 1, "{folder}/a.txt: File exists",
           files={"a.txt": "a\n"}),
    Misuse("words to where nothing can be", "vocab a.txt -o /proc/none/v", 1,
           "/proc/none: No such file or directory", files={"a.txt": "a\n"}),
    Misuse("a count misspelt", "vocab --min-count few", 2,
           "Invalid value for '--min-count': 'few' is not a valid integer range.", HELP),
    Misuse("check of nothing", "check", 2, "Missing argument 'PATH...'.", HELP),
    Misuse("check of what is not there", "check a.conl", 2, "a.conl: no such file",
           "did you mean a.conll?", {"a.conll": TAGGED}),
    Misuse("check against what is not there", "check a.csv --dev b.csv", 2,
           "b.csv: no such file", "did you mean a.csv?", {"a.csv": LABELLED}),
    Misuse("check with an idle option", "check a.csv --recipe lower", 2,
           "--recipe: is for --vectors, of no effect here", files={"a.csv": LABELLED}),
    Misuse("embed what", "embed", 2, "Missing argument 'VECTORS'.", HELP),
    Misuse("embed by a model", "embed m", 2,
           "m: a model, and documents are embedded by word vectors alone so far",
           "name a file of vectors; nlpseq predict gives a model's answers", {"m/": "classify"}),
    Misuse("embed the input by itself", "embed - -", 2,
           "standard input cannot give the vectors and the lines", "name a file of lines"),
    Misuse("embed into a packed matrix", "embed v.txt a.txt -o o.npy.gz", 2,
           "o.npy.gz: a matrix is written to a plain file, not to a pipe or compressed",
           "name a file that ends in .npy", {"v.txt": VECTORS, "a.txt": "a\n"}),
    Misuse("embed over a file", "embed v.txt a.txt -o o.txt", 2, "o.txt: is there already", FORCE,
           {"v.txt": VECTORS, "a.txt": "a\n", "o.txt": "mine"}),
    Misuse("embed bytes of no text", "embed v.txt", 1,
           "standard input:2: byte 4 of the line, 0xe9, is not UTF-8", ICONV, {"v.txt": VECTORS},
           b"a\n" + LATIN, b"1 2\n"),
    Misuse("embed by counts that there are not", "embed v.txt a.txt --weights frequency", 2,
           "these vectors do not know how often a word was seen",
           "weight all words alike (mean), …", {"v.txt": VECTORS, "a.txt": "a\n"}),
]  # fmt: skip

ON_VECTORS = [
    Misuse("a verb of vectors that there is not", "vectors nearest", 2,
           "No such command 'nearest'.…", HELP),
    Misuse("a short row", "vectors info v.txt", 1, "v.txt:3: 1 numbers where 2 are wanted",
           "repair …", {"v.txt": SHORT}),
    Misuse("vectors of nothing", "vectors info v.txt", 1, "v.txt: the file is empty", FETCH,
           {"v.txt": ""}),
    Misuse("a pickle for vectors", "vectors info v.bin", 2,
           "v.bin: a pickle of gensim, which can run code when it is opened",
           "if you trust who made it, give the format: gensim", {"v.bin": PICKLE}),
    Misuse("a store cut off", "vectors info v.safetensors", 1,
           "v.safetensors: the store is damaged: …", FETCH,
           {"v.safetensors": store(-5)}),
    Misuse("a store that is all header", "vectors near v.safetensors a", 1,
           "v.safetensors: the header of the store is damaged or cut off", FETCH,
           {"v.safetensors": store(100)}),
    Misuse("a set misspelt", "vectors info glove-6b-100", 2,
           "glove-6b-100: no such file, and no set of that name is in the catalogue",
           "did you mean 'glove-6b-100d'?"),
    Misuse("a word that there is not", "vectors near v.txt zzz", 1,
           "the vectors hold no word 'zzz'", "is it spelled as in their text?",
           {"v.txt": VECTORS}),
    Misuse("a word misspelt", "vectors near v.txt A", 1, "the vectors hold no word 'A'",
           "did you mean 'a'?", {"v.txt": VECTORS}),
    Misuse("no answers", "vectors near v.txt a -k 0", 2,
           "Invalid value for '-k': 0 is not in the range x>=1.", HELP, {"v.txt": VECTORS}),
    Misuse("counts that there are not", "vectors near v.txt a --min-count 2", 2,
           "min_count: these vectors do not know how often a word was seen",
           "leave it out, or take the store that training wrote", {"v.txt": VECTORS}),
    Misuse("vectors and words at once", "vectors near -", 2,
           "standard input cannot be both the vectors and the words",
           "give the name of a file of vectors, or the words on the line"),
    Misuse("two words of three", "vectors analogy v.txt a b", 2,
           "3 words make a question, and 2 were given", "A B C asks: …", {"v.txt": VECTORS}),
    Misuse("a line of two words of three", "vectors analogy v.txt", 1,
           "standard input:1: 2 words, 3 make a question", "A B C asks: …", {"v.txt": VECTORS},
           b"a b\na b c\n"),
    Misuse("convert to nowhere", "vectors convert v.txt", 2, "Missing argument 'TARGET'.", HELP,
           {"v.txt": VECTORS}),
    Misuse("convert a short row", "vectors convert v.txt o/w.safetensors", 1,
           "v.txt:3: 1 numbers where 2 are wanted", "repair (--repair) …", {"v.txt": SHORT}),
    Misuse("convert over a file", "vectors convert v.txt w.bin", 2, "w.bin: is there already",
           FORCE, {"v.txt": VECTORS, "w.bin": "mine"}),
    Misuse("convert over the words", "vectors convert v.txt w.tsv", 2,
           "w-words.tsv: is there already", FORCE, {"v.txt": VECTORS, "w-words.tsv": "mine"}),
    Misuse("convert two files into one", "vectors convert v.txt - --to projector", 2,
           "the projector takes two files", "give a name that ends in .tsv", {"v.txt": VECTORS}),
    Misuse("convert two files into a device", "vectors convert v.txt /dev/full --to projector", 2,
           "the projector takes two files", "give a name that ends in .tsv", {"v.txt": VECTORS}),
    Misuse("convert with a licence to text", "vectors convert v.txt w.txt --licence MIT", 2,
           "w.txt: only a store keeps licence", "let the name end in .safetensors",
           {"v.txt": VECTORS}),
    Misuse("convert what is no fastText", "vectors convert v.txt w.txt --from fasttext", 1,
           "v.txt: not a model of fastText", "take its .bin file; …", {"v.txt": VECTORS}),
    Misuse("evaluate on no test", "vectors evaluate v.txt", 2, "nothing to evaluate on",
           "give a file: --similarity, …", {"v.txt": VECTORS}),
    Misuse("evaluate on a short pair", "vectors evaluate v.txt --similarity p.csv", 1,
           "p.csv:2: 2 columns, the lines before have 3 at least", "give two words and a number …",
           {"v.txt": VECTORS, "p.csv": "a,b,1\nb,c\n"}),
    Misuse("evaluate on a score in words", "vectors evaluate v.txt --similarity p.csv", 1,
           "p.csv:2: 'high' is not a score", "give two words and a number …",
           {"v.txt": VECTORS, "p.csv": "a,b,1\nb,c,high\n"}),
    Misuse("evaluate on three words of four", "vectors evaluate v.txt --analogy q.txt", 1,
           "q.txt:2: 3 words, a question has four", "a is to b as c is to d: …",
           {"v.txt": VECTORS, "q.txt": ": s\na b c\n"}),
    Misuse("evaluate on no category", "vectors evaluate v.txt --categories q.txt", 1,
           "q.txt:1: a category, a tab and a word are wanted", "or give ': category' …",
           {"v.txt": VECTORS, "q.txt": "a b\n"}),
    Misuse("a map in another format", "vectors map v.txt -o m.pdf", 2,
           "m.pdf: a map is written as PNG, SVG, HTML or TSV",
           "end the file's name in .png, .svg, .html, .tsv", {"v.txt": VECTORS}),
    Misuse("a map of no words", "vectors map v.txt -o m.html --words w.txt --method pca", 2,
           "there are no words to draw", "give a list that holds words",
           {"v.txt": VECTORS, "w.txt": ""}),
    Misuse("a map around no word", "vectors map v.txt -o m.html --near zzz --method pca", 1,
           "the vectors hold no word 'zzz'", "is it spelled …", {"v.txt": VECTORS}),
    Misuse("sets of no language", "vectors list --language tlh", 2,
           "Invalid value for '--language': 'tlh' is not one of 'pt', 'es', 'en'.", HELP),
    Misuse("pull a set misspelt", "vectors pull nilc-skip-gram-100", 2,
           "nilc-skip-gram-100: no set of that name is in the catalogue",
           "did you mean 'nilc-skip-gram-100d'?"),
    Misuse("pull an address that is none", "vectors pull hf://../x --offline", 2,
           "hf://../x: this is no address on the hub", "write it as hf://owner/name, …"),
    Misuse("pull without a network", "vectors pull hf://owner/name --offline", 2,
           "hf://owner/name: not in the cache, and the network is not to be used", "go online …"),
    Misuse("pull over a file", "vectors pull nilc-skip-gram-100d -o v.safetensors --offline", 2,
           "v.safetensors: is there already", FORCE, {"v.safetensors": "mine"}),
    Misuse("train on nothing", "vectors train -o v.txt", 2, "Missing argument 'CORPUS...'.", HELP),
    Misuse("train on what is not there", "vectors train a.tx -o v.txt", 2, "a.tx: no such file",
           "did you mean a.txt?", {"a.txt": "a b\n"}),
    Misuse("train on too little", "vectors train a.txt -o v.txt --threads 1", 1,
           "a.txt: no word occurs 5 times in 2 tokens", "give more text or a lower min_count",
           {"a.txt": "a b\n"}),
    Misuse("train on bytes of no text", "vectors train a.txt -o v.txt --threads 1", 1,
           "a.txt:2: byte 4 of the line, 0xe9, is not UTF-8", ICONV, {"a.txt": b"a\n" + LATIN}),
    Misuse("train to the standard output", "vectors train a.txt -o -", 2,
           "-o -: vectors are written to a file", "name it: -o FILE", {"a.txt": "a b\n"}),
    Misuse("train to a device", "vectors train a.txt -o /dev/full --min-count 1", 2,
           "-o /dev/full: vectors are written to a file", "name it: -o FILE", {"a.txt": "a b\n"}),
    Misuse("train over a file", "vectors train a.txt -o v.txt", 2, "v.txt: is there already", FORCE,
           {"a.txt": "a b\n", "v.txt": "mine"}),
    Misuse("train with an option of others", "vectors train a.txt -o v.txt --min-n 3", 2,
           "--min-n: for fasttext only, of no effect on skip-gram", "leave --min-n out",
           {"a.txt": "a b\n"}),
    Misuse("train with no number", "vectors train a.txt -o v.txt --learning-rate nan", 2,
           "--learning-rate: should be a finite number, not nan", files={"a.txt": "a b\n"}),
    Misuse("train over what was cut off", "vectors train a.txt -o v.txt", 2,
           "v.txt.checkpoint: a training was cut off here",
           "--resume goes on with it, --force starts from the beginning",
           {"a.txt": "a b\n", "v.txt.checkpoint/checkpoint.json": "{}"}),
    Misuse("train on with what is damaged", "vectors train a.txt -o v.txt --resume --threads 1 "
           "--min-count 1", 1, "v.txt.checkpoint: the checkpoint is damaged: …",
           "delete v.txt.checkpoint to train from the start",
           {"a.txt": "a b\n", "v.txt.checkpoint/checkpoint.json": "{"}),
]  # fmt: skip

ONTO_A_FULL_DISK = [
    Misuse(f"full: {call}", call, 1, "…No space left on device",
           files={"a.txt": "a b\n", "v.txt": VECTORS})
    for call in (
        "tokenize a.txt -o /dev/full", "vocab a.txt -o /dev/full",
        "tokenize --learn bpe --size 99 a.txt -o /dev/full", "embed v.txt a.txt -o /dev/full",
        "vectors convert v.txt /dev/full", "vectors convert v.txt /dev/full --to store",
        "vectors convert v.txt /dev/full --to word2vec-binary",
    )
]  # fmt: skip

MISUSES = [*PIPELINES, *FOLDERS, *MODELS, *TEXTS, *ON_VECTORS, *ONTO_A_FULL_DISK]


class Shell(NamedTuple):
    """A row for what only a process meets: a script, its standard error and its status."""

    name: str
    script: str
    status: int
    said: str  #: all of it
    files: Mapping[str, Content] = {}
    limit: int | None = None  #: bytes that a file may have


LINES = text(*(f"linha {number} de texto" for number in range(3000)))
DIFFERENT = text(*map(str, range(30_000)))
MANY = text("2000 3", *(f"w{number} 1 {number} 2" for number in range(2000)))
FULL = "error: …No space left on device\n"
LARGE = "error: …File too large\n"
NO_INPUT = "error: there is no standard input here\n  name a file instead\n"

FULL_DISK = [
    *(
        Shell(f"full: {call}", f"nlpseq {call} > /dev/full", 1, FULL,
              {"a.txt": LINES, "v.txt": MANY, "p.csv": "w1,w2,1\nw1,w3,2\nw2,w3,3\n"})
        for call in (
            "tokenize a.txt", "embed v.txt a.txt", "vectors info v.txt", "vectors near v.txt w1",
            "vectors list", "vectors evaluate v.txt --similarity p.csv", "vectors convert v.txt -",
            "vectors convert v.txt - --to store",
        )
    ),
    Shell("full: vocab", "nlpseq vocab a.txt > /dev/full", 1, FULL, {"a.txt": LINES}),
    Shell("full: check", "nlpseq check a.txt > /dev/full", 1, f"…{FULL}", {"a.txt": LINES}),
    Shell("full: predict", "nlpseq predict m < a.txt > /dev/full", 1, FULL,
          {"m/": "classify", "a.txt": LINES}),
    Shell("full: predict, one line", "echo bom | nlpseq predict m > /dev/full", 1, FULL,
          {"m/": "onnx"}),
    Shell("full: run", "nlpseq run p.yaml --dry-run > /dev/full", 1, FULL, run()),
    Shell("full: the help", "nlpseq --help > /dev/full", 1, FULL),
    Shell("full: the place", "nlpseq tokenize a.txt > /dev/full", 1,
          "error: standard output: No space left on device\n", {"a.txt": "a\n"}),
    Shell("full: the place of -o", "nlpseq tokenize a.txt -o /dev/full", 1,
          "error: /dev/full: No space left on device\n", {"a.txt": "a\n"}),
]  # fmt: skip

TOO_LARGE = [
    *(
        Shell(f"limit: {call}", f"nlpseq {call}", 1, LARGE, {"a.txt": LINES, "v.txt": MANY}, 4096)
        for call in (
            "tokenize a.txt -o o.txt", "tokenize a.txt -o o/p/q.txt.gz", "vocab a.txt -o o.txt",
            "embed v.txt a.txt -o o.npy", "vectors convert v.txt w.safetensors",
            "vectors convert v.txt w.bin", "vectors convert v.txt w.txt",
            "vectors convert v.txt w.tsv", "vectors map v.txt -o m.tsv --method pca",
            "vectors map v.txt -o m.html --method pca",
            "tokenize --learn bpe --size 400 a.txt -o t.json",
        )
    ),
    Shell("limit: over a file", "nlpseq vocab a.txt -o o.txt --force", 1, LARGE,
          {"a.txt": LINES, "o.txt": "mine"}, 4096),
    Shell("limit: the first of two files", "nlpseq vectors convert v.txt w.tsv", 1, LARGE,
          {"v.txt": text("600 3", *(f"w{number} 1 {number} 2" for number in range(600)))}, 4096),
    Shell("limit: vectors train", "nlpseq vectors train a.txt -o v.txt --threads 1 --dim 20 "
          "--min-count 1 --epochs 1", 1, f"…{LARGE}", {"a.txt": LINES}, 4096),
    Shell("limit: export", "nlpseq export m --to onnx", 1, LARGE, {"m/": "classify"}, 300),
    Shell("limit: run", "nlpseq run p.yaml", 1, LARGE, run(), 200),
    Shell("limit: the place", "nlpseq vocab a.txt -o o.txt", 1, "error: o.txt: File too large\n",
          {"a.txt": LINES}, 4096),
]  # fmt: skip

CLOSED = [
    *(
        Shell(f"closed pipe: {call}", f"yes bom filme | nlpseq {call} | head -n 1", 0, "",
              {"a.txt": DIFFERENT, "v.txt": MANY, "m/": "classify"})
        for call in (
            "tokenize", "vocab a.txt", "embed v.txt",
            "vectors convert v.txt -", "vectors near v.txt", "vectors near v.txt w1 -k 2000",
            "vectors list", "predict m", "--help",
        )
    ),
    *(
        Shell(f"no input: {call}", f"nlpseq {call} <&-", 2, NO_INPUT, {"v.txt": VECTORS})
        for call in (
            "tokenize", "vocab", "embed v.txt", "vectors near v.txt", "vectors info -",
            "vectors convert - w.txt", "vectors train - -o w.txt",
        )
    ),
    Shell("no input: predict", "nlpseq predict m <&-", 2, NO_INPUT, {"m/": "tag"}),
    Shell("no output", "nlpseq tokenize a.txt >&-", 1, "error: …standard output…\n",
          {"a.txt": "a\n"}),
]  # fmt: skip

SHELL = [*FULL_DISK, *TOO_LARGE, *CLOSED]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models, one a task, that have hardly learned."""
    folder = tmp_path_factory.mktemp("models")
    training = nlpseq.TrainingSettings(epochs=1)
    rows = [Document("bom filme", "pos"), Document("filme ruim", "neg")]
    words = nlpseq.Vocabulary.build(row.text.split() for row in rows)
    classifier = nlpseq.Classifier(
        words, ["neg", "pos"], nlpseq.ClassifierSettings(dim=4, hidden=3)
    )
    classifier.fit(rows, training=training)
    classifier.save(folder / "classify")
    tagged = [Tagged(["Ana", "mora", "em", "Recife"], ["B-PER", "O", "O", "B-LOC"])] * 2
    spelled = [sentence.words for sentence in tagged]
    tagger = nlpseq.Tagger(
        nlpseq.Vocabulary.build([word.lower() for word in each] for each in spelled),
        ["LOC", "PER"],
        nlpseq.TaggerSettings(dim=4, hidden=4, character_dim=3, character_hidden=3),
        scheme="IOB2",
        characters=characters_of(spelled),
    )
    tagger.fit(tagged, training=training)
    tagger.save(folder / "tag")
    pairs = [Pair("um dois", "1 2"), Pair("dois", "2")]
    sides = ([pair.source for pair in pairs], [pair.target for pair in pairs])
    translator = nlpseq.Translator(
        *(vocabulary_of(nlpseq.Tokenizer(), side) for side in sides),
        nlpseq.TranslatorSettings(architecture="recurrent", hidden=4, layers=1),
    )
    translator.fit(pairs, training=training)
    translator.save(folder / "translate")
    export(classifier, folder / "onnx", weights="float32", documents=(), threads=1)
    return folder


@pytest.fixture
def lay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: Path) -> Callable[..., Path]:
    """Lay out files in an empty folder, the current one."""
    monkeypatch.chdir(tmp_path)

    def fill(files: Mapping[str, Content]) -> Path:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name.endswith("/"):
                shutil.copytree(models / str(content), path) if content else path.mkdir()
            elif callable(content):
                content(path)
            else:
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return fill


def state(folder: Path) -> dict[str, str]:
    """Each thing below a folder with the hash of its bytes, but what runs keep for themselves."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "a folder"
        for path in sorted(folder.rglob("*"))
        if not (folder / "runs").is_dir() or path.relative_to(folder).parts[0] != "runs"
    }


def like(expected: str) -> re.Pattern[str]:
    """What a text is like where ``…`` stands for anything."""
    return re.compile(".*".join(map(re.escape, expected.split("…"))), re.DOTALL)


@pytest.mark.parametrize("row", MISUSES, ids=lambda row: row.name)
def test_a_misuse_is_told_with_its_place_and_a_remedy_and_harms_nothing(row, lay):
    folder = lay(row.files)
    before = state(folder)
    done = CliRunner().invoke(main, shlex.split(row.call), prog_name="nlpseq", input=row.stdin)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    if row.remedy == HELP:
        expected = f"Usage: nlpseq …\nTry 'nlpseq…--help' for help.\n\nError: {row.said}\n"
    else:
        remedy = f"\n  {row.remedy}" if row.remedy else ""
        expected = f"error: {row.said.replace('{folder}', str(folder.resolve()))}{remedy}\n"
    assert like(expected).fullmatch(done.stderr), done.stderr
    assert done.exit_code == row.status
    assert "Traceback" not in done.stderr
    assert done.stdout_bytes == row.out
    assert state(folder) == before


def test_the_table_holds_what_was_promised():
    names = [row.name for row in (*MISUSES, *SHELL)]
    assert len(names) == len(set(names)) >= 60
    verbs = {" ".join(row.call.split()[:1]) for row in MISUSES}
    assert verbs > {"run", "predict", "evaluate", "embed", "info", "export", "check", "tokenize",
                    "vocab", "vectors"}  # fmt: skip
    of_vectors = {row.call.split()[1] for row in MISUSES if row.call.startswith("vectors ")}
    assert of_vectors > {"train", "convert", "info", "near", "analogy", "evaluate", "map", "list",
                         "pull"}  # fmt: skip


def limited(limit: int | None) -> None:
    """For Popen's ``preexec_fn``: bound the size of files."""
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


@pytest.mark.parametrize("row", SHELL, ids=[row.name for row in SHELL])
def test_what_only_a_process_meets_is_told_and_leaves_nothing_half_written(row, lay, command):
    folder = lay(row.files)
    before = state(folder)
    done = subprocess.run(
        ["bash", "-c", row.script],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        preexec_fn=partial(limited, row.limit),
        env={**os.environ, "PATH": f"{Path(command).parent}:{os.environ['PATH']}"},
    )
    said = done.stderr.decode()
    assert like(row.said).fullmatch(said), said
    assert "Traceback" not in said
    if row.status:
        assert done.returncode == row.status
        assert done.stdout == b""
    else:
        assert done.stdout.count(b"\n") == 1
    assert state(folder) == before


class Pressing(io.TextIOWrapper):
    """A standard error in front of which someone presses Ctrl-C when a line comes."""

    def __init__(self, line: str) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)
        self.line = line

    def write(self, text: str) -> int:
        written = super().write(text)
        if text.strip() == self.line:
            self.line = ""
            signal.raise_signal(signal.SIGINT)
        return written

    @property
    def told(self) -> str:
        """What was written."""
        return self.buffer.getvalue().decode()  # type: ignore[attr-defined]


@pytest.fixture
def heeding() -> Iterator[None]:
    """A Ctrl-C that is heard, also where what runs the tests ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


CORPUS = text(*["bom filme", "filme ruim"] * 40)
JOBS: dict[str, tuple[str, dict[str, Content]]] = {
    "classify": (
        PIPELINE.replace(
            "  - vocabulary",
            "  - vectors: {train: skip-gram, text: a.txt, dim: 4, min_count: 1, epochs: 1}\n"
            "  - vocabulary",
        ).replace("dim: 4\n", "embedding: tuned\n"),
        {"a.csv": LABELLED, "a.txt": CORPUS},
    ),
    "tag": (f"{TAG}  - export: {{to: model}}\n", {"a.conll": TAGGED}),
    "translate": (
        f"{TRANSLATE}  - export: {{to: model}}\n",
        {"a.en": text(*["one two", "two"] * 4), "a.pt": text(*["um dois", "dois"] * 4)},
    ),
}
#: job → its stages; in the one that trains, also the lines that it tells of its parts
STAGES = {
    "classify": ["corpus", "vectors", "vocabulary", "classifier", "evaluate", "export"],
    "tag": ["sentences", "vocabulary", "tagger", "evaluate", "export"],
    "translate": ["pairs", "units", "translator", "evaluate", "export"],
}
PRESSED = [
    *((job, stage, done) for job, stages in STAGES.items() for done, stage in enumerate(stages)),
    ("classify", "training", 3),
    ("classify", "linear baseline", 3),
    ("tag", "training", 2),
    ("translate", "training", 2),
]  # fmt: skip


@pytest.mark.parametrize(("job", "line", "done"), PRESSED)
@pytest.mark.usefixtures("heeding")
def test_ctrl_c_at_any_stage_of_a_run_loses_nothing(job, line, done, lay, monkeypatch, capsys):
    pipeline, files = JOBS[job]
    folder = lay({"p.yaml": pipeline, **files})
    before = state(folder)

    def call(pressed_at: str) -> tuple[int, str]:
        with monkeypatch.context() as patch, pytest.raises(SystemExit) as left:
            patch.setattr(sys, "stderr", Pressing(pressed_at))
            try:
                main(["run", "p.yaml", "-v", "--threads", "1"], prog_name="nlpseq")
            finally:
                told = sys.stderr.told
        return left.value.code, told

    status, told = call(line)
    assert told.endswith("interrupted\n"), told
    assert f"\n{line}\n" in f"\n{told}"
    assert "Traceback" not in told
    assert capsys.readouterr().out == ""
    assert (status, state(folder)) == (130, before)

    status, told = call("no such line")  # and it goes on with the stage that was cut off
    assert status == 0, told
    count = f"{done} of {len(STAGES[job])} stages were done already"
    assert (count in told) == (done > 0), told
    assert (folder / "model" / "config.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("tokenize --threads 2", None),
        ("vocab --threads 2 -v", "count words\n"),
        ("tokenize --threads 1 -o o.txt -v", "tokenize\n"),
        ("embed v.txt", None),
        ("vectors near v.txt", None),
        ("predict m", None),
    ],
    ids=["workers", "counting", "a file", "embedding", "questions", "a model"],
)
def test_ctrl_c_ends_a_stream_at_once(arguments, line, lay, command):
    folder = lay({"v.txt": MANY, "m/": "classify"})
    before = state(folder)
    endless = subprocess.Popen(["yes", "bom filme"], stdout=subprocess.PIPE)
    process = subprocess.Popen(
        [command, *arguments.split()], stdin=endless.stdout, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    endless.stdout.close()
    try:
        if line is None:
            for _ in range(1 << 18 if "--threads 2" in arguments else 1):  # workers have begun
                process.stdout.readline()
        else:
            while process.stderr.readline().decode() != line:
                assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: all of the group
        _, told = process.communicate(timeout=60)
    finally:
        process.kill()
        endless.kill()
        endless.wait()
    assert process.returncode == 130, told
    assert told.decode() == "interrupted\n"
    assert state(folder) == before


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to read memory from")
def test_answers_of_a_model_take_no_memory(lay, command):
    folder = lay({"m/": "classify"})

    def most(process: subprocess.Popen[bytes]) -> int:
        """KiB that it has held at most."""
        status = Path(f"/proc/{process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1])

    some = b"um filme bom, e o outro ruim\n" * 20_000
    process = subprocess.Popen(
        [command, "predict", "m", "--threads", "1"], stdin=subprocess.PIPE,
        stdout=(folder / "o.txt").open("wb"),
    )  # fmt: skip
    process.stdin.write(some)
    process.stdin.flush()
    after_some = most(process)
    for _ in range(3):
        process.stdin.write(some)
        process.stdin.flush()
    after_all = most(process)
    process.stdin.close()
    assert process.wait(120) == 0
    assert (folder / "o.txt").read_bytes().count(b"\n") == 80_000
    assert after_all - after_some < 8 << 10
