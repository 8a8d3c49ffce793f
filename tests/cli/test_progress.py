"""Progress: bars on a terminal, lines on request, else nothing."""

import re
import sys

import pytest

from nlpseq.cli.progress import shown
from nlpseq.progress import silent

PROGRAM = """
import logging, time
from nlpseq.cli.progress import shown
from nlpseq.cli.verb import _messages
with _messages(), shown(False) as progress, progress.task("counting", 2) as task:
    for i in range(2):
        logging.getLogger("nlpseq").info("message %d", i)
        task.advance(note="half")
        time.sleep(0.2)
print("the answer")
"""


@pytest.fixture
def screen(terminal):
    """What the program shows on a terminal, in lines, each as it was drawn."""

    def lines(**environment):
        return re.split(r"[\r\n]+", terminal([sys.executable, "-c", PROGRAM], **environment))

    return lines


def test_a_terminal_has_bars_that_go_away(screen):
    drawn = screen()
    assert any("counting" in line and "━" in line for line in drawn)
    assert any("half" in line for line in drawn)
    assert drawn[-2].endswith("the answer")
    assert "counting" not in drawn[-2]


def test_messages_stand_on_lines_of_their_own(screen):
    drawn = screen()
    for i in range(2):
        [line] = [line for line in drawn if f"message {i}" in line]
        assert re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", line) == f"message {i}"


def test_bars_have_no_colours_where_that_is_asked_for(screen):
    assert any("\x1b[3" in line for line in screen(NO_COLOR=""))
    assert not any("\x1b[3" in line for line in screen(NO_COLOR="1"))


def test_a_log_has_lines_on_request(capsys):
    with shown(verbose=True) as progress, progress.task("counting", 2) as task:
        task.advance()
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "counting\n")


def test_a_log_has_nothing_else(capsys):
    with shown(verbose=False) as progress, progress.task("counting", 2) as task:
        task.advance()
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "")


def test_no_bar_stands_in_the_midst_of_answers(monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    with shown(verbose=False, answers=True) as progress:
        assert progress is silent
    monkeypatch.setattr("sys.stdout.isatty", lambda: False, raising=False)
    with shown(verbose=False, answers=True) as progress:
        assert progress is not silent
