"""What every verb does around its work."""

import logging
import re

import click
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


def verbs(group=main, path=()):
    """Every verb with the words that call it."""
    for name in group.list_commands(None):
        found = group.get_command(None, name)
        if isinstance(found, click.Group):
            yield from verbs(found, (*path, name))
        else:
            yield " ".join((*path, name)), found


@pytest.mark.parametrize(("words", "found"), list(verbs()), ids=[words for words, _ in verbs()])
def test_each_verb_is_taught_by_example(words, found):
    _, example, rest = (found.help or "").partition("Example")
    assert example
    assert f"nlpseq {words}" in rest


@pytest.mark.parametrize(
    ("given", "wanted"),
    [({}, "1000"), ({"GOMP_SPINCOUNT": "77"}, "77"), ({"OMP_WAIT_POLICY": "passive"}, "0")],
    ids=["by itself", "a number", "a policy"],
)
def test_threads_that_wait_sleep_soon_or_as_is_asked_for(given, wanted, model, call, monkeypatch):
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.delenv(name, raising=False)  # which another call in this process may have set
    for name, value in {**given, "OMP_DISPLAY_ENV": "verbose"}.items():
        monkeypatch.setenv(name, value)
    told = call("predict", model, stdin="gostei\n").stderr
    if "GOMP" not in told:
        pytest.skip("torch's threads are not those of libgomp")
    assert set(re.findall(r"GOMP_SPINCOUNT = '(\d+)'", told)) == {wanted}


@pytest.mark.parametrize("colour", ["", "1"], ids=["colour", "NO_COLOR"])
def test_colours_are_left_out_where_that_is_asked_for(colour, command, terminal):
    shown = terminal([command, "info", "nothing"], NO_COLOR=colour)
    assert "nothing: no such file" in shown
    assert shown.startswith("error: " if colour else "\x1b[31merror:\x1b[0m ")


def test_no_colours_in_a_pipe(call):
    assert call("info", "nothing").stderr.startswith("error: nothing")
