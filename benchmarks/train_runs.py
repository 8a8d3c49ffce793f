"""A job as processes under watch: seconds, memory, and what they say."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

from train_engines import Job, Step

_LOOK = 0.02  # seconds between two looks at a job's memory


class Run(NamedTuple):
    """What a job took."""

    seconds: float
    cpu: float  #: seconds of all cores together
    memory: int  #: bytes: the most that it held at a time, children and mapped files included
    anonymous: int  #: of them what is not mapped from a file
    steps: dict[str, float]  #: seconds of each process
    lines: list[tuple[float, str]]  #: what it wrote to standard error, and at which second

    def tasks(self) -> dict[str, float]:
        """Seconds of each task of nlpseq's: with -v a line is its name when it starts, and the
        name again with what is done.
        """
        starts: list[tuple[float, str]] = []
        for at, line in self.lines:
            if not starts or not line.startswith(starts[-1][1]):
                starts.append((at, line))
        ends = [at for at, _ in starts[1:]] + [self.seconds]
        found: dict[str, float] = {}
        for (start, name), end in zip(starts, ends, strict=True):
            found[name] = found.get(name, 0.0) + end - start
        return found


def run(job: Job, cache: Path, kernels: Path) -> Run:
    """Do a job; leave the program with its words where it fails.

    :param cache: what nlpseq keeps between runs: an empty folder, so that nothing is there
    :param kernels: where its compiled kernels lie
    """
    environment = {**os.environ, "NLPSEQ_CACHE": str(cache), "NUMBA_CACHE_DIR": str(kernels)}
    steps: dict[str, float] = {}
    lines: list[tuple[float, str]] = []
    memory = anonymous = 0
    cpu = 0.0
    begun = time.perf_counter()
    for step in job.steps:
        started = time.perf_counter()
        with Watch(step, environment) as watch:
            lines += [(at - begun, line) for at, line in watch.lines()]
        steps[step.name] = time.perf_counter() - started
        if watch.status:
            sys.exit(f"{step.name} failed:\n" + "\n".join(line for _, line in lines))
        cpu += watch.cpu
        memory, anonymous = max(memory, watch.memory), max(anonymous, watch.anonymous)
    seconds = time.perf_counter() - begun
    if job.export:
        subprocess.run(job.export, check=True)
    return Run(seconds, cpu, memory, anonymous, steps, lines)


class Watch:
    """A process under way, and the most memory that it and its children hold.

    Of a system without ``/proc`` only what the largest process held is known.
    """

    def __init__(self, step: Step, environment: dict[str, str]) -> None:
        self.step, self.environment = step, environment
        self.memory = self.anonymous = self.status = 0
        self.cpu = 0.0
        self._over = threading.Event()

    def __enter__(self) -> "Watch":
        step = self.step
        nothing = Path(os.devnull)
        self._files = (step.stdin or nothing).open("rb"), (step.stdout or nothing).open("wb")
        self._process = subprocess.Popen(
            step.command, stdin=self._files[0], stdout=self._files[1], stderr=subprocess.PIPE,
            text=True, errors="replace", env=self.environment,
        )  # fmt: skip
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()
        return self

    def lines(self) -> list[tuple[float, str]]:
        """What the process writes to standard error until it ends, and when."""
        assert self._process.stderr is not None
        return [(time.perf_counter(), line.rstrip()) for line in self._process.stderr]

    def __exit__(self, *error: object) -> None:
        _, status, usage = os.wait4(self._process.pid, 0)
        self.status = os.waitstatus_to_exitcode(status)
        self._process.returncode = self.status  # there is nobody left to wait for
        self.cpu = usage.ru_utime + usage.ru_stime
        self._over.set()
        self._watcher.join()
        # Linux counts in ru_maxrss what the parent held when it forked
        if not Path("/proc/self/status").exists():
            unit = 1 if sys.platform == "darwin" else 1024
            self.memory = self.anonymous = usage.ru_maxrss * unit
        for file in self._files:
            file.close()

    def _watch(self) -> None:
        while not self._over.wait(_LOOK):
            held = [_held(pid) for pid in _tree(self._process.pid)]
            together = sum(each.now for each in held)
            self.memory = max(self.memory, together, *(each.peak for each in held))
            self.anonymous = max(self.anonymous, sum(each.anonymous for each in held))


class Held(NamedTuple):
    """Bytes that a process has in memory."""

    now: int
    peak: int  #: the most since it started
    anonymous: int  #: now, of no file


def _tree(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):  # it has ended
            for children in Path(f"/proc/{parent}/task").glob("*/children"):
                found += map(int, children.read_text().split())
    return found


def _held(pid: int) -> Held:
    with contextlib.suppress(OSError, KeyError):  # it has ended
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        sizes = dict(line.split(":", 1) for line in lines)
        names = ("VmRSS", "VmHWM", "RssAnon")
        return Held(*(int(sizes[name].split()[0]) << 10 for name in names))
    return Held(0, 0, 0)
