"""What benchmarks share that run another tool: an environment for it, and what a process tells.

The halves that run there import this too: it needs nothing but the standard library.
"""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def python_of(
    folder: Path, *installed: Sequence[str], environment: Mapping[str, str] | None = None
) -> str:
    """The interpreter of a tool's own environment, made where there is none.

    :param installed: what pip is told to install, in one call after the other
    :param environment: variables for pip, such as a compiler's options
    """
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        for what in installed:
            install = [python, "-m", "pip", "install", "--quiet", *what]
            subprocess.run(install, check=True, env={**os.environ, **(environment or {})})
    return str(python)


def say(**figures: Any) -> None:
    """A line of JSON for the process that waits for it."""
    print(json.dumps(figures), flush=True)


def peak() -> int:
    """The most memory that this process has held, in bytes."""
    import resource

    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else held << 10
