"""Is one set of vectors better than another, or was it luck: the paired bootstrap.

The items of a test are drawn again, with replacement and the same ones for both sets, and the
difference of the figures is taken each time (Efron and Tibshirani 1993, sections 13.3 and 16.4;
Koehn 2004 for two systems on one test).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.evaluation.analogies import Analogies, Flags
from nlpseq.embeddings.evaluation.lookup import Floats
from nlpseq.embeddings.evaluation.report import Result, aligned, shown, without_nan
from nlpseq.embeddings.evaluation.similarity import Similarity, spearman
from nlpseq.errors import CallError

RESAMPLES = 10_000
_LEAST = 3  # items that are worth drawing from
_AT_ONCE = 1 << 20  # numbers of one array at a time

Counts = npt.NDArray[np.int64]


class Difference(NamedTuple):
    """A figure of the one set minus that of the other."""

    items: int
    difference: float
    low: float  #: of the 95 % interval, by percentiles
    high: float
    p_value: float  #: two-sided: how often luck alone would turn the sign


@dataclass(frozen=True)
class Comparison:
    """Two sets of vectors on one test file."""

    file: str
    differences: dict[str, Difference]  #: figure → the first set's minus the second's
    signature: str

    def figures(self) -> dict[str, float]:
        """Each number under the figure's name and its own."""
        return {
            f"{figure}_{name}": value
            for figure, difference in self.differences.items()
            for name, value in difference._asdict().items()
        }

    def as_dict(self) -> dict[str, Any]:
        """Everything, as JSON has it."""
        return {
            "kind": "comparison",
            "file": self.file,
            "figures": without_nan(self.figures()),
            "signature": self.signature,
        }

    def __str__(self) -> str:
        """A line a figure."""
        rows = [["", "items", "difference", "95 % from", "to", "p"]]
        for figure, (items, *numbers) in self.differences.items():
            rows.append([figure, f"{items:,}", *map(shown, numbers)])
        return f"difference {self.file}\n\n{aligned(rows)}\n\n{self.signature}"


def compare(one: Result, other: Result, *, resamples: int = RESAMPLES, seed: int = 0) -> Comparison:
    """Compare two results on the same file.

    Of Spearman's correlation, or of the accuracies by 3CosAdd and 3CosMul: over the items that
    both sets know (``_known``), and over all.

    :raises CallError: where the two are not of one kind, on one file, with the same options
    """
    tests = [result.signature.rsplit(" | vectors ", 1)[0] for result in (one, other)]
    if tests[0] != tests[1]:
        raise CallError(
            "figures on different tests do not compare", remedy=f"{tests[0]}\n  {tests[1]}"
        )
    rng = np.random.default_rng(seed)
    if isinstance(one, Similarity) and isinstance(other, Similarity):
        differences = _of_similarity(one, other, resamples, rng)
    elif isinstance(one, Analogies) and isinstance(other, Analogies):
        differences = _of_analogies(one, other, resamples, rng)
    else:
        raise CallError(f"{one.kind} is not compared by a bootstrap")
    sets = " and ".join(result.signature.rsplit(" | ", 1)[1] for result in (one, other))
    sign = f"{tests[0]} | {sets} | paired bootstrap resamples {resamples} seed {seed}"
    return Comparison(one.file, differences, sign)


def _of_similarity(
    one: Similarity, other: Similarity, resamples: int, rng: np.random.Generator
) -> dict[str, Difference]:
    found = {}
    for name, kept in _subsets(one.known & other.known):
        gold, a, b = one.scores[kept], one.cosines[kept], other.cosines[kept]
        difference = spearman(gold, a) - spearman(gold, b)
        drawn = (
            np.empty(0)
            if math.isnan(difference)
            else np.concatenate(
                [
                    _correlations(gold, a, counts) - _correlations(gold, b, counts)
                    for counts in _draws(len(gold), resamples, rng)
                ]
            )
        )
        found[f"spearman_{name}"] = judged(len(gold), difference, drawn)
    return found


def _of_analogies(
    one: Analogies, other: Analogies, resamples: int, rng: np.random.Generator
) -> dict[str, Difference]:
    found = {}
    for name, kept in _subsets(one.answered & other.answered):
        for method in ("add", "mul"):
            a, b = one.right[method][kept], other.right[method][kept]
            n = len(a)
            # Drawing questions is drawing how many of them each set alone got right.
            alone = np.array([np.sum(a & ~b), np.sum(b & ~a)])
            shares = np.append(alone, n - alone.sum()) / max(n, 1)
            drawn = rng.multinomial(n, shares, resamples) if n else np.zeros((0, 3), np.int64)
            difference = float(alone[0] - alone[1]) / n if n else math.nan
            found[f"{method}_{name}"] = judged(
                n, difference, (drawn[:, 0] - drawn[:, 1]) / max(n, 1)
            )
    return found


def _subsets(both: Flags) -> Iterator[tuple[str, Flags]]:
    yield "known", both
    yield "all", np.ones_like(both)


def judged(items: int, difference: float, drawn: Floats) -> Difference:
    """A difference beside those of the resamples: its interval and p."""
    if items < _LEAST or len(drawn) == 0:
        return Difference(items, difference, math.nan, math.nan, math.nan)
    low, high = np.quantile(drawn, [0.025, 0.975])
    turned = min(np.sum(drawn <= 0), np.sum(drawn >= 0))
    # Davison and Hinkley 1997, section 4.2: what was measured counts as one draw more
    p_value = min(1.0, 2 * (int(turned) + 1) / (len(drawn) + 1))
    return Difference(items, difference, float(low), float(high), p_value)


def _draws(n: int, resamples: int, rng: np.random.Generator) -> Iterator[Counts]:
    """How often each of n items is drawn, shape (r, n), until there are enough."""
    size = max(1, _AT_ONCE // n)
    for start in range(0, resamples, size):
        r = min(size, resamples - start)
        items = rng.integers(n, size=(r, n)) + np.arange(r)[:, None] * n
        yield np.bincount(items.ravel(), minlength=r * n).reshape(r, n)


def _correlations(x: Floats, y: Floats, counts: Counts) -> Floats:
    """Spearman's correlation of each draw, shape (r,): of the items as often as they were drawn.

    0 where a draw has one value alone, which has no order.
    """
    a, b = _ranks(x, counts), _ranks(y, counts)
    middle = (len(x) + 1) / 2
    a, b = a - middle, b - middle
    both = np.einsum("ij,ij,ij->i", counts, a, b)
    lengths = np.sqrt(
        np.einsum("ij,ij,ij->i", counts, a, a) * np.einsum("ij,ij,ij->i", counts, b, b)
    )
    found: Floats = np.divide(both, lengths, out=np.zeros_like(both), where=lengths > 0)
    return found


def _ranks(values: Floats, counts: Counts) -> Floats:
    """Midranks of drawn items, shape (r, n), without sorting anew what is sorted already."""
    order = np.argsort(values, kind="stable")
    _, starts, group = np.unique(values[order], return_index=True, return_inverse=True)
    sizes = np.add.reduceat(counts[:, order], starts, axis=1)
    ranks = np.cumsum(sizes, axis=1) - (sizes - 1) / 2
    found = np.empty(counts.shape)
    found[:, order] = ranks[:, group]
    return found
