"""The baseline beside every classifier: logistic regression on tf-idf of word 1-2-grams."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from nlpseq.errors import DataError
from nlpseq.files import require
from nlpseq.metrics.multilabel import Truth, choose_thresholds, truth
from nlpseq.metrics.tfidf import Sparse, Texts, TfIdf
from nlpseq.progress import Progress, silent
from nlpseq.settings import Settings
from nlpseq.text.corpus import Label
from nlpseq.writing import atomic_write

#: inverse strengths of the regularisation to choose from
STRENGTHS = (1.0, 4.0, 16.0)

Matrix = npt.NDArray[np.float32]
_NEVER = -99.0  # the logit of a class without a row


@dataclass(frozen=True, eq=False)
class LinearBaseline:
    """A linear classifier of tokenised documents, with one label an answer or any number."""

    features: TfIdf
    #: shape (F, classes) where a document has any number of labels; else (F, classes - 1): the
    #: first class, whose logit is 0, has no column
    weights: Matrix
    bias: Matrix  #: a number for each column of ``weights``
    classes: list[str]
    multilabel: bool
    C: float  #: the inverse strength of the regularisation, chosen
    figure: float | None = None  #: accuracy, or micro-F1, on the documents that chose C

    @classmethod
    def fit(
        cls,
        train: Texts,
        labels: Sequence[Label],
        dev: Texts = (),
        dev_labels: Sequence[Label] = (),
        *,
        classes: Sequence[str],
        progress: Progress = silent,
    ) -> Self:
        """Fit to ``train`` with the C that is best on ``dev``; without dev, on every tenth
        document, which is held out for that alone. One thread; equal data give equal weights.

        Where a document has any number of labels, each has a regression of its own, and the
        threshold that is best on the same documents. Where there is nothing to learn from, such
        as one class alone, or no n-gram in two documents, the most frequent class is the answer.

        :param train: tokenised documents, read once
        :param labels: of each document; tuples where it has any number of them
        :raises DataError: where there is no document
        :raises ValueError: for a label that ``classes`` lack
        """
        from threadpoolctl import threadpool_limits

        multilabel = not all(isinstance(label, str) for label in labels)
        gold = _truth(labels, classes)
        features, X = TfIdf.fit(train)
        if not len(gold):
            raise DataError("there is no document to fit the baseline to")
        if len(dev_labels):
            inner, outer = (X, gold), (features.of(dev), _truth(dev_labels, classes))
        else:
            held = np.arange(len(gold)) % 10 == 9
            inner, outer = (X[~held], gold[~held]), (X[held], gold[held])
        strengths = STRENGTHS if len(outer[1]) else STRENGTHS[:1]
        tried = []
        with progress.task("linear baseline", len(strengths)) as task, threadpool_limits(1):
            for C in strengths:
                weights, bias = _fit(*inner, C, multilabel)
                model = cls(features, weights, bias, list(classes), multilabel, C)
                cut = model._cut(*outer)
                model = replace(model, bias=bias - cut)
                figure = model._figure(*outer) if len(outer[1]) else None
                tried.append((replace(model, figure=figure), cut))
                task.advance(1, f"C {C:g}")
            best, cut = max(tried, key=lambda pair: pair[0].figure or 0.0)
            if len(inner[1]) < len(gold):
                weights, bias = _fit(X, gold, best.C, multilabel)
                best = replace(best, weights=weights, bias=bias - cut)
        return best

    def scores(self, documents: Texts) -> Matrix:
        """Logits of tokenised documents, shape (documents, classes): their softmax are the
        probabilities; or their sigmoids, each where a document has any number of labels.
        """
        return self._scores(self.features.of(documents))

    def predict(self, documents: Texts) -> list[Label]:
        """The answers to tokenised documents, in their order: a label, or a tuple of them."""
        chosen = self._answers(self.features.of(documents))
        if self.multilabel:
            return [tuple(self.classes[k] for k in np.flatnonzero(row)) for row in chosen]
        return [self.classes[k] for k in chosen.argmax(axis=1)]

    def score(self, documents: Texts, labels: Sequence[Label]) -> float:
        """Accuracy, or micro-F1 where a document has any number of labels.

        :raises ValueError: for a label that ``classes`` lack
        """
        return self._figure(self.features.of(documents), _truth(labels, self.classes))

    def _scores(self, X: Sparse) -> Matrix:
        scores = X @ self.weights + self.bias  # (documents, columns)
        if self.multilabel:
            return np.asarray(scores)
        return np.hstack([np.zeros((len(scores), 1), dtype=np.float32), scores])

    def _answers(self, X: Sparse) -> Truth:
        scores = self._scores(X)
        if self.multilabel:
            return scores > 0
        return np.asarray(np.eye(len(self.classes), dtype=np.bool_)[scores.argmax(axis=1)])

    def _cut(self, X: Sparse, gold: Truth) -> Matrix:
        """The logits of the thresholds that are best, where there are any."""
        if not self.multilabel:
            return np.zeros_like(self.bias)
        p = choose_thresholds(1 / (1 + np.exp(-self._scores(X).astype(np.float64))), gold)
        return np.log(p / (1 - p)).astype(np.float32)

    def _figure(self, X: Sparse, gold: Truth) -> float:
        """Micro-F1, which is the accuracy where each row has one label."""
        answers = self._answers(X)
        return float(2 * (answers & gold).sum() / max(answers.sum() + gold.sum(), 1))

    def save(self, path: Path | str) -> None:
        """Write one safetensors file, which holds no code."""
        tensors: dict[str, npt.NDArray[Any]] = {
            "pairs": self.features.pairs,
            "idf": self.features.idf,
            "weights": self.weights,
            "bias": self.bias,
        }
        for name, texts in (("words", self.features.words), ("classes", self.classes)):
            tensors[name], tensors[f"{name}_offsets"] = _joined(texts)
        header = _Header(version=1, C=self.C, figure=self.figure, multilabel=self.multilabel)
        with atomic_write(Path(path)) as file:
            file.write(save(tensors, {_KEY: header.model_dump_json()}))

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read what :meth:`save` wrote; the answers are the same.

        :raises DataError: where the file is anything else, is cut off, or contradicts itself
        """
        try:
            with safe_open(require(Path(path)), framework="numpy") as file:
                written = (file.metadata() or {}).get(_KEY)
                if written is None:
                    raise DataError("not a linear baseline of nlpseq")
                header = _Header.model_validate_json(written)
                return cls._assembled(header, _Parts(file))
        except DataError as error:
            raise DataError(error.message, where=str(path), remedy=_REMEDY) from error
        except (SafetensorError, ValidationError) as error:
            raise DataError(
                "not a linear baseline of nlpseq, or damaged", where=str(path), remedy=_REMEDY
            ) from error

    @classmethod
    def _assembled(cls, header: "_Header", parts: "_Parts") -> Self:
        words, classes = parts.texts("words"), parts.texts("classes")
        pairs = parts.array("pairs", "I64", (None,))
        V, F = len(words), len(words) + len(pairs)
        columns = len(classes) - (0 if header.multilabel else 1)
        if len(pairs) and (pairs[0] < 0 or pairs[-1] >= V * V or (pairs[1:] <= pairs[:-1]).any()):
            raise DataError("the pairs of words are damaged")
        if columns < 0:
            raise DataError("there is no class")
        idf = parts.array("idf", "F32", (F,))
        weights = parts.array("weights", "F32", (F, columns))
        bias = parts.array("bias", "F32", (columns,))
        if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
            raise DataError("a weight is no finite number")
        if not ((idf >= 1) & (idf < 100)).all():
            raise DataError("an idf is out of range")
        features = TfIdf(words, pairs, idf)
        return cls(features, weights, bias, classes, header.multilabel, header.C, header.figure)


_KEY = "nlpseq-baseline"
_REMEDY = "copy the file again from where it was made, or fit the baseline again"


class _Header(Settings):
    version: Literal[1]
    C: float = Field(gt=0)
    figure: float | None = Field(ge=0, le=1)
    multilabel: bool


class _Parts:
    """The tensors of a file, each of which must be there as it is asked for."""

    def __init__(self, file: Any) -> None:
        self._file, self._names = file, set(file.keys())

    def array(self, name: str, kind: str, shape: tuple[int | None, ...]) -> npt.NDArray[Any]:
        """A tensor; its type and shape are compared before it is read; None fits any length."""
        if name not in self._names:
            raise DataError(f"there is no {name!r}")
        part = self._file.get_slice(name)
        there = tuple(part.get_shape())
        fits = len(there) == len(shape) and all(
            b in (None, a) for a, b in zip(there, shape, strict=True)
        )
        if part.get_dtype() != kind or not fits:
            raise DataError(f"{name!r} has the type {part.get_dtype()} and the shape {there}")
        return np.asarray(self._file.get_tensor(name))

    def texts(self, name: str) -> list[str]:
        """Distinct texts: their UTF-8 end to end, and where each starts and the last ends."""
        blob = self.array(name, "U8", (None,)).tobytes()
        offsets = self.array(f"{name}_offsets", "I64", (None,))
        if (
            not len(offsets)
            or offsets[0] != 0
            or offsets[-1] != len(blob)
            or (offsets[1:] < offsets[:-1]).any()
        ):
            raise DataError(f"the offsets of {name!r} are damaged")
        bounds = offsets.tolist()
        try:
            found = [blob[a:b].decode("utf-8", "surrogatepass") for a, b in pairwise(bounds)]
        except UnicodeDecodeError as error:
            raise DataError(f"{name!r} are not UTF-8") from error
        if len(set(found)) < len(found):
            raise DataError(f"{name!r} has a text twice")
        return found


def _joined(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """What :meth:`_Parts.texts` reads."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    return np.frombuffer(b"".join(encoded), dtype=np.uint8), offsets


def _truth(labels: Sequence[Label], classes: Sequence[str]) -> Truth:
    return truth([(label,) if isinstance(label, str) else label for label in labels], classes)


def _fit(X: Sparse, gold: Truth, C: float, multilabel: bool) -> tuple[Matrix, Matrix]:
    """Weights and bias, one column a class, or one a class but the first."""
    if multilabel:
        columns = [_regression(X, has.astype(np.int64), 2, C) for has in gold.T]
    else:
        columns = [_regression(X, gold.argmax(axis=1), gold.shape[1], C)]
    weights = np.hstack([np.zeros((X.shape[1], 0)), *(w for w, _ in columns)], dtype=np.float32)
    return weights, np.hstack([np.zeros(0), *(b for _, b in columns)], dtype=np.float32)


def _regression(
    X: Sparse, y: npt.NDArray[np.int64], classes: int, C: float
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    """Logistic regression, multinomial where there are more than two classes.

    :return: weights (F, classes - 1) and bias (classes - 1,) of the logits, less the first class's
    """
    from sklearn.linear_model import LogisticRegression

    counts = np.bincount(y, minlength=classes)
    seen = np.flatnonzero(counts)
    weights = np.zeros((X.shape[1], classes), dtype=np.float32)
    bias = np.log(np.maximum(counts, 1)) + np.where(counts, 0, _NEVER)
    if len(seen) > 1 and X.shape[1]:
        # At the usual tolerance: nearer to the optimum is twice the time, and worse on IMDB.
        model = LogisticRegression(C=C, solver="newton-cg").fit(X, y)
        last = seen[-len(model.coef_) :]  # of two classes, those of the second alone
        bias[seen] = 0
        weights[:, last], bias[last] = model.coef_.T, model.intercept_
    return weights[:, 1:] - weights[:, :1], bias[1:] - bias[:1]
