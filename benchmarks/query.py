"""How fast vectors answer, beside gensim:

    python benchmarks/query.py VECTORS
    python benchmarks/query.py --make FOLDER         (400,000 x 300, 480 MB)

The ten nearest words of words drawn at random: one by one, and a hundred at a time, which gensim
answers one by one too. Same vectors, same words, same sitting; each tool in a process of its
own; the first questions, which build what a tool builds, are not counted but printed. The answers
must be the same words.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from load import PEER
from peers import python_of

ONE_BY_ONE, BATCHES = 300, 5

COMMON = """
import json, sys, time
import numpy as np
path, number, batches = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
{open}
words = [{words}[i] for i in np.random.default_rng(1).integers(0, {size}, number + 100 * batches)]
started = time.perf_counter()
for word in words[:20]:
    {one}
warm = time.perf_counter() - started
times, answers = [], []
for word in words[:number]:
    started = time.perf_counter()
    answer = {one}
    times.append(time.perf_counter() - started)
    answers.append([w for w, _ in answer])
batch = []
for i in range(batches):
    part = words[number + 100 * i : number + 100 * (i + 1)]
    started = time.perf_counter()
    found = {many}
    batch.append((time.perf_counter() - started) / 100)
    answers += [[w for w, _ in answer] for answer in found]
print(json.dumps([warm, float(np.median(times)), float(np.median(batch)), answers]))
"""
NLPSEQ = {
    "open": "from nlpseq.embeddings.vectors import Vectors\nv = Vectors.open(path)",
    "words": "v.words",
    "size": "len(v)",
    "one": "v.near(word, 10)",
    "many": "v.near_each(part, 10)",
}
GENSIM = {
    "open": "from gensim.models import KeyedVectors\n"
    "v = KeyedVectors.load_word2vec_format(path, binary=True)",
    "words": "v.index_to_key",
    "size": "len(v)",
    "one": "v.most_similar(word, topn=10)",
    "many": "[v.most_similar(word, topn=10) for word in part]",
}


def run(python: str, parts: dict[str, str], path: Path, most: tuple[int, int]) -> list:
    """Seconds of the first questions, of one, of one in a batch; and the answers."""
    done = subprocess.run(
        [python, "-c", COMMON.format(**parts), str(path), *map(str, most)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def make(path: Path) -> None:
    """400,000 x 300 numbers with some structure: mixtures of a few hundred directions."""
    from nlpseq.embeddings.vectors import Vectors

    random = np.random.default_rng(0)
    directions = random.normal(size=(400, 300)).astype(np.float32)
    weights = random.exponential(size=(400_000, 400)).astype(np.float32) ** 3
    matrix = weights @ directions + random.normal(size=(400_000, 300)).astype(np.float32)
    Vectors((f"w{i}" for i in range(len(matrix))), matrix).save(path)


def main() -> None:
    """Run it."""
    from nlpseq.embeddings.vectors import Vectors

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("vectors", nargs="?", type=Path)
    parser.add_argument("--make", type=Path, metavar="FOLDER")
    parser.add_argument("--peer", type=Path, help="folder of gensim's environment")
    options = parser.parse_args()
    path = options.vectors
    if options.make:
        options.make.mkdir(parents=True, exist_ok=True)
        path = options.make / "400000x300.safetensors"
        if not path.exists():
            make(path)
    if path is None:
        parser.error("give VECTORS, or --make FOLDER")
    with tempfile.TemporaryDirectory() as folder:
        python = python_of(options.peer or Path(folder) / "gensim", PEER)
        binary = Path(folder) / "vectors.bin"
        vectors = Vectors.open(path)
        vectors.save(binary)
        print(f"{len(vectors):,} × {vectors.dim}, {os.cpu_count()} cores\n")
        warm, one, many, answers = run(sys.executable, NLPSEQ, path, (ONE_BY_ONE, BATCHES))
        their_warm, their_one, their_many, theirs = run(
            python, GENSIM, binary, (ONE_BY_ONE, BATCHES)
        )
    same = sum(a == b for a, b in zip(answers, theirs, strict=True))
    print("| | nlpseq | gensim | ratio |")
    print("| --- | --- | --- | --- |")
    for name, ours, other in (
        ("one by one", one, their_one),
        ("in batches of 100", many, their_many),
    ):
        print(f"| {name}, ms | {ours * 1e3:.2f} | {other * 1e3:.2f} | {other / ours:.1f} |")
    print(f"| the first 20, s | {warm:.2f} | {their_warm:.2f} | |")
    print(f"\nthe same ten words, in the same order: {same} of {len(answers)} questions")


if __name__ == "__main__":
    main()
