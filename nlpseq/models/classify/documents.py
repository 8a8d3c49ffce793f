"""What a classifier of documents does around its network, with torch or without."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from nlpseq.errors import CallError, DataError
from nlpseq.metrics.baseline import LinearBaseline
from nlpseq.metrics.classification import ClassificationReport, classification
from nlpseq.metrics.multilabel import MultilabelReport, multilabel
from nlpseq.models.base import Predictor
from nlpseq.models.chunks import chunks
from nlpseq.models.classify.answers import Answer, Classification, Labels, labels_above, one_label
from nlpseq.models.folder import BASELINE, CONFIG, Folder
from nlpseq.settings import Settings, explain
from nlpseq.text.corpus import Document, fingerprint, target, targets
from nlpseq.text.normalize import Recipe
from nlpseq.text.sequences import Truncation, longest_first, pad, truncate, windows
from nlpseq.text.tokenize import Kind, Tokenizer
from nlpseq.text.vocabulary import Vocabulary
from nlpseq.training.memory import kept

_CHUNK = 4096  # documents held at a time
_ROWS = 512  # computed at once, at most
_LEAST = 1e-30  # a probability that has a logarithm

Ids = npt.NDArray[np.integer]
Probabilities = npt.NDArray[np.float32]  #: shape (documents, labels)


class Reading(Protocol):
    """The settings that say how documents are read and answered."""

    @property
    def max_length(self) -> int:
        """Tokens of a row, at most."""

    @property
    def truncate(self) -> Truncation:
        """Where the others are cut off."""

    @property
    def windows(self) -> int:
        """Rows of a document, at most."""

    @property
    def linear(self) -> float:
        """The linear baseline's share in an answer."""

    @property
    def multilabel(self) -> bool:
        """Whether a document has any number of labels."""


class Saved(Settings):
    """What every classifier keeps in config.json, beside the settings of its network."""

    recipe: Recipe
    punctuation: bool
    kind: Kind | None = None
    language: str | None = None
    thresholds: list[float]

    @classmethod
    def of(cls, folder: Folder) -> Self:
        """What a folder holds.

        :raises DataError: where its parts do not fit each other
        """
        where = str(folder.path / CONFIG)
        try:
            saved = cls.model_validate(folder.settings)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            raise DataError(f"settings.{key}: {explain(first)}", where=where) from error
        if folder.vocabulary.pad is None or folder.vocabulary.unk is None or not folder.labels:
            raise DataError("pad, unk or labels are missing", where=str(folder.path))
        if len(saved.thresholds) != len(folder.labels):
            raise DataError("not one threshold for each label", where=where)
        baseline = folder.parts.get(BASELINE)
        if baseline is not None and baseline.classes != folder.labels.words:
            raise DataError("the linear baseline has other labels", where=str(folder.path))
        return saved

    @property
    def tokenizer(self) -> Tokenizer:
        """What cuts a document into words of the vocabulary."""
        return Tokenizer(self.recipe, self.punctuation, self.kind, self.language)


class Batch(NamedTuple):
    """Rows that are computed at once."""

    ids: npt.NDArray[np.int64]  #: shape (rows, length), padded
    lengths: npt.NDArray[np.int64]  #: shape (rows,), each at least 1
    documents: npt.NDArray[np.int64]  #: shape (rows,), rising: whose window a row is


class DocumentClassifier(Predictor[str, Document]):
    """Answers to documents, of one label or of any number of them."""

    task = "classify"
    settings: Any  # some that fit Reading
    labels: Vocabulary
    tokenizer: Tokenizer
    thresholds: list[float]  #: of labels that do not exclude each other
    baseline: LinearBaseline | None  #: fitted on the same documents

    batch_tokens: ClassVar[int]  #: computed at once, at most

    def about(self) -> dict[str, str]:
        """What it knows, property → value, for people."""
        return {"labels": ", ".join(self.labels.words), **super().about()}

    @abstractmethod
    def compute(self, batch: Batch) -> Probabilities:
        """Probabilities, shape (documents, labels)."""

    def compute_all(
        self, compute: Callable[[Ids], Probabilities], batches: Sequence[Ids]
    ) -> Iterator[Probabilities]:
        """What :meth:`compute` gives for several batches, in their order.

        :param compute: does so for the places of a batch's documents
        """
        return map(compute, batches)

    def ids(self, texts: Iterable[str]) -> list[list[Ids]]:
        """The windows of each document, at most ``settings.windows``; none of one without a
        token.
        """
        return [self._windows(words) for words in self.tokenizer.stream_words(texts)]

    def _windows(self, words: Sequence[str]) -> list[Ids]:
        settings: Reading = self.settings
        ids = self.vocabulary.encode(words)
        if not len(ids):
            return []
        if settings.windows > 1:
            return windows(ids, settings.max_length, settings.windows)
        return [truncate(ids, settings.max_length, settings.truncate)]

    def batch(self, documents: Sequence[Sequence[Ids]]) -> Batch:
        """The rows of documents of at least one token each.

        :param documents: the windows of each, as :meth:`ids` gives them
        """
        assert self.vocabulary.pad is not None  # who made the classifier saw to it
        rows = [row for document in documents for row in document]
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        counts = [len(document) for document in documents]
        of = np.repeat(np.arange(len(documents), dtype=np.int64), counts)
        return Batch(pad(rows, self.vocabulary.pad), lengths, of)

    def probabilities(self, ids: Sequence[Sequence[Ids]]) -> Probabilities:
        """Shape (documents, labels); a row of zeros for a document without a token."""
        longest = np.array([max(map(len, rows), default=0) for rows in ids], dtype=np.int64)
        counts = np.array([len(rows) for rows in ids], dtype=np.int64)
        found = np.zeros((len(ids), len(self.labels)), dtype=np.float32)
        batches = self._batches(longest, counts)
        with kept() as tidy:
            parts = self.compute_all(
                lambda places: self.compute(self.batch([ids[i] for i in places])), batches
            )
            for places, part in zip(batches, parts, strict=True):
                found[places] = part
                tidy()
        return found

    def _batches(self, longest: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> list[Ids]:
        """The places of documents that are computed together, by their longest row and their
        number of rows; those without a token are left out.
        """
        places = np.flatnonzero(longest)
        longest, counts = longest[places], counts[places]

        def fits(left: Ids) -> int:
            rows = self.batch_tokens // (longest[left[-1]] * counts[left[-_ROWS:]].max())
            return min(int(rows), _ROWS)

        return [places[batch] for batch in longest_first(longest, fits)]

    def _answers(self, inputs: Iterator[str]) -> Iterator[Answer]:
        settings: Reading = self.settings
        labels = self.labels.words
        for chunk in chunks(inputs, _CHUNK):
            ids = self.ids(chunk)
            shared = self._shared(self.probabilities(ids), chunk)
            for rows, found in zip(ids, shared.tolist(), strict=True):
                p = found if rows else None
                if settings.multilabel:
                    yield labels_above(labels, p, self.thresholds)
                else:
                    yield one_label(labels, p)

    def _shared(
        self, found: npt.NDArray[np.float32], texts: Sequence[str]
    ) -> npt.NDArray[np.floating]:
        """The network's probabilities p and the linear baseline's q in one, with λ its share::

            P_k ∝ p_k^(1 - λ) q_k^λ

        (a logarithmic opinion pool, Genest and Zidek 1986; on film reviews, Mesnil et al. 2015,
        "Ensemble of Generative and Discriminative Techniques", section 3).
        """
        share = self.settings.linear
        if not share:
            return found
        if self.baseline is None:
            raise CallError(
                f"the linear baseline's share in an answer is {share:g}, and there is none",
                remedy="fit one, as the stage classifier does, or train with linear: 0",
            )
        scores = self.baseline.scores(self.tokenizer.stream_words(texts))  # log q and a constant
        logits = (1 - share) * np.log(np.maximum(found, _LEAST)) + share * scores
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def targets(self, documents: Sequence[Document]) -> npt.NDArray[Any]:
        """Shape (documents,) of ids, or (documents, labels) of truth values.

        :raises DataError: for a document without a label, or with one that training never saw
        """
        if self.settings.multilabel:
            rows = [targets(document, self.labels) for document in documents]
            return np.array(rows, dtype=bool).reshape(-1, len(self.labels))
        return np.array([target(document, self.labels) for document in documents], dtype=np.int64)

    def evaluate(self, data: Iterable[Document]) -> ClassificationReport | MultilabelReport:
        """Accuracy, macro-F1, confusion, or micro- and macro-F1, beside the linear baseline's
        where there is one; a document without an answer counts as wrong.

        :raises DataError: for no document at all, or a label that training never saw
        """
        documents = list(data)
        if not documents:
            raise DataError("there is no document to evaluate on")
        self.targets(documents)
        answers = self.predict(d.text for d in documents)
        mark, labels = fingerprint(documents), self.labels.words
        if self.settings.multilabel:
            gold = [document.labels for document in documents]
            several = [a.labels for a in answers if isinstance(a, Labels)]
            return multilabel(gold, several, labels, data=mark, linear=self._linear(documents))
        one = [a.label for a in answers if isinstance(a, Classification)]
        truth = [str(document.label) for document in documents]
        return classification(truth, one, labels, data=mark, linear=self._linear(documents))

    def _linear(self, documents: Sequence[Document]) -> float | None:
        """The baseline's figure on the same documents."""
        if self.baseline is None:
            return None
        tokens = self.tokenizer.stream_words(document.text for document in documents)
        return self.baseline.score(tokens, [d.label or () for d in documents])
