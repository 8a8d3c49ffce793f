"""What every verb does around its work."""

import logging

import pytest
from click.testing import CliRunner

from nlpseq.cli import main


@pytest.mark.parametrize("name", ["c.txt", "missing.txt"], ids=["done", "failed"])
def test_a_call_leaves_no_listener_behind(name, tmp_path, monkeypatch):
    """Who calls a verb from Python is not told things for ever after."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.txt").write_text("o rei e a rainha\n" * 9)
    logger = logging.getLogger("nlpseq")
    before = logger.handlers[:], logger.level
    arguments = f"vectors train {name} -o v.safetensors --dim 3 --epochs 1 --threads 1"
    done = CliRunner().invoke(main, arguments.split())
    assert (done.exit_code == 0) == (name == "c.txt")
    assert (logger.handlers, logger.level) == before
