"""How training of word vectors scales with threads and with the vocabulary, and what bounds it:

    python benchmarks/train_scaling.py

The text is generated: each word once, then words drawn by Zipf's law, in documents of 250. The
kernel is timed alone, an epoch over ids in memory; then the whole job through the command line,
from the text file to the saved vectors, kernels compiled before. The best of several runs counts.

What bounds the kernel is reckoned from what a trained word (one that subsampling leaves) costs a
thread. A text of so few words that both matrices fit half of a core's second cache, on one thread,
gives the cost of the arithmetic alone. What one thread needs beyond it, it waits for rows that lie
further away: in the third cache, or in memory where the matrices are larger than that. What a
thread of several needs beyond one alone, it waits for the others: for lines that they write too,
or for their share of the memory's bandwidth.
"""

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from train_engines import Engines, Training
from train_runs import run
from train_vectors import head, row

from nlpseq.embeddings.train.kernels.drawing import keep_probability
from nlpseq.embeddings.train.methods import settings_of, trainer_of
from nlpseq.embeddings.train.stream import Stream
from nlpseq.embeddings.words import Words
from nlpseq.progress import silent

DOCUMENT = 250  # words
CACHES = {"L2": 512 << 10, "L3": 32 << 20}  # where the system does not tell

Ids = npt.NDArray[np.int32]


class Kernel(NamedTuple):
    """An epoch over ids in memory."""

    seconds: float
    words: int  #: that were gone through
    trained: float  #: of them what subsampling is expected to leave

    def cost(self, threads: int) -> float:
        """Nanoseconds of a thread for a trained word."""
        return self.seconds * threads / self.trained * 1e9


def zipf(words: int, tokens: int, seed: int) -> Stream:
    """A text in which the word of rank r is drawn with a probability that falls with 1 / r."""
    random = np.random.default_rng((seed, words))
    share = np.cumsum(1 / np.arange(1, words + 1))
    drawn = np.searchsorted(share, random.random(max(tokens - words, 0)) * share[-1])
    ids = np.concatenate([np.arange(words), drawn])
    random.shuffle(ids)
    counts = np.bincount(ids, minlength=words)
    order = np.argsort(-counts, kind="stable")  # most frequent first, as any stream has it
    rank = np.empty(words, np.int32)
    rank[order] = np.arange(words, dtype=np.int32)
    offsets = np.append(np.arange(0, len(ids), DOCUMENT), len(ids)).astype(np.int64)
    names = Words.of(f"w{i}" for i in range(words))
    return Stream(names, counts[order].astype(np.int64), rank[ids], offsets)


def write(stream: Stream, path: Path) -> None:
    """The stream as a text, a document a line."""
    names = np.array([f"w{i}" for i in range(len(stream.words))])
    with path.open("w") as file:
        for start in range(0, len(stream.offsets) - 1, 1000):
            ends = stream.offsets[start : start + 1001].tolist()
            lines = (" ".join(names[stream.ids[a:b]].tolist()) + "\n" for a, b in pairwise(ends))
            file.writelines(lines)


def kernel(stream: Stream, told: Training, repeats: int, subsample: float | None = None) -> Kernel:
    """The best of several epochs over ids in memory."""
    rate = told.usual.subsample if subsample is None else subsample
    options = {
        "dim": told.dim, "window": told.window, "negatives": told.negatives, "min_count": 1,
        "subsample": rate, "epochs": 1,
    }  # fmt: skip
    settings = settings_of(told.method).model_validate(options)
    trainer = trainer_of(stream, settings, told.seed, told.threads, folder=None, progress=silent)
    spent = []
    with ThreadPoolExecutor(told.threads) as pool:
        for _ in range(repeats):
            started = time.perf_counter()
            for step in range(trainer.steps):
                trainer.step(0, step, pool)
            spent.append(time.perf_counter() - started)
    kept = np.minimum(keep_probability(stream.counts, rate), 1) @ stream.counts
    return Kernel(min(spent), len(stream.ids), float(kept))


def caches() -> dict[str, int]:
    """Bytes of a core's second and third cache."""
    found = dict(CACHES)
    for index in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):
        level = f"L{(index / 'level').read_text().strip()}"
        if level in found:
            found[level] = int((index / "size").read_text().strip().removesuffix("K")) << 10
    return found


def bound(cost: float, alone: float, arithmetic: float, matrices: int, held: dict[str, int]) -> str:
    """Shares of what a trained word costs a thread.

    :param cost: of one of the threads
    :param alone: of a thread alone, on the same text
    :param arithmetic: of a thread alone, all rows in the second cache
    """
    level = next((name for name, size in held.items() if matrices <= size), "memory")
    rest = "lines that all write" if level != "memory" else "lines that all write, and bandwidth"
    shares = {
        "arithmetic": min(arithmetic, cost),
        f"rows in {level}": max(min(alone, cost) - arithmetic, 0),
        rest: max(cost - max(alone, arithmetic), 0),
    }
    return ", ".join(
        f"{name} {part / cost:.0%}" for name, part in shares.items() if part > cost / 50
    )


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--method", choices=["skip-gram", "cbow"], default="skip-gram")
    parser.add_argument("--words", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--tokens", type=int, default=10_000_000)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--negatives", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3, help="of which the best counts")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    from nlpseq.pipelines.machine import machine, versions

    def told(threads: int) -> Training:
        return Training(
            options.method, options.dim, options.window, options.negatives, 1, 1, threads,
            options.seed,
        )  # fmt: skip

    held = caches()
    row_bytes = 4 * -(-options.dim // 8) * 8
    few = held["L2"] // 2 // (2 * row_bytes)
    print(f"{machine()}; {versions()}")
    print(", ".join(f"{name} {size >> 10:,} KiB" for name, size in held.items()))
    kernel(zipf(few, 10_000, options.seed), told(1), 1)  # compiles
    # every word is kept, or of so few words hardly one would be
    reference = kernel(zipf(few, options.tokens // 10, options.seed), told(1), options.repeats, 1e9)
    arithmetic = reference.cost(1)
    print(
        f"{options.method}, {options.dim} numbers a vector; rows of {few} words in the second "
        f"cache: {arithmetic:.0f} ns a trained word\n"
    )
    head(
        "words", "both matrices, MB", "threads", "kernel, words/s", "ns a trained word, a thread",
        "whole job, words/s", "the kernel's part of it", "what bounds the kernel",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engines = Engines(folder, None)
        write(zipf(few, 10_000, options.seed), folder / "few.txt")
        run(engines.nlpseq(told(1), folder / "few.txt", folder), folder, folder / "kernels")
        for words in options.words:
            stream = zipf(words, options.tokens, options.seed)
            text = folder / "corpus.txt"
            write(stream, text)
            alone = kernel(stream, told(1), options.repeats)
            for threads in options.threads:
                one = alone if threads == 1 else kernel(stream, told(threads), options.repeats)
                job = engines.nlpseq(told(threads), text, folder)
                runs = []
                for repeat in range(options.repeats):
                    runs.append(
                        run(job, folder / f"{words} {threads} {repeat}", folder / "kernels")
                    )
                seconds = min(each.seconds for each in runs)
                row(
                    f"{words:,}",
                    f"{2 * words * row_bytes / 1e6:,.0f}",
                    str(threads),
                    f"{one.words / one.seconds:,.0f}",
                    f"{one.cost(threads):.0f}",
                    f"{one.words / seconds:,.0f}",
                    f"{one.seconds / seconds:.0%}",
                    bound(
                        one.cost(threads), alone.cost(1), arithmetic, 2 * words * row_bytes, held
                    ),
                )


if __name__ == "__main__":
    main()
