"""The machine that a run ran on: cores, memory, versions, time."""

import contextlib
import os
import platform
import sys
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from nlpseq import __version__
from nlpseq.text.workers import cores

_PROCESS, _PROCESSOR = Path("/proc/self/clear_refs"), Path("/proc/cpuinfo")


def peak_memory() -> int | None:
    """The most memory that this process has held, in bytes, since the last :func:`reset_peak`
    where the system can forget (Linux), else since its start; None where nothing tells.
    """
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def reset_peak() -> None:
    """Let :func:`peak_memory` start from what is held now, where the system can do that."""
    with contextlib.suppress(OSError):
        if _PROCESS.exists():
            _PROCESS.write_text("5")  # man 5 proc: the peak is set back to what is held


def now() -> str:
    """The time, in ISO 8601, with its zone."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def machine() -> str:
    """Processor, cores, memory, system."""
    name = platform.processor() or platform.machine()
    memory = ""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        lines = _PROCESSOR.read_text(encoding="utf-8").splitlines()
        names = [line.partition(":")[2] for line in lines if line.startswith("model name")]
        name = " ".join(names[0].split()) if names else name
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        memory = f", {size / 2**30:.0f} GiB"
    return f"{name}, {cores()} cores{memory}, {platform.system()}"


def versions() -> str:
    """Versions of what makes the figures."""
    others = ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy"))
    return f"nlpseq {__version__}, Python {platform.python_version()}, {others}"
