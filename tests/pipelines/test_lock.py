import os
import signal
import subprocess
import sys

import pytest

from nlpseq.errors import CallError
from nlpseq.pipelines.lock import holder, locked

HOLD = """
import sys, time
from pathlib import Path
from nlpseq.pipelines.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def other(tmp_path):
    """Another process that holds the folder."""
    command = [sys.executable, "-c", HOLD, tmp_path / "run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_one_at_a_time_and_the_other_is_named(tmp_path, other):
    assert holder(tmp_path / "run") == str(other.pid)
    with pytest.raises(CallError, match=f"process {other.pid} ") as error, locked(tmp_path / "run"):
        pass
    assert error.value.where == str(tmp_path / "run")


def test_one_that_was_killed_is_not_in_the_way(tmp_path, other):
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert holder(tmp_path / "run") is None
    with locked(tmp_path / "run"):
        assert holder(tmp_path / "run") == str(os.getpid())
    assert holder(tmp_path / "run") is None


def test_it_is_free_again_after_an_error(tmp_path):
    with pytest.raises(ValueError, match="x"), locked(tmp_path):
        raise ValueError("x")
    with locked(tmp_path):
        pass


def test_two_in_one_process(tmp_path):
    with locked(tmp_path), pytest.raises(CallError, match="at work"), locked(tmp_path):
        pass
