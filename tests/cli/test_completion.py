"""What a shell completes."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from click.shell_completion import ShellComplete

from nlpseq.cli import completion, main
from nlpseq.pipelines import shipped
from nlpseq.pipelines.template import TASKS

SHELLS = ["bash", "zsh", "fish"]


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def items(*words):
    """What completes the last of some words."""
    *before, incomplete = words
    return ShellComplete(main, {}, "nlpseq", "_NLPSEQ_COMPLETE").get_completions(before, incomplete)


def answers(*words):
    return [item.value for item in items(*words) if item.type == "plain"]


def test_verbs():
    assert answers("in") == ["init", "info"]
    assert set(answers("")) == set(main.modules)


def test_tasks():
    assert answers("init", "") == list(TASKS)
    assert [(item.value, item.help) for item in items("init", "tr")] == [
        ("translate", TASKS["translate"].what)
    ]


def test_pipelines_and_files():
    assert answers("run", "") == list(shipped.names())
    assert answers("run", "quick") == ["quickstart"]
    for word in ("", "quick", "my.y"):
        assert [item.type for item in items("run", word)][-1] == "file"


def test_an_option_of_a_stage_is_found_part_by_part():
    def after(word):
        return answers("run", "quickstart", "-s", word)

    assert after("") == [
        "corpus.", "vectors.", "vocabulary.", "classifier.", "evaluate.", "export.",
        "name=", "seeds=", "matrix=", "report=",
    ]  # fmt: skip
    assert after("cl") == ["classifier."]
    assert after("classifier.en") == ["classifier.encoder="]
    assert set(after("classifier.tr")) == {"classifier.training.", "classifier.truncate="}
    assert after("classifier.training.opt") == ["classifier.training.optimizer="]
    assert after("classifier.encoder=ls") == ["classifier.encoder=lstm"]
    assert after("classifier.bidirectional=") == [
        "classifier.bidirectional=true",
        "classifier.bidirectional=false",
    ]
    assert after("classifier.training.optimizer=adam") == [
        "classifier.training.optimizer=adam",
        "classifier.training.optimizer=adamw",
    ]
    assert "tagger." not in after("t")
    for word in ("tagger.hid", "clasifier.", "classifier.hidden.", "classifier.hidden=1", "name.x"):
        assert after(word) == []


def test_stages_are_those_of_the_file(tmp_path):
    (tmp_path / "my.yaml").write_text(
        "name: x\nstages:\n  - units: {as: pieces}\n  - tagger:\n  - nonsense: {}\n"
    )
    assert answers("run", "my.yaml", "-s", "pieces.cut=w") == [
        "pieces.cut=wordpiece",
        "pieces.cut=words",
    ]
    assert [word for word in answers("run", "my.yaml", "--set", "") if word[-1] == "."] == [
        "pieces.",
        "tagger.",
    ]


def test_without_a_pipeline_there_are_all_kinds():
    assert answers("run", "-s", "tagger.crf=") == ["tagger.crf=true", "tagger.crf=false"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stages: 3", []),
        ("stages: [3, {}, {3: 4}]", []),
        ("stages: [{units: 3}]", ["units."]),
        ("", []),
    ],
    ids=["number", "numbers", "no options", "empty"],
)
def test_what_is_no_stage_is_passed_over(text, expected, tmp_path):
    (tmp_path / "my.yaml").write_text(text)
    words = answers("run", "my.yaml", "-s", "")
    assert words == [*expected, "name=", "seeds=", "matrix=", "report="]


def test_variables_are_found_where_a_file_has_some(tmp_path):
    (tmp_path / "my.yaml").write_text("variables: {data: a, dim: 3}\nstages: [corpus: {}]\n")
    assert answers("run", "my.yaml", "-s", "v") == ["variables."]
    assert answers("run", "my.yaml", "-s", "variables.d") == ["variables.data=", "variables.dim="]
    assert answers("run", "my.yaml", "-s", "variables.data=") == []


@pytest.mark.parametrize("text", ["[", "3", "\x00", None], ids=["cut", "number", "nul", "none"])
def test_of_what_is_no_pipeline_nothing_is_known(text, tmp_path):
    if text is not None:
        (tmp_path / "my.yaml").write_text(text)
    assert answers("run", "my.yaml", "-s", "") == []


@pytest.mark.parametrize("shell", SHELLS)
def test_files_where_nothing_else_is_known(shell):
    asked = completion._SHELLS[shell](main, {}, "nlpseq", "_NLPSEQ_COMPLETE")
    [item] = asked.get_completions(["tokenize"], "rev")
    assert (item.type, item.value) == ("file", "rev")
    assert asked.get_completions(["tokenize"], "--nothing") == []
    found = [
        (i.type, i.value)
        for i in asked.get_completions(["run", "quickstart", "-s"], "corpus.train=a")
    ]
    assert found == [("file", "corpus.train=a")]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "quickstart", "-s", "classifier.en"], "plain,classifier.encoder="),
        (["run", "quickstart", "-s", "classifier.encoder", "=", "ls"], "plain,lstm"),
        (["run", "quickstart", "-s", "corpus.multilabel", "="], "plain,true\nplain,false"),
        (["run", "quickstart", "-s", "corpus.train", "=", "a"], "file,a"),
        (["run", "quickstart", "-s", "corpus.train", "=", "a", "--see"], "plain,--seed"),
        (["predict", "m", "--format", "=", "ht"], "plain,html"),
        (["init", ""], "plain,classify\nplain,tag\nplain,translate\nplain,vectors"),
    ],
    ids=lambda part: "".join(part) if isinstance(part, list) else "",
)
def test_bash_gets_what_it_replaces(words, expected, monkeypatch):
    """It takes = for a word of its own, and replaces what stands behind it alone."""
    monkeypatch.setenv("COMP_WORDS", "\n".join(["nlpseq", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    asked = completion._SHELLS["bash"](main, {}, "nlpseq", "_NLPSEQ_COMPLETE")
    assert asked.complete() == expected


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_a_script_that_it_can_read(shell, within):
    done = within("completion", shell)
    assert done.returncode == 0
    assert f"_NLPSEQ_COMPLETE={shell}_complete" in done.stdout
    if program := shutil.which(shell):
        read = subprocess.run([program, "-n"], input=done.stdout, capture_output=True, text=True)
        assert (read.returncode, read.stderr) == (0, "")


def test_another_shell_is_a_wrong_call(within):
    assert within("completion", "tcsh").returncode == 2


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
def test_bash_completes(command, tmp_path):
    (tmp_path / "my reviews.csv").touch()
    script = """
eval "$(nlpseq completion bash)"
compopt() { echo "$@"; }
COMP_WORDS=(nlpseq run quickstart -s "$@"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_nlpseq_completion nlpseq
printf '%s\\n' "${COMPREPLY[@]}"
"""
    path = f"{os.path.dirname(command)}:{os.environ['PATH']}"  # noqa: PTH120

    def complete(*words):
        done = subprocess.run(
            ["bash", "-c", script, "bash", *words],
            cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True,
        )  # fmt: skip
        assert not done.stderr
        return done.stdout.splitlines()

    assert complete("classifier.en") == ["-o nospace", "classifier.encoder="]
    assert complete("classifier.encoder", "=", "lst") == ["lstm"]
    assert complete("corpus.train", "=", "my") == ["-o filenames", "my reviews.csv"]


@pytest.mark.parametrize(
    "words",
    [
        ["run", ""],
        ["run", "quickstart", "-s", "classifier.hid"],
        ["init", ""],
        [""],
        ["vectors", ""],
    ],
    ids=["source", "option", "task", "verb", "vectors"],
)
def test_completing_loads_nothing_heavy(words, tmp_path):
    code = (
        "import atexit, json, sys\n"
        "def tell(): json.dump(sorted({m.split('.')[0] for m in sys.modules}), sys.stderr)\n"
        "atexit.register(tell)\n"
        "from nlpseq.cli import main\n"
        "main(prog_name='nlpseq')"
    )
    asked = {
        "_NLPSEQ_COMPLETE": "bash_complete",
        "COMP_WORDS": "\n".join(["nlpseq", *words]),
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **asked}, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stdout.startswith(("plain,", "file,"))
    heavy = {"torch", "spacy", "gensim", "numba", "sklearn", "pyarrow", "tokenizers", "scipy"}
    assert not set(json.loads(done.stderr)) & (heavy | {"numpy", "pydantic", "rich", "matplotlib"})
