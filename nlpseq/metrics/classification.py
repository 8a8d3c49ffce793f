"""Figures of a single-label classification."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlpseq import __version__

#: the column of rows that got no answer, such as an empty document
NO_ANSWER = "(no answer)"
_CORNER = "gold \\ predicted"


#: what to do where the linear baseline is better
REMEDY = (
    "use it, or give the model more, such as pretrained vectors, labelled documents, or more words "
    "of each document."
)


def beside(figures: Mapping[str, float], main: str) -> list[str]:
    """What a report says of the linear baseline, in lines; none where ``figures`` lack it.

    :param main: the figure that ``linear`` is compared with
    """
    if "linear" not in figures:
        return []
    lines = [f"tf-idf 1-2-grams, logistic regression {figures['linear']:.4f}"]
    behind = round(100 * (figures["linear"] - figures[main]), 1)
    if behind > 0:
        lines.append(f"The linear baseline is better by {behind} points: {REMEDY}")
    return lines


@dataclass(frozen=True)
class ClassificationReport:
    """Figures on one set of labelled rows, and how they were reckoned."""

    #: accuracy, macro_f1, majority (the share of the most frequent label), linear (the linear
    #: baseline's accuracy, where there is one), rows
    figures: dict[str, float]
    labels: list[str]
    precision: list[float]  #: one a label
    recall: list[float]
    f1: list[float]
    confusion: npt.NDArray[np.int64]  #: shape (gold, predicted); a last column for no answer
    signature: str

    def __str__(self) -> str:
        """Figures, a line a label, and the confusion matrix, gold by row."""
        names = [*self.labels, NO_ANSWER][: self.confusion.shape[1]]
        width = max(len(name) for name in [*names, _CORNER])
        columns = [max(len(name), 6) for name in names]
        lines = [
            f"accuracy {self.figures['accuracy']:.4f}   macro-F1 {self.figures['macro_f1']:.4f}   "
            f"majority class {self.figures['majority']:.4f}   rows {self.figures['rows']:,.0f}",
            *beside(self.figures, "accuracy"),
            "",
            f"{'':{width}}  precision  recall      f1",
            *(
                f"{label:{width}}  {p:9.4f}  {r:6.4f}  {f:6.4f}"
                for label, p, r, f in zip(
                    self.labels, self.precision, self.recall, self.f1, strict=True
                )
            ),
            "",
            "  ".join(
                [f"{_CORNER:{width}}"]
                + [f"{name:>{w}}" for name, w in zip(names, columns, strict=True)]
            ),
            *(
                "  ".join(
                    [f"{label:{width}}"] + [f"{n:>{w}}" for n, w in zip(row, columns, strict=True)]
                )
                for label, row in zip(self.labels, self.confusion, strict=True)
            ),
            "",
            self.signature,
        ]
        return "\n".join(lines)


def classification(
    gold: Sequence[str],
    predicted: Sequence[str | None],
    labels: Sequence[str],
    *,
    data: str = "unnamed",
    linear: float | None = None,
) -> ClassificationReport:
    """Accuracy, macro-F1 (mean F1 of the labels that occur, in gold or answers), confusion.

    :param predicted: None where there is no answer, which counts as wrong
    :param labels: all labels, in the order of the tables
    :param data: what the rows are, for the signature: figures on other data do not compare
    :param linear: the linear baseline's accuracy on the same rows
    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support  # slow to import

    answers = [NO_ANSWER if p is None else p for p in predicted]
    precision, recall, f1, _ = precision_recall_fscore_support(
        gold, answers, labels=list(labels), zero_division=0
    )
    columns = [*labels, NO_ANSWER] if NO_ANSWER in answers else list(labels)
    confusion = confusion_matrix(gold, answers, labels=columns)[: len(labels)]
    occurring = (confusion[:, : len(labels)].sum(axis=0) + confusion.sum(axis=1)) > 0
    majority = Counter(gold).most_common(1)[0][1] / len(gold)
    figures = {
        "accuracy": float(np.mean([g == a for g, a in zip(gold, answers, strict=True)])),
        "macro_f1": float(np.mean(f1[occurring])),
        "majority": majority,
        **({} if linear is None else {"linear": linear}),
        "rows": float(len(gold)),
    }
    signature = (
        f"nlpseq {__version__} | classification | labels {len(labels)} | rows {len(gold)} | "
        f"data {data}"
    )
    return ClassificationReport(
        figures,
        list(labels),
        precision.tolist(),
        recall.tolist(),
        f1.tolist(),
        confusion,
        signature,
    )
