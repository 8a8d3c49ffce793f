"""Classification of documents: embedding → bidirectional LSTM → pooling → linear → label."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field, ValidationError
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from nlpseq.embeddings.coverage import Coverage
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import DataError
from nlpseq.layers.embedding import EmbeddingMode, embedding, rows_for
from nlpseq.layers.pooling import Pooling, pool, pool_directions
from nlpseq.layers.recurrent import LSTM
from nlpseq.metrics.classification import ClassificationReport, classification
from nlpseq.models import folder as model_folder
from nlpseq.models.base import Model
from nlpseq.models.card import card
from nlpseq.progress import Progress, silent
from nlpseq.settings import Settings, explain
from nlpseq.text.corpus import Document, fingerprint, target
from nlpseq.text.normalize import Recipe
from nlpseq.text.sequences import Side, pad, truncate
from nlpseq.text.tokenize import Tokenizer
from nlpseq.text.vocabulary import Vocabulary
from nlpseq.training import loop
from nlpseq.training.history import History
from nlpseq.training.settings import TrainingSettings

_PREDICT_CHUNK, _PREDICT_BATCH = 2048, 64  # documents held at a time; rows computed at once


class ClassifierSettings(Settings):
    """What the network is."""

    embedding: EmbeddingMode = Field(
        "learned", description="learned with the task; or vectors, tuned or frozen"
    )
    dim: int = Field(100, ge=1, le=4096, description="of a learned embedding; else the vectors'")
    hidden: int = Field(64, ge=1, le=4096, description="features of a state, each direction")
    layers: int = Field(1, ge=1, le=16)
    bidirectional: bool = True
    pooling: Pooling = "max"
    dropout: float = Field(0.3, ge=0, lt=1, description="before, between and after the layers")
    max_length: int = Field(400, ge=1, le=100_000, description="tokens; the others are cut off")
    truncate: Side = Field("post", description="cut off before (pre) or after (post)")


class Classification(NamedTuple):
    """An answer. A document without a token has none, and ``reason`` says so."""

    label: str | None
    probability: float | None
    probabilities: dict[str, float]
    reason: str | None = None


_EMPTY = Classification(None, None, {}, "the document is empty")


class ClassifierNetwork(nn.Module):
    """ids → logits."""

    def __init__(
        self, settings: ClassifierSettings, words: int, pad_id: int | None, labels: int,
        rows: Tensor | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        frozen = settings.embedding == "frozen"
        self.embedding = embedding(words, settings.dim, pad=pad_id, rows=rows, frozen=frozen)
        self.encoder = LSTM(
            settings.dim,
            settings.hidden,
            layers=settings.layers,
            bidirectional=settings.bidirectional,
            dropout=settings.dropout,
        )
        self.pooling = settings.pooling
        self.output = nn.Linear(settings.hidden * self.encoder.directions, labels)
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits, shape (batch, labels).

        :param ids: shape (batch, length)
        :param lengths: shape (batch,), each at least 1
        """
        x = self.dropout(self.embedding(ids))  # (batch, length, dim)
        states = self.encoder(x, lengths)  # (batch, length, hidden * directions)
        how = pool_directions if self.encoder.directions == 2 else pool
        pooled = how(states, lengths, self.pooling)  # (batch, hidden * directions)
        logits: Tensor = self.output(self.dropout(pooled))
        return logits


class Classifier(Model):
    """A document classifier with one label an answer.

    :param vocabulary: with ``pad`` and ``unk``
    :param labels: all that there are
    :param vectors: what the embedding starts from, unless it is ``learned``
    :param seed: of the first weights
    """

    task = "classify"
    network: ClassifierNetwork
    settings: ClassifierSettings

    def __init__(
        self,
        vocabulary: Vocabulary,
        labels: Sequence[str],
        settings: ClassifierSettings | None = None,
        *,
        tokenizer: Tokenizer | None = None,
        vectors: Vectors | None = None,
        seed: int = 0,
    ) -> None:
        settings = settings or ClassifierSettings()
        if vocabulary.pad is None or vocabulary.unk is None:
            raise ValueError("a classifier's vocabulary has pad and unk")
        if settings.embedding != "learned" and vectors is None:
            raise ValueError(f"a {settings.embedding} embedding needs vectors")
        rows, coverage = None, None
        if settings.embedding != "learned" and vectors is not None:
            rows, coverage = rows_for(vocabulary, vectors, seed=seed)
            settings = settings.model_copy(update={"dim": vectors.dim})
        self.vocabulary = vocabulary
        self.labels = Vocabulary(labels, specials=())
        self.settings = settings
        self.tokenizer = tokenizer or Tokenizer()
        self.coverage: Coverage | None = coverage  #: of the vectors, where there were any
        self.history = History()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = self._network(rows)
        self.network.eval()

    def _network(self, rows: Tensor | None = None) -> ClassifierNetwork:
        size, pad_id = len(self.vocabulary), self.vocabulary.pad
        return ClassifierNetwork(self.settings, size, pad_id, len(self.labels), rows)

    def _ids(self, text: str) -> npt.NDArray[np.integer]:
        ids = self.vocabulary.encode(self.tokenizer.words(text))
        return truncate(ids, self.settings.max_length, self.settings.truncate)

    def _logits(self, rows: Sequence[npt.NDArray[np.integer]]) -> Tensor:
        assert self.vocabulary.pad is not None  # the constructor saw to it
        device = self.network.output.weight.device
        ids = torch.from_numpy(pad(rows, self.vocabulary.pad)).to(device)
        lengths = torch.tensor([len(row) for row in rows], device=device)
        logits: Tensor = self.network(ids, lengths)
        return logits

    def fit(
        self,
        train: Iterable[Document],
        dev: Iterable[Document] | None = None,
        training: TrainingSettings | None = None,
        *,
        progress: Progress = silent,
    ) -> History:
        """Train with cross-entropy; the epoch with the best dev accuracy is kept.

        :raises DataError: naming the document: no token, no label, a label of no other row
        """
        training = training or TrainingSettings()
        documents = list(train)
        if not documents:
            raise DataError("there is no document to train on")
        dev = list(dev or ())
        dev_targets = np.array([target(document, self.labels) for document in dev])
        dev_ids = [self._ids(document.text) for document in dev]
        answered = np.array([len(row) > 0 for row in dev_ids])
        targets = np.array([target(document, self.labels) for document in documents])
        ids = [self._ids(document.text) for document in documents]
        lengths = np.array([len(row) for row in ids])
        if len(empty := np.flatnonzero(lengths == 0)):
            where = documents[empty[0]].where
            raise DataError("the document is empty", where=where, remedy="remove the row")
        device = loop.device_of(training.device)
        self.network.to(device)

        def loss(rows: npt.NDArray[np.int64]) -> Tensor:
            logits = self._logits([ids[i] for i in rows])
            return cross_entropy(logits, torch.from_numpy(targets[rows]).to(device))

        def accuracy() -> float:
            right = self._probabilities(dev_ids).argmax(axis=1) == dev_targets
            return float(np.mean(right & answered))

        validate = accuracy if dev else None
        self.history = loop.train(
            self.network, lengths, loss, training, validate=validate, progress=progress
        )
        return self.history

    def _probabilities(self, ids: Sequence[npt.NDArray[np.integer]]) -> npt.NDArray[np.float32]:
        """Shape (documents, labels); a row of zeros for a document without a token."""
        lengths = np.array([len(row) for row in ids])
        probabilities = np.zeros((len(ids), len(self.labels)), dtype=np.float32)
        order = np.argsort(lengths, kind="stable")
        order = order[lengths[order] > 0]
        for start in range(0, len(order), _PREDICT_BATCH):
            rows = order[start : start + _PREDICT_BATCH]
            with torch.inference_mode():
                probabilities[rows] = self._logits([ids[i] for i in rows]).softmax(1).cpu().numpy()
        return probabilities

    def _answers(self, inputs: Iterator[str]) -> Iterator[Classification]:
        labels = self.labels.words
        while chunk := list(islice(inputs, _PREDICT_CHUNK)):
            ids = [self._ids(text) for text in chunk]
            for row, p in zip(ids, self._probabilities(ids).tolist(), strict=True):
                if len(row):
                    best = max(range(len(p)), key=p.__getitem__)
                    yield Classification(labels[best], p[best], dict(zip(labels, p, strict=True)))
                else:
                    yield _EMPTY

    def evaluate(self, data: Iterable[Document]) -> ClassificationReport:
        """Accuracy, macro-F1, confusion; a document without an answer counts as wrong.

        :raises DataError: for no document at all, or a label that training never saw
        """
        documents = list(data)
        if not documents:
            raise DataError("there is no document to evaluate on")
        for document in documents:
            target(document, self.labels)
        answers = [answer.label for answer in self.predict(d.text for d in documents)]
        gold = [str(document.label) for document in documents]
        return classification(gold, answers, self.labels.words, data=fingerprint(documents))

    def save(
        self,
        path: Path | str,
        *,
        report: ClassificationReport | None = None,
        replace: bool = False,
    ) -> None:
        """Write the model folder; an existing model only with ``replace``."""
        figures = report.figures if report else {}
        history = [epoch._asdict() for epoch in self.history]
        model_folder.write(
            Path(path),
            task=self.task,
            settings={
                "recipe": self.tokenizer.recipe,
                "network": self.settings.model_dump(),
            },
            network=self.network,
            vocabulary=self.vocabulary,
            labels=self.labels,
            metrics={
                "figures": figures,
                "signature": report.signature if report else None,
                "history": history,
            },
            card=card(self, Path(path), figures),
            replace=replace,
        )

    @classmethod
    def from_folder(cls, folder: model_folder.Folder, *, device: str = "cpu") -> Self:
        """The classifier of a folder that was read and checked.

        :raises DataError: where its parts do not fit each other
        """
        where = str(folder.path / model_folder.CONFIG)
        try:
            saved = _Saved.model_validate(folder.settings)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            raise DataError(f"settings.{key}: {explain(first)}", where=where) from error
        if folder.vocabulary.pad is None or folder.vocabulary.unk is None or not folder.labels:
            raise DataError("pad, unk or labels are missing", where=str(folder.path))
        model = cls.__new__(cls)
        model.vocabulary, model.labels = folder.vocabulary, folder.labels
        model.settings, model.tokenizer = saved.network, Tokenizer(saved.recipe)
        model.coverage, model.history = None, History()
        with torch.device("meta"):
            model.network = model._network()
        model_folder.load_weights(model.network, folder.path, device=loop.device_of(device))
        model.network.eval()
        return model


class _Saved(Settings):
    recipe: Recipe
    network: ClassifierSettings
