"""The engines that the benchmarks of training compare: what each is told, and what a job takes.

A job is all that an engine does between a tokenised text file and the saved vectors, in fresh
processes. All engines of a method get the same options, but for the learning rate and how nlpseq
shares noise, where each has what it has by default. nlpseq works through its command line;
gensim and fastText have an environment of their own, made where there is none (for fastText with a
C++ compiler, and the options of its Makefile); Stanford's GloVe is no package: its four programs
are built from github.com/stanfordnlp/GloVe with ``make``.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from peers import python_of

PEERS = {
    "gensim": ["gensim==4.4.0"],
    # built here: its wheel, for any processor, needs a seventh more time
    "fasttext": ["fasttext-numpy2==0.10.4", "--no-binary", "fasttext-numpy2"],
}
COMPILER = {"CXX": f"{os.environ.get('CXX', 'c++')} -march=native -funroll-loops"}  # its Makefile's
GLOVE = ("vocab_count", "cooccur", "shuffle", "glove")
NLPSEQ = [sys.executable, "-c", "from nlpseq.cli import main; main()", "vectors", "train"]

_MOST = 10_000  # words of a line: gensim drops what is beyond


class Usual(NamedTuple):
    """What a method's own authors train with, and who else trains it here."""

    peer: str
    window: int
    learning_rate: float  #: of the peer; nlpseq has its own
    subsample: float


METHODS = {
    "skip-gram": Usual("gensim", 5, 0.025, 1e-3),
    "cbow": Usual("gensim", 5, 0.05, 1e-3),
    "fasttext": Usual("fasttext", 5, 0.05, 1e-4),
    "glove": Usual("glove", 10, 0.05, 0),
}


class Training(NamedTuple):
    """What both engines are told."""

    method: str
    dim: int
    window: int
    negatives: int
    min_count: int
    epochs: int
    threads: int
    seed: int

    @property
    def usual(self) -> Usual:
        """What is not asked for."""
        return METHODS[self.method]


class Step(NamedTuple):
    """One process of a job; its standard input and output may be files."""

    name: str
    command: list[str]
    stdin: Path | None = None
    stdout: Path | None = None


class Job(NamedTuple):
    """The processes from text to vectors."""

    steps: list[Step]
    vectors: Path  #: that nlpseq can open, written by the last step or by ``export``
    export: list[str] | None = None  #: a command that is not timed


# Each gets the corpus, where to save, and options as JSON.
_GENSIM = """
import json, sys
from gensim.models import Word2Vec
corpus, target, options = sys.argv[1:]
Word2Vec(corpus_file=corpus, **json.loads(options)).wv.save(target)
"""
_GENSIM_EXPORT = """
import sys
from gensim.models import KeyedVectors
KeyedVectors.load(sys.argv[1]).save_word2vec_format(sys.argv[2], binary=True)
"""
_FASTTEXT = """
import json, sys
import fasttext
corpus, target, options = sys.argv[1:]
fasttext.train_unsupervised(corpus, **json.loads(options)).save_model(target)
"""


class Engines:
    """Makes jobs.

    :param peers: folder of the peers' environments, filled where they are missing
    :param glove: folder of the programs of Stanford's GloVe
    """

    def __init__(self, peers: Path, glove: Path | None) -> None:
        self.peers, self.glove = peers, glove

    def peer_of(self, training: Training, corpus: Path, folder: Path) -> Job:
        """The job of the method's peer."""
        jobs: dict[str, Callable[[Training, Path, Path], Job]] = {
            "gensim": self._gensim, "fasttext": self._fasttext, "glove": self._glove,
        }  # fmt: skip
        return jobs[training.usual.peer](training, corpus, folder)

    def nlpseq(self, training: Training, corpus: Path, folder: Path) -> Job:
        """Our job, through the command line."""
        usual = training.usual
        options = {
            "--method": training.method, "--dim": training.dim, "--window": training.window,
            "--min-count": training.min_count, "--epochs": training.epochs,
            "--threads": training.threads, "--seed": training.seed,
        }  # fmt: skip
        if usual.subsample:
            options |= {"--negatives": training.negatives, "--subsample": usual.subsample}
        target = folder / "ours.safetensors"
        command = [*NLPSEQ, str(corpus), "-o", str(target), "-v", "--force"]
        command += [str(word) for option in options.items() for word in option]
        return Job([Step("nlpseq", command)], target)

    def _gensim(self, training: Training, corpus: Path, folder: Path) -> Job:
        usual = training.usual
        options = {
            "sg": int(training.method == "skip-gram"), "vector_size": training.dim,
            "window": training.window, "negative": training.negatives, "hs": 0,
            "sample": usual.subsample, "min_count": training.min_count,
            "alpha": usual.learning_rate, "min_alpha": usual.learning_rate * 1e-4,
            "epochs": training.epochs, "workers": training.threads, "seed": training.seed,
        }  # fmt: skip
        python, kept, vectors = self.python("gensim"), folder / "gensim.kv", folder / "gensim.bin"
        train = [python, "-c", _GENSIM, str(corpus), str(kept), json.dumps(options)]
        export = [python, "-c", _GENSIM_EXPORT, str(kept), str(vectors)]
        return Job([Step("gensim", train)], vectors, export)

    def _fasttext(self, training: Training, corpus: Path, folder: Path) -> Job:
        # it has no seed: with several threads each run differs anyway
        options = {
            "model": "skipgram", "dim": training.dim, "ws": training.window,
            "neg": training.negatives, "t": training.usual.subsample,
            "minCount": training.min_count, "lr": training.usual.learning_rate,
            "epoch": training.epochs, "thread": training.threads, "minn": 3, "maxn": 6,
            "bucket": 2_000_000, "verbose": 0,
        }  # fmt: skip
        vectors = folder / "fasttext.bin"
        command = [self.python("fasttext"), "-c", _FASTTEXT, str(corpus), str(vectors)]
        return Job([Step("fasttext", [*command, json.dumps(options)])], vectors)

    def _glove(self, training: Training, corpus: Path, folder: Path) -> Job:
        assert self.glove is not None  # the command line asks for it
        words, cells, mixed = folder / "words", folder / "cells", folder / "mixed"
        programs = {name: str(self.glove.absolute() / name) for name in GLOVE}
        head = ["-verbose", "2"]
        return Job(
            [
                Step("vocab_count", [programs["vocab_count"], *head, "-min-count",
                     str(training.min_count)], corpus, words),
                Step("cooccur", [programs["cooccur"], *head, "-window-size", str(training.window),
                     "-vocab-file", str(words), "-overflow-file", str(folder / "over")],
                     corpus, cells),
                Step("shuffle", [programs["shuffle"], *head, "-seed", str(training.seed),
                     "-temp-file", str(folder / "part")], cells, mixed),
                Step("glove", [programs["glove"], *head, "-input-file", str(mixed),
                     "-vocab-file", str(words), "-save-file", str(folder / "glove"),
                     "-vector-size", str(training.dim), "-iter", str(training.epochs),
                     "-threads", str(training.threads), "-eta", str(training.usual.learning_rate),
                     "-x-max", "100", "-alpha", "0.75", "-seed", str(training.seed),
                     "-binary", "0"]),
            ],
            folder / "glove.txt",
        )  # fmt: skip

    def python(self, name: str) -> str:
        """The interpreter of a peer's environment."""
        return python_of(self.peers / name, PEERS[name], environment=COMPILER)


class Corpus(NamedTuple):
    """A tokenised text, and the first documents of it as another one."""

    path: Path
    tokens: int
    documents: int
    small: Path


def unpacked(source: Path, small: int, folder: Path) -> Corpus:
    """The corpus as plain text, which the peers want, counted on the way."""
    from nlpseq.files import open_bytes

    path, first = folder / "corpus.txt", folder / "small.txt"
    tokens = documents = 0
    with open_bytes(source) as file, path.open("wb") as whole, first.open("wb") as part:
        for line in file:
            documents += 1
            count = len(line.split())
            if count > _MOST:
                sys.exit(f"{source}:{documents}: {count:,} words, gensim keeps {_MOST:,} of a line")
            tokens += count
            whole.write(line)
            if documents <= small:
                part.write(line)
    return Corpus(path, tokens, documents, first)


def add_options(parser: argparse.ArgumentParser) -> None:
    """What every comparison of engines takes."""
    parser.add_argument("corpus", type=Path, help="tokenised text, a document a line")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS),
                        metavar="METHOD", help="by default all: %(choices)s")  # fmt: skip
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--window", type=int, help="by default 5, of glove 10")
    parser.add_argument("--negatives", type=int, default=5)
    parser.add_argument("--min-count", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--similarity", type=Path, nargs="+", default=[], metavar="FILE",
                        help="pairs of words with scores")  # fmt: skip
    parser.add_argument("--analogies", type=Path, metavar="FILE", help="questions of four words")
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="the peers' environments")
    parser.add_argument("--glove", type=Path, metavar="FOLDER",
                        help=f"Stanford's programs: {', '.join(GLOVE)}")  # fmt: skip


def engines_of(options: argparse.Namespace, parser: argparse.ArgumentParser) -> Engines:
    """The engines that the options name; what is missing is said before anything runs."""
    from nlpseq.hub.places import cache_folder

    if "glove" in options.methods:
        if options.glove is None:
            parser.error(
                "--glove names the folder of Stanford's programs (github.com/stanfordnlp/GloVe, "
                "make, build/); or leave glove out: --methods skip-gram cbow fasttext"
            )
        for name in GLOVE:
            if not (options.glove / name).is_file():
                parser.error(f"{options.glove} holds no program {name}")
    return Engines(options.peers or cache_folder() / "benchmarks", options.glove)


def training_of(options: argparse.Namespace, method: str, epochs: int, seed: int) -> Training:
    """What the options say about a method."""
    return Training(
        method, options.dim, options.window or METHODS[method].window, options.negatives,
        options.min_count, epochs, options.threads, seed,
    )  # fmt: skip
