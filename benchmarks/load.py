"""How fast vectors open, beside gensim:

    python benchmarks/load.py --make FOLDER          (writes the two files of the table, 1.1 GB)
    python benchmarks/load.py FILE.txt [FILE.txt …]

For each word2vec text file: plain, from gzip, and as word2vec binary, read into memory by both;
then nlpseq's cache: the first open, which converts, and the second with its first look-up. Each
in a fresh process, after the imports, which for nlpseq include the loading of its compiled kernels
(a file of two rows is opened first); the seconds of that stand beside. Memory is what is anonymous
(not mapped from a file) above the imports, at its peak.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from peers import python_of

PEER = ["gensim==4.4.0"]

SIZES = [(100_000, 300), (930_000, 100)]

# Runs in a process of its own: argv are the file and a word; prints seconds and memory.
MEASURE = """
import json, sys, threading, time
def anonymous():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("RssAnon"))
path, word = sys.argv[1:]
started = time.perf_counter()
{imports}
loading = time.perf_counter() - started
before, peak, running = anonymous(), 0, True
def watch():
    global peak
    while running:
        peak = max(peak, anonymous())
        time.sleep(0.002)
watcher = threading.Thread(target=watch)
watcher.start()
started = time.perf_counter()
{work}
seconds = time.perf_counter() - started
running = False
watcher.join()
{check}
print(json.dumps([seconds, max(peak, anonymous()) - before, loading]))
"""
OURS = "from nlpseq.embeddings.vectors import Vectors\n"
NUMBA = """
import tempfile
from pathlib import Path
with tempfile.TemporaryDirectory() as folder:
    tiny = Path(folder) / ("v.bin" if path.endswith(".bin") else "v.txt")
    Vectors("ab", __import__("numpy").ones((2, 3), "f4")).save(tiny)
    Vectors.open(tiny, cache=False)
"""
KINDS = {
    "memory": (OURS + NUMBA, "v = Vectors.open(path, cache=False); v[word]", ""),
    "convert": (
        OURS + NUMBA + "from nlpseq.embeddings import cache",
        "v = Vectors.open(path); v[word]",
        "",
    ),
    "again": (
        OURS + "from nlpseq.embeddings import cache, opening",
        "v = Vectors.open(path); v[word]",
        "assert not {'numba', 'scipy', 'torch', 'pydantic'} & set(sys.modules)",
    ),
    "gensim": (
        "from gensim.models import KeyedVectors",
        "v = KeyedVectors.load_word2vec_format(path, binary=path.endswith('.bin')); v[word]",
        "",
    ),
}


def run(python: str, kind: str, path: Path, word: str, cache: Path) -> tuple[float, int, float]:
    """Seconds and bytes of one open in a fresh process, and seconds of what came before."""
    imports, work, check = KINDS[kind]
    code = MEASURE.format(imports=imports, work=work, check=check)
    done = subprocess.run(
        [python, "-c", code, str(path), word],
        capture_output=True,
        text=True,
        env={**os.environ, "NLPSEQ_CACHE": str(cache)},
    )
    if done.returncode:
        sys.exit(done.stderr)
    seconds, memory, loading = json.loads(done.stdout.splitlines()[-1])
    return seconds, memory, loading


def make(path: Path, words: int, dim: int) -> None:
    """Random vectors as word2vec text, six decimals."""
    random = np.random.default_rng(0)
    row = " ".join(["%.6f"] * dim)
    with path.open("w") as file:
        file.write(f"{words} {dim}\n")
        for start in range(0, words, 1000):
            block = random.normal(0, 0.3, (min(1000, words - start), dim)).tolist()
            lines = (f"w{start + i} {row % tuple(v)}\n" for i, v in enumerate(block))
            file.write("".join(lines))


def packed(path: Path, folder: Path) -> tuple[Path, Path]:
    """The same vectors from gzip and as word2vec binary."""
    from nlpseq.embeddings.vectors import Vectors

    gz, binary = folder / f"{path.name}.gz", folder / f"{path.stem}.bin"
    with gz.open("wb") as file:
        subprocess.run(["gzip", "-6", "-c", str(path)], stdout=file, check=True)
    Vectors.open(path, cache=False).save(binary)
    return gz, binary


def compare(path: Path, python: str, folder: Path) -> None:
    """Print a file's table."""
    with path.open() as file:
        words, dim = map(int, file.readline().split())
        word = file.readline().split(" ")[0]
    gz, binary = packed(path, folder)
    cache = folder / "cache"
    for kind, file in (("memory", path), ("memory", binary)):
        run(sys.executable, kind, file, word, cache)  # kernels are compiled here
    matrix = 4 * words * dim
    size = path.stat().st_size / 1e6
    print(f"\n{words:,} × {dim}, {size:,.0f} MB of text, a matrix of {matrix / 1e6:,.0f} MB\n")
    print(
        "| | nlpseq, s | gensim, s | ratio | memory / matrix | gensim's | imports, s | gensim's |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, file in (("text", path), ("text.gz", gz), ("binary", binary)):
        ours, memory, loading = run(sys.executable, "memory", file, word, cache)
        theirs, their_memory, their_loading = run(python, "gensim", file, word, cache)
        print(
            f"| {name} | {ours:.3f} | {theirs:.2f} | {theirs / ours:.1f} "
            f"| {memory / matrix:.2f} | {their_memory / matrix:.2f} "
            f"| {loading:.2f} | {their_loading:.2f} |",
            flush=True,
        )
    first = run(sys.executable, "convert", path, word, cache)
    again = run(sys.executable, "again", path, word, cache)
    for name, seconds, memory, loaded in (
        ("text, first open with the cache", *first),
        ("second open and a look-up", *again),
    ):
        print(f"| {name} | {seconds:.4f} | | | {memory / matrix:.2f} | | {loaded:.2f} | |")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--make", type=Path, metavar="FOLDER")
    parser.add_argument("--peer", type=Path, help="folder of gensim's environment")
    options = parser.parse_args()
    files = options.files
    if options.make:
        options.make.mkdir(parents=True, exist_ok=True)
        for words, dim in SIZES:
            files.append(options.make / f"{words}x{dim}.txt")
            if not files[-1].exists():
                make(files[-1], words, dim)
    if not files:
        parser.error("give files, or --make FOLDER")
    with tempfile.TemporaryDirectory() as folder:
        python = python_of(options.peer or Path(folder) / "gensim", PEER)
        for path in files:
            compare(path, python, Path(folder))


if __name__ == "__main__":
    main()
