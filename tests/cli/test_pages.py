"""The shell examples of the pages under cli/ are run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGES = Path(__file__).resolve().parents[2] / "cli"


@pytest.mark.parametrize("page", sorted(p.name for p in PAGES.glob("*.md")))
def test_examples_run(page, command, tmp_path):
    text = (PAGES / page).read_text(encoding="utf-8")
    examples = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    path = f"{Path(command).parent}:{os.environ['PATH']}"
    for example in examples:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", example],
            cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout or done.stderr


def test_the_python_of_the_readme_runs(command, tmp_path):
    text = (PAGES.parent / "README.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    subprocess.run([command, "run", "skip-gram-sample"], cwd=tmp_path, check=True)
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "the document is empty" in done.stdout


def test_each_verb_has_its_page():
    from nlpseq.cli import main

    assert {f"{verb}.md" for verb in main.modules} <= {p.name for p in PAGES.glob("*.md")}
