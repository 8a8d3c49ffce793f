"""What a pipeline's classifier gains from its word vectors, and what a linear model makes of the
same documents:

    python benchmarks/classifier.py quickstart
    python benchmarks/classifier.py sentiment -s corpus.train=… -s vectors.text=…

Three systems, on the same split of each seed, each in a process of its own: the pipeline as it
stands; the same with embeddings learned from random rows; and logistic regression on tf-idf of
word 1-2-grams (sublinear, min_df 2, C out of 1, 4, 16 chosen on a tenth of the training
documents). Prints accuracy as mean ± deviation over the seeds, seconds and peak memory.
"""

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple


class Result(NamedTuple):
    """One system on one seed."""

    accuracy: float
    majority: float
    seconds: float
    memory: int  # bytes


def pipeline(name: str, overrides: list[str], seed: int, threads: int) -> Result:
    """The pipeline as it stands, but for its export."""
    from nlpseq import Pipeline
    from nlpseq.pipelines.machine import peak_memory

    job = Pipeline.load(name, [*overrides, f"seeds=[{seed}]"])
    job.stages = [stage for stage in job.stages if stage.kind != "export"]
    started = time.perf_counter()
    figures = job.run(threads=threads).artefacts[seed].report.figures
    seconds = time.perf_counter() - started
    return Result(figures["accuracy"], figures["majority"], seconds, peak_memory() or 0)


def learned(name: str, overrides: list[str], seed: int, threads: int) -> Result:
    """The pipeline with an embedding that starts from random rows."""
    return pipeline(name, [*overrides, "classifier.embedding=learned"], seed, threads)


def linear(name: str, overrides: list[str], seed: int, threads: int) -> Result:
    """The linear baseline, its C chosen without a look at the development documents."""
    from nlpseq import Pipeline
    from nlpseq.metrics.baseline import LinearBaseline
    from nlpseq.pipelines.machine import peak_memory

    job = Pipeline.load(name, [*overrides, f"seeds=[{seed}]"])
    job.stages = [stage for stage in job.stages if stage.kind == "corpus"]
    corpus = job.run(threads=threads).artefacts[seed].corpus
    started = time.perf_counter()
    train, dev = (
        (corpus.tokenizer.words(document.text) for document in part)
        for part in (corpus.train, corpus.dev)
    )
    gold = [document.label for document in corpus.dev]
    baseline = LinearBaseline.fit(
        train, [document.label for document in corpus.train], classes=corpus.labels.words
    )
    answers = baseline.predict(dev)
    seconds = time.perf_counter() - started
    reached = statistics.fmean(a == g for a, g in zip(answers, gold, strict=True))
    majority = max(map(gold.count, corpus.labels.words)) / len(gold)
    return Result(reached, majority, seconds, peak_memory() or 0)


SYSTEMS: dict[str, Callable[[str, list[str], int, int], Result]] = {
    "as it stands": pipeline,
    "embeddings learned": learned,
    "tf-idf 1-2-grams, linear": linear,
}


def main() -> None:
    """Run every system on every seed and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pipeline", help="a pipeline file or the name of a shipped one")
    parser.add_argument("-s", "--set", action="append", default=[], metavar="STAGE.KEY=VALUE")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    results: dict[str, list[Result]] = {name: [] for name in SYSTEMS}
    context = multiprocessing.get_context("spawn")
    for seed in arguments.seeds:
        for name, system in SYSTEMS.items():
            with ProcessPoolExecutor(1, mp_context=context) as process:
                job = process.submit(
                    system, arguments.pipeline, arguments.set, seed, arguments.threads
                )
                results[name].append(job.result())
    print(f"{arguments.pipeline}, seeds {arguments.seeds}, {arguments.threads} threads")
    print(f"{'':26}{'accuracy':>17}{'seconds':>10}{'peak memory':>14}")
    for name, runs in results.items():
        accuracies = [run.accuracy for run in runs]
        deviation = statistics.stdev(accuracies) if len(runs) > 1 else 0.0
        print(
            f"{name:26}{statistics.fmean(accuracies):9.4f} ±{deviation:.4f}"
            f"{statistics.fmean(run.seconds for run in runs):10.1f}"
            f"{max(run.memory for run in runs) / 2**20:10,.0f} MiB"
        )
    majority = statistics.fmean(run.majority for run in results["as it stands"])
    print(f"{'majority class':26}{majority:9.4f}")
    ours, theirs = (
        statistics.fmean(r.accuracy for r in runs) for runs in list(results.values())[:2]
    )
    print(f"the vectors are worth {100 * (ours - theirs):+.1f} points")


if __name__ == "__main__":
    main()
