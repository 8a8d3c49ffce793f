"""How good trained vectors are over several seeds, beside gensim, fastText and GloVe:

    python benchmarks/train_quality.py corpus.txt --similarity simlex999.csv wordsim353-sim.csv
    python benchmarks/train_quality.py pt.txt.gz --analogies LX-4WAnalogiesBr.txt

Each method is trained by both engines, as train_engines.py has it, with the same number of epochs,
once for each seed. Similarity: the mean over the files of Spearman's correlation,
as mean ± deviation over the seeds, and their difference ± its standard error. Analogies: 3CosAdd
over all questions, and for each seed the difference with its 95 % interval and p by the paired
bootstrap, which knows the luck of the questions alone; the line of the mean knows that of the
runs too. fastText has no seed: with several threads its runs differ by themselves.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from train_engines import Training, add_options, engines_of, training_of, unpacked
from train_runs import run
from train_vectors import Figures, head, judge, row

from nlpseq.embeddings.evaluation.analogies import Flags
from nlpseq.embeddings.evaluation.bootstrap import Difference, compare, judged

RESAMPLES = 2_000
_AT_ONCE = 100  # of them


def spread(values: list[float]) -> str:
    """Mean ± deviation."""
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.fmean(values):.4f} ± {deviation:.4f}"


def difference(ours: list[float], theirs: list[float]) -> str:
    """Of the means, ± its standard error where there are several runs."""
    found = f"{statistics.fmean(ours) - statistics.fmean(theirs):+.4f}"
    if len(ours) == 1:
        return found
    variance = (statistics.variance(ours) + statistics.variance(theirs)) / len(ours)
    return f"{found} ± {variance**0.5:.4f}"


def over_runs(ours: Flags, theirs: Flags) -> Difference:
    """The mean difference, by a bootstrap over questions and runs.

    A run is one of many that might have been, so that the runs of each side are drawn again too.

    :param ours: shape (runs, questions): whether a run's answer is the wanted one
    """
    random = np.random.default_rng(0)
    runs, questions = ours.shape
    sides = [side.astype(np.float32) for side in (ours, theirs)]
    drawn = []
    for _ in range(RESAMPLES // _AT_ONCE):
        places = random.integers(questions, size=(_AT_ONCE, questions))
        counts = np.stack([np.bincount(each, minlength=questions) for each in places], axis=1)
        shares = [side @ counts.astype(np.float32) / questions for side in sides]
        picked = [
            np.take_along_axis(share, random.integers(runs, size=share.shape), axis=0).mean(axis=0)
            for share in shares
        ]
        drawn.append(picked[0] - picked[1])
    return judged(questions, float(ours.mean() - theirs.mean()), np.concatenate(drawn))


def show_similarity(found: dict[tuple[str, int], list[tuple[Figures, Figures]]]) -> None:
    """A line for each method and number of epochs: the files' mean, and each file."""
    [first, *_] = found.values()
    tests = list(first[0][0].similarity)
    head("", "epochs", "nlpseq", "peer", "difference", *tests)
    for (method, epochs), pairs in found.items():
        ours, theirs = ([figures.mean for figures in side] for side in zip(*pairs, strict=True))
        cells = []
        for test in tests:
            sides = zip(*pairs, strict=True)
            both = [statistics.fmean(each.similarity[test] for each in side) for side in sides]
            cells.append("{:.3f}, {:.3f}".format(*both))
        row(method, str(epochs), spread(ours), spread(theirs), difference(ours, theirs), *cells)


def show_analogies(found: dict[tuple[str, int], list[tuple[Figures, Figures]]]) -> None:
    """A line a run of both engines, and where there are several one of their means."""
    head("", "epochs", "run", "nlpseq", "peer", "difference", "95 % from", "to", "p")
    for (method, epochs), pairs in found.items():
        runs = [[side.analogies for side in both if side.analogies] for both in pairs]
        lines = [
            (str(number), [float(side.right["add"].mean()) for side in both],
             compare(*both).differences["add_all"])
            for number, both in enumerate(runs, start=1)
        ]  # fmt: skip
        if len(runs) > 1:
            rights = [
                np.stack([each.right["add"] for each in side]) for side in zip(*runs, strict=True)
            ]
            lines.append(("mean", [float(side.mean()) for side in rights], over_runs(*rights)))
        for name, shares, luck in lines:
            cells = [f"{each:+.4f}" for each in (luck.difference, luck.low, luck.high)]
            row(
                method, str(epochs), name, *(f"{share:.4f}" for share in shares), *cells,
                f"{luck.p_value:.4f}",
            )  # fmt: skip


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    parser.add_argument("--epochs", type=int, nargs="+", default=[1, 5])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    if not options.similarity and not options.analogies:
        parser.error("give --similarity, --analogies or both")
    engines = engines_of(options, parser)

    from nlpseq.pipelines.machine import versions

    found: dict[tuple[str, int], list[tuple[Figures, Figures]]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus = unpacked(options.corpus, 0, folder)

        def figures(training: Training) -> tuple[Figures, Figures]:
            """Of both engines."""
            jobs = [
                make(training, corpus.path, folder) for make in (engines.nlpseq, engines.peer_of)
            ]
            for job in jobs:
                run(job, folder / "cache", folder / "kernels")
            ours, theirs = (
                judge(job.vectors, options.similarity, options.analogies) for job in jobs
            )
            print(*training, ours.mean, theirs.mean, ours.right, theirs.right, file=sys.stderr)
            return ours, theirs

        for method in options.methods:
            for epochs in options.epochs:
                found[method, epochs] = [
                    figures(training_of(options, method, epochs, seed)) for seed in options.seeds
                ]
    print(
        f"{options.corpus.name}: {corpus.tokens:,} words; {versions()}; {options.dim} numbers a "
        f"vector, {options.threads} threads, seeds {', '.join(map(str, options.seeds))}\n"
    )
    if options.similarity:
        show_similarity(found)
    if options.analogies:
        show_analogies(found)


if __name__ == "__main__":
    main()
