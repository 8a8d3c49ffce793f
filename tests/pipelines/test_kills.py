"""What is killed goes on: the script of benchmarks/, with a pipeline that takes a second."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "kills.py"


def test_a_run_that_is_killed_at_random_moments_loses_and_leaves_nothing(folder):
    done = subprocess.run(
        [
            sys.executable, SCRIPT, "--kills", "5", "job/tiny.yaml", "-s", "vectors.save=v.txt",
            "-s", "classifier.log=log.csv",
        ],
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 kills" in done.stdout
    assert "nothing was lost, repeated or left" in done.stdout
