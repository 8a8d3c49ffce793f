"""What a run loses that is killed: SIGKILL at random moments, and the same command once more.

The pipeline is run whole, for the figures and the model that are right. Then it is run in another
folder and killed at a random moment, again and again, until it ends by itself; and so anew, until
there were so many kills. After each kill all stages that were finished must still be so, to the
byte of their records. At each end figures and model must be those of the first run, and no
temporary file may be left. One thread is used, so that trainings repeat.

    python benchmarks/kills.py --kills 100 quickstart
"""

import argparse
import contextlib
import hashlib
import json
import multiprocessing
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

TIMED = re.compile(r"/s$|^seconds$")  # figures of speed, which no two runs share
NOT_COMPARED = re.compile(r"metrics\.json|.*\.csv")  # hold the seconds of each epoch
IMPORTED = ["nlpseq.cli.run", "nlpseq.pipelines.runner", "matplotlib.pyplot", "sklearn.metrics"]
IMPORTED += ["sklearn.linear_model", "rich.table", "nlpseq.embeddings.train.methods"]
HALVES = ("trainings", "outputs")  # what a stage has in its folder while it runs
STRAY = re.compile(r"\..*\.[0-9a-f]{8}\.(tmp|old)")


class Ending(NamedTuple):
    """What a whole run has left."""

    figures: dict[str, object]
    model: dict[str, str]  #: file → hash


def main() -> None:
    """Print what was found; exit 1 where anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("source", metavar="FILE|NAME")
    parser.add_argument("-s", "--set", action="append", default=[], metavar="STAGE.KEY=VALUE")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    options = parser.parse_args()
    source = Path(options.source)
    arguments = [
        str(source.absolute() if source.exists() else source),
        *(part for text in options.set for part in ("-s", text)),
    ]
    with tempfile.TemporaryDirectory(prefix="nlpseq-kills-") as folder:
        faults = judge(Path(folder), arguments, options.kills, options.seconds, options.seed)
    sys.exit(1 if faults else 0)


def judge(
    folder: Path, arguments: list[str], kills: int, seconds: float = 1e9, seed: int = 0
) -> list[str]:
    """What was lost, a line each, which are printed too.

    :param folder: an empty one
    :param seconds: no more kills after so long
    """
    os.environ["NLPSEQ_CACHE"] = str(folder / "cache")
    draw, started = random.Random(seed), time.monotonic()
    whole = folder / "whole"
    finish(folder / "imports", ["--help"])
    length = finish(whole, arguments)
    right = ending(whole)
    again = finish(whole, arguments)
    print(f"a run takes {length:.1f} s, one with nothing to do {again:.1f} s", flush=True)
    faults: list[str] = []
    at: Counter[str] = Counter()
    done, rounds = 0, 0
    while done < kills and time.monotonic() - started < seconds:
        here = folder / f"round-{rounds}"
        left = kills - done
        # moments over the rest of the run: it gets shorter with each stage that is finished
        while left and time.monotonic() - started < seconds:
            before = records(here)
            process = begin(here, arguments)
            process.join(draw.uniform(0.5 * again, length * draw.choice((0.1, 0.3, 1))))
            if process.exitcode is not None:
                break
            process.kill()
            process.join()
            left, done = left - 1, done + 1
            at[standing(here)] += 1
            after = records(here)
            faults += [f"round {rounds}: lost {k}" for k in before if after.get(k) != before[k]]
        before = records(here)
        finish(here, arguments)
        after = records(here)
        faults += [f"round {rounds}: run again {k}" for k in before if after.get(k) != before[k]]
        reached = ending(here)
        if reached.figures != right.figures:
            faults.append(f"round {rounds}: figures {reached.figures}, not {right.figures}")
        faults += [
            f"round {rounds}: {name} is another"
            for name in right.model.keys() | reached.model.keys()
            if right.model.get(name) != reached.model.get(name)
        ]
        stray = [path for path in folder.rglob("*") if STRAY.fullmatch(path.name)]
        faults += [f"round {rounds}: {path} is left" for path in stray]
        halves = (path for name in HALVES for path in here.glob(f"runs/*/stages/*/{name}"))
        faults += [f"round {rounds}: {path} is left" for path in halves]
        rounds += 1
    spread = ", ".join(f"{name} {count}" for name, count in at.most_common())
    print(f"{done} kills in {rounds} runs, in: {spread}")
    print("\n".join(faults) if faults else "nothing was lost, repeated or left")
    return faults


def begin(folder: Path, arguments: list[str]) -> BaseProcess:
    """Start the run in a folder, in a process that has imported everything already."""
    folder.mkdir(exist_ok=True)
    context = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
    if sys.platform != "win32":
        context.set_forkserver_preload(IMPORTED)
    process = context.Process(target=work, args=(folder, ["--threads", "1", *arguments]))
    process.start()
    return process


def work(folder: Path, arguments: list[str]) -> None:
    """The run."""
    from nlpseq.cli.run import command

    os.chdir(folder)
    with (
        (folder.parent / f"{folder.name}.log").open("a") as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        command.main(arguments, standalone_mode=False)


def finish(folder: Path, arguments: list[str]) -> float:
    """Run to the end; the seconds that it took."""
    started = time.monotonic()
    process = begin(folder, arguments)
    process.join()
    if process.exitcode:
        log = folder.parent / f"{folder.name}.log"
        raise SystemExit(f"the run failed: {log.read_text()}")
    return time.monotonic() - started


def run_of(folder: Path) -> Path:
    """The folder of the only run."""
    [found] = (folder / "runs").iterdir()
    return found


def records(folder: Path) -> dict[str, str]:
    """The stages that are finished, and a hash of what each says of itself."""
    found = folder.glob("runs/*/stages/*/stage.json")
    return {path.parent.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def standing(folder: Path) -> str:
    """The stage that was not finished."""
    manifests = list(folder.glob("runs/*/run.json"))
    if not manifests:
        return "(start)"
    stages = json.loads(manifests[0].read_text())["tasks"][0]["stages"]
    finished = records(folder)
    return next((name for name, key in stages if key not in finished), "(report)")


def ending(folder: Path) -> Ending:
    """Figures without those of speed, and the hashes of all models and vectors."""
    figures: dict[str, object] = {}
    for path in sorted((run_of(folder) / "outcomes").iterdir()):
        outcome = json.loads(path.read_text())
        figures[path.name] = outcome["figures"]
        for stage in outcome["stages"]:
            told = {k: v for k, v in stage["figures"].items() if not TIMED.search(k)}
            figures[f"{path.name} {stage['name']}"] = told
    written = [p for p in folder.rglob("*") if p.is_file() and "runs" not in p.parts]
    return Ending(
        figures,
        {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in written
            if not NOT_COMPARED.fullmatch(path.name)
        },
    )


if __name__ == "__main__":
    main()
