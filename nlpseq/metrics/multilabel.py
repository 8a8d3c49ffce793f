"""Figures of a classification in which a document has any number of labels."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlpseq import __version__
from nlpseq.metrics.classification import beside

Truth = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class MultilabelReport:
    """Figures on one set of labelled rows, and how they were reckoned."""

    #: micro_f1, macro_f1, exact_match, hamming_loss, linear (the linear baseline's micro-F1,
    #: where there is one), rows
    figures: dict[str, float]
    labels: list[str]
    precision: list[float]  #: one a label
    recall: list[float]
    f1: list[float]
    support: list[int]  #: rows that have the label
    signature: str

    def __str__(self) -> str:
        """Figures, and a line a label."""
        width = max(map(len, self.labels), default=0)
        columns = zip(self.labels, self.precision, self.recall, self.f1, self.support, strict=True)
        lines = [
            f"micro-F1 {self.figures['micro_f1']:.4f}   macro-F1 {self.figures['macro_f1']:.4f}   "
            f"exact match {self.figures['exact_match']:.4f}   "
            f"Hamming loss {self.figures['hamming_loss']:.4f}   "
            f"rows {self.figures['rows']:,.0f}",
            *beside(self.figures, "micro_f1"),
            "",
            f"{'':{width}}  precision  recall      f1  support",
            *(
                f"{label:{width}}  {p:9.4f}  {r:6.4f}  {f:6.4f}  {n:7,}"
                for label, p, r, f, n in columns
            ),
            "",
            self.signature,
        ]
        return "\n".join(lines)


def multilabel(
    gold: Sequence[Collection[str]],
    predicted: Sequence[Collection[str] | None],
    labels: Sequence[str],
    *,
    data: str = "unnamed",
    linear: float | None = None,
) -> MultilabelReport:
    """Micro- and macro-F1, exact matches, Hamming loss.

    Over the true (TP) and false positives (FP) and false negatives (FN) of a label::

        F1 = 2 TP / (2 TP + FP + FN)

    Micro-F1 counts all labels together; macro-F1 is the mean F1 of the labels that occur, in
    gold or answers. An exact match is a row with no label wrong; the Hamming loss is the share
    of (row, label) that is wrong.

    :param predicted: None where there is no answer: no label, and never an exact match
    :param labels: all labels, in the order of the table
    :param data: what the rows are, for the signature: figures on other data do not compare
    :param linear: the linear baseline's micro-F1 on the same rows
    :raises ValueError: for a label that ``labels`` lack
    """
    true = truth(gold, labels)
    found = truth([answer or () for answer in predicted], labels)
    answered = np.array([answer is not None for answer in predicted])
    hits, answers, support = (x.sum(axis=0) for x in (true & found, found, true))
    f1 = _ratio(2 * hits, answers + support)
    figures = {
        "micro_f1": float(_ratio(2 * hits.sum(), answers.sum() + support.sum())),
        "macro_f1": float(np.mean(f1[answers + support > 0])) if (answers + support).any() else 0.0,
        "exact_match": float(np.mean((true == found).all(axis=1) & answered)),
        "hamming_loss": float(np.mean(true != found)) if len(labels) else 0.0,
        **({} if linear is None else {"linear": linear}),
        "rows": float(len(gold)),
    }
    signature = (
        f"nlpseq {__version__} | multilabel | labels {len(labels)} | rows {len(gold)} | data {data}"
    )
    return MultilabelReport(
        figures,
        list(labels),
        _ratio(hits, answers).tolist(),
        _ratio(hits, support).tolist(),
        f1.tolist(),
        support.tolist(),
        signature,
    )


def truth(rows: Sequence[Collection[str]], labels: Sequence[str]) -> Truth:
    """Which labels each row has, shape (rows, labels).

    :raises ValueError: for a label that ``labels`` lack
    """
    index = {label: i for i, label in enumerate(labels)}
    has = np.zeros((len(rows), len(labels)), dtype=np.bool_)
    for i, row in enumerate(rows):
        if lacking := set(row) - index.keys():
            raise ValueError(f"no label {sorted(lacking)[0]!r}")
        has[i, [index[label] for label in row]] = True
    return has


def _ratio(a: npt.ArrayLike, b: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """a / b, and 0 for 0 / 0."""
    return np.asarray(np.divide(a, np.maximum(b, 1)), dtype=np.float64)


def choose_thresholds(
    probabilities: npt.NDArray[np.floating], gold: Truth
) -> npt.NDArray[np.float64]:
    """For each label the threshold whose F1 is best, shape (labels,): a row has the label where
    its probability is at or above it.

    Every cut between two probabilities is tried. A cut is 0.5 where that lies in it, else
    midway; of equally good ones the nearest to 0.5 is taken, so a label of no row keeps 0.5.

    :param probabilities: shape (rows, labels)
    :param gold: shape (rows, labels)
    """
    columns = zip(probabilities.T.astype(np.float64), gold.T, strict=True)
    return np.array([_threshold(p, has) for p, has in columns], dtype=np.float64)


def _threshold(p: npt.NDArray[np.float64], has: Truth) -> float:
    if not has.any():
        return 0.5
    order = np.argsort(-p, kind="stable")
    p, hits = p[order], np.cumsum(has[order])
    lower = np.append(p[1:], 0.0)  # cut k keeps p[0] to p[k]: the threshold is in (lower[k], p[k]]
    cuts = np.flatnonzero((p > lower) | (np.arange(len(p)) == len(p) - 1))
    f1 = 2 * hits[cuts] / (cuts + 1 + has.sum())
    best = cuts[f1 == f1.max()]
    midway = (lower[best] + p[best]) / 2
    midway = np.where(midway > lower[best], midway, p[best])  # nothing is between neighbours
    thresholds = np.where((lower[best] < 0.5) & (p[best] >= 0.5), 0.5, midway)
    return float(thresholds[np.argmin(np.abs(thresholds - 0.5))])
