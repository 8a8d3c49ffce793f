"""How fast word vectors are trained, and how good they are, beside gensim, fastText and GloVe:

    python benchmarks/train_vectors.py corpus.txt --similarity simlex999.csv --analogies google.txt

The corpus is tokenised: a document a line, blanks between the words. For each method the whole job
from that file to the saved vectors, nlpseq and the method's peer in turn, each in fresh processes
with the same options (train_engines.py); of several runs (--repeats) the best counts. nlpseq finds
its kernels compiled and nothing else: no stream of an earlier run. What compiling costs is measured
on the first documents alone (--small). Words/s are the words of the file times the epochs, through
the seconds of the whole job. Memory is the most that a job holds at a time, mapped files included,
and behind it what is not mapped. The vectors of both are judged by the same code.

Peers: gensim for skip-gram and cbow, fastText for fasttext, both installed where they are missing;
for glove --glove names the folder with the programs of Stanford's, built beforehand.
"""

import argparse
import math
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from train_engines import (
    Corpus,
    Engines,
    Job,
    Training,
    add_options,
    engines_of,
    training_of,
    unpacked,
)
from train_runs import Run, run

if TYPE_CHECKING:
    from nlpseq.embeddings.evaluation.analogies import Analogies


class Figures(NamedTuple):
    """What vectors are worth."""

    words: int
    similarity: dict[str, float]  #: file → Spearman over the pairs whose words are known
    analogies: "Analogies | None"

    @property
    def mean(self) -> float:
        """Of the similarity figures."""
        return statistics.fmean(self.similarity.values()) if self.similarity else math.nan

    @property
    def right(self) -> float:
        """The share of the known analogies that 3CosAdd answers rightly."""
        return self.analogies.figures()["add_known"] if self.analogies else math.nan


def judge(vectors: Path, similarity: list[Path], analogies: Path | None) -> Figures:
    """Evaluate saved vectors of any engine; the case of words does not count."""
    from nlpseq.embeddings.evaluation import analogies as questions
    from nlpseq.embeddings.evaluation import similarity as pairs
    from nlpseq.embeddings.evaluation.lookup import Options
    from nlpseq.embeddings.vectors import Vectors

    opened, options = Vectors.open(vectors, cache=False), Options(ignore_case=True)
    found = {path.stem: pairs.evaluate(opened, path, options) for path in similarity}
    return Figures(
        len(opened),
        {name: result.figures()["spearman_known"] for name, result in found.items()},
        questions.evaluate(opened, analogies, options) if analogies else None,
    )


class Side(NamedTuple):
    """One engine's best run, and its vectors."""

    engine: str
    best: Run
    figures: Figures


class Compared(NamedTuple):
    """Both engines on one method."""

    training: Training
    cold: Run  #: nlpseq on the first documents, compiling
    warm: Run  #: once more
    small: Run  #: the peer on them
    ours: Side
    theirs: Side


class Bench:
    """Runs the jobs of both engines in turn.

    :param folder: for all that is written, which may be several times the corpus
    """

    def __init__(self, engines: Engines, corpus: Corpus, folder: Path) -> None:
        self.engines, self.corpus, self.folder = engines, corpus, folder

    def compare(
        self, training: Training, repeats: int, similarity: list[Path], analogies: Path | None
    ) -> Compared:
        """Warm up on the first documents, then do both whole jobs as often as asked."""
        corpus, engines = self.corpus, self.engines
        ours = engines.nlpseq(training, corpus.small, self.folder)
        theirs = engines.peer_of(training, corpus.small, self.folder)
        cold, warm, small = (self.run(job, training.method) for job in (ours, ours, theirs))
        jobs = [
            engines.nlpseq(training, corpus.path, self.folder),
            engines.peer_of(training, corpus.path, self.folder),
        ]
        rounds = [[self.run(job, training.method) for job in jobs] for _ in range(repeats)]
        sides = []
        for name, job, runs in zip(
            ("nlpseq", training.usual.peer), jobs, zip(*rounds, strict=True), strict=True
        ):
            best = min(runs, key=lambda each: each.seconds)
            sides.append(Side(name, best, judge(job.vectors, similarity, analogies)))
        return Compared(training, cold, warm, small, *sides)

    def run(self, job: Job, method: str) -> Run:
        """A run that finds a method's kernels if one of it was before, and nothing else."""
        with tempfile.TemporaryDirectory(dir=self.folder) as cache:
            return run(job, Path(cache), self.folder / f"kernels of {method}")


def row(*cells: str) -> None:
    """A line of a table."""
    print(f"| {' | '.join(cells)} |", flush=True)


def head(*cells: str) -> None:
    """The head of a table."""
    row(*cells)
    print(f"|{' --- |' * len(cells)}")


def show_speed(compared: Compared, tokens: int) -> None:
    """A line a method: the whole jobs."""
    ours, theirs = compared.ours.best, compared.theirs.best
    words = tokens * compared.training.epochs
    row(
        f"{compared.training.method}, beside {compared.theirs.engine}",
        f"{ours.seconds:.1f}",
        f"{theirs.seconds:.1f}",
        f"{words / ours.seconds:,.0f}",
        f"{words / theirs.seconds:,.0f}",
        f"**{theirs.seconds / ours.seconds:.2f}**",
        *(f"{each.cpu:.1f}" for each in (ours, theirs)),
        *(f"{each.memory / 1e6:,.0f} ({each.anonymous / 1e6:,.0f})" for each in (ours, theirs)),
    )


def show_figures(found: list[Compared]) -> None:
    """Two lines a method: what the vectors are worth."""
    from nlpseq.embeddings.evaluation.report import shown

    tests = list(found[0].ours.figures.similarity)
    head("", "engine", "words", *tests, "mean", "analogies")
    for compared in found:
        for side in (compared.ours, compared.theirs):
            figures = side.figures
            row(
                compared.training.method,
                side.engine,
                f"{figures.words:,}",
                *(shown(figures.similarity[test]) for test in tests),
                shown(figures.mean),
                shown(figures.right),
            )


def show_cold(found: list[Compared]) -> None:
    """A line a method: the first documents."""
    head("", "nlpseq, kernels not compiled, s", "compiled, s", "peer, s")
    for compared in found:
        runs = (compared.cold, compared.warm, compared.small)
        row(compared.training.method, *(f"{each.seconds:.1f}" for each in runs))


def show_glove(compared: Compared) -> None:
    """The parts of GloVe's job; counting includes the reading of the text, once or twice."""
    ours, theirs = compared.ours.best, compared.theirs.best
    tasks = ours.tasks()

    def task(*parts: str) -> float:
        return sum(spent for name, spent in tasks.items() if any(part in name for part in parts))

    # each iteration ends in a line; the line before the first one is written when all is ready
    ends = [i for i, (_, line) in enumerate(theirs.lines) if "iter: " in line]
    training = theirs.lines[ends[-1]][0] - theirs.lines[ends[0] - 1][0]
    counting = theirs.steps["vocab_count"] + theirs.steps["cooccur"]
    shuffling, epochs = theirs.steps["shuffle"], compared.training.epochs
    # nlpseq puts each count into its random place when it writes it
    mine = task("reading", "counting")
    iteration, other = task("training") / epochs, training / epochs
    head("GloVe", "nlpseq", "Stanford's", "ratio")
    row("counting, s", "", f"{counting:.1f}", "")
    row("shuffling, s", "", f"{shuffling:.1f}", "")
    both = counting + shuffling
    row("counting and shuffling, s", f"{mine:.1f}", f"{both:.1f}", f"{both / mine:.2f}")
    row("an iteration, s", f"{iteration:.1f}", f"{other:.1f}", f"{other / iteration:.2f}")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=1, help="of which the best counts")
    parser.add_argument("--small", type=int, default=1000, metavar="DOCUMENTS",
                        help="for the cold start")  # fmt: skip
    options = parser.parse_args()
    engines = engines_of(options, parser)

    from nlpseq.pipelines.machine import machine, versions

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus = unpacked(options.corpus, options.small, folder)
        print(f"{machine()}; {versions()}")
        print(
            f"{options.corpus.name}: {corpus.tokens:,} words in {corpus.documents:,} documents; "
            f"{options.epochs} epochs, {options.threads} threads, {options.dim} numbers a vector, "
            f"window {options.window or 'as usual'}, {options.negatives} negatives\n"
        )
        head(
            "", "nlpseq, s", "peer, s", "nlpseq, words/s", "peer, words/s", "ratio",
            "nlpseq, s of cores", "peer", "nlpseq, MB", "peer",
        )  # fmt: skip
        bench = Bench(engines, corpus, folder)
        found = []
        for method in options.methods:
            training = training_of(options, method, options.epochs, options.seed)
            found.append(
                bench.compare(training, options.repeats, options.similarity, options.analogies)
            )
            show_speed(found[-1], corpus.tokens)
    if options.similarity or options.analogies:
        print("\nSpearman over the known pairs, 3CosAdd over the known questions:\n")
        show_figures(found)
    print(f"\nThe first {options.small:,} documents:\n")
    show_cold(found)
    for compared in found:
        if compared.training.method == "glove":
            print()
            show_glove(compared)


if __name__ == "__main__":
    main()
