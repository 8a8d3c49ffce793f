"""``nlpseq init``."""

import json
import os
import subprocess

import pytest

from nlpseq.pipelines import schema
from nlpseq.pipelines.template import TASKS, make


@pytest.mark.parametrize("task", list(TASKS))
def test_the_answer_is_the_file(task, within):
    done = within("init", task)
    assert (done.returncode, done.stdout, done.stderr) == (0, make(task), "")


def test_a_file_is_written_and_not_over_another(within, tmp_path):
    done = within("init", "tag", "-o", "mine/my.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "written: mine/my.yaml\n")
    path = tmp_path / "mine" / "my.yaml"
    assert path.read_text(encoding="utf-8") == make("tag")
    path.write_text("mine")
    done = within("init", "tag", "-o", path)
    assert done.returncode == 2
    assert "--force" in done.stderr
    assert path.read_text() == "mine"
    assert within("init", "tag", "-o", path, "--force").returncode == 0
    assert path.read_text(encoding="utf-8") == make("tag")


def test_the_schema_is_an_answer_too(within):
    done = within("init", "--schema")
    assert json.loads(done.stdout) == schema.make()
    assert within("init", "--schema", "-o", "-").stdout == done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["clasify"], "did you mean 'classify'?"),
        ([], "classify, tag, translate, vectors"),
        (["tag", "--schema"], "one of TASK"),
    ],
    ids=["unknown", "none", "both"],
)
def test_a_wrong_call_is_told(arguments, told, within):
    done = within("init", *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert not done.stdout


def test_what_cannot_be_encoded_does_not_matter(command, tmp_path):
    plain = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([command, "init", "classify"], env=plain, capture_output=True)
    assert done.returncode == 0
    assert done.stdout.decode() == make("classify")
