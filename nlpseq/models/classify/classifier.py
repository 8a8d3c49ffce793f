"""A classifier of documents: the network with its tokenizer, vocabulary and labels."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import DataError
from nlpseq.layers.embedding import rows_for
from nlpseq.metrics.baseline import LinearBaseline
from nlpseq.metrics.classification import ClassificationReport
from nlpseq.metrics.multilabel import MultilabelReport, choose_thresholds
from nlpseq.models import folder as model_folder
from nlpseq.models.base import Model
from nlpseq.models.classify.documents import (
    Batch,
    DocumentClassifier,
    Ids,
    Probabilities,
    Saved,
)
from nlpseq.models.classify.network import ClassifierNetwork
from nlpseq.models.classify.objective import Objective, probabilities, weights
from nlpseq.models.classify.parallel import in_parallel
from nlpseq.models.classify.settings import ClassifierSettings
from nlpseq.progress import Progress, silent
from nlpseq.text.corpus import Document
from nlpseq.text.tokenize import Tokenizer
from nlpseq.text.vocabulary import Vocabulary
from nlpseq.training import loop
from nlpseq.training.checkpoint import Checkpoint
from nlpseq.training.history import History
from nlpseq.training.records import Record
from nlpseq.training.settings import TrainingSettings


class Classifier(DocumentClassifier, Model[str, Document]):
    """A document classifier with one label an answer, or with any number of them.

    :param vocabulary: with ``pad`` and ``unk``
    :param labels: all that there are
    :param vectors: what the embedding starts from, unless it is ``learned``
    :param seed: of the first weights
    """

    network: ClassifierNetwork
    settings: ClassifierSettings
    batch_tokens = 1 << 16

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
        self._set(vocabulary, Vocabulary(labels, specials=()), settings, tokenizer or Tokenizer())
        self.coverage = coverage
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = self._network(rows)
        self.network.eval()

    def _set(
        self,
        vocabulary: Vocabulary,
        labels: Vocabulary,
        settings: ClassifierSettings,
        tokenizer: Tokenizer,
    ) -> None:
        self.vocabulary, self.labels = vocabulary, labels
        self.settings, self.tokenizer = settings, tokenizer
        self.coverage = None
        self.history = History()
        self.thresholds = [0.5] * len(labels)  #: of labels that do not exclude each other
        self.baseline: LinearBaseline | None = None  #: fitted on the same documents

    def _network(self, rows: Tensor | None = None) -> ClassifierNetwork:
        return ClassifierNetwork(self.settings, self.vocabulary, len(self.labels), rows)

    def logits(self, batch: Batch) -> Tensor:
        """The network's answer, shape (documents, labels or 1)."""
        device = self.network.output.weight.device
        ids, lengths, documents = (torch.from_numpy(part).to(device) for part in batch)
        several = self.settings.windows > 1
        logits: Tensor = self.network(ids, lengths, documents if several else None)
        return logits

    def compute(self, batch: Batch) -> Probabilities:
        """Probabilities, shape (documents, labels)."""
        with torch.inference_mode():
            return probabilities(self.logits(batch), self.settings).cpu().numpy()

    def compute_all(
        self, compute: Callable[[Ids], Probabilities], batches: Sequence[Ids]
    ) -> Iterator[Probabilities]:
        """What :meth:`compute` gives for several batches, in their order."""
        return in_parallel(compute, batches, self.network.output.weight.device)

    def fit(
        self,
        train: Iterable[Document],
        dev: Iterable[Document] | None = None,
        training: TrainingSettings | None = None,
        *,
        checkpoints: Path | None = None,
        records: Sequence[Record] = (),
        progress: Progress = silent,
    ) -> History:
        """Train with cross-entropy; the epoch that is best on dev is kept, by accuracy, or by
        micro-F1 where documents have several labels.

        :param checkpoints: a folder in which a training keeps what it needs to go on after it
            was cut off; the same call goes on from there
        :param records: told of each epoch
        :raises DataError: naming the document: no token, no label, a label of no other row
        """
        training = training or TrainingSettings()
        documents = list(train)
        if not documents:
            raise DataError("there is no document to train on")
        dev = list(dev or ())
        dev_targets, dev_ids = self.targets(dev), self.ids(d.text for d in dev)
        truth, ids = self.targets(documents), self.ids(d.text for d in documents)
        for document, rows in zip(documents, ids, strict=True):
            if not rows:
                raise DataError(
                    "the document is empty", where=document.where, remedy="remove the row"
                )
        device = loop.device_of(training.device)
        self.network.to(device)
        objective = Objective(self.settings, weights(self.settings, self.labels, truth)).to(device)

        def loss(rows: npt.NDArray[np.int64]) -> Tensor:
            logits = self.logits(self.batch([ids[i] for i in rows]))
            value: Tensor = objective(logits, torch.from_numpy(truth[rows]).to(device))
            return value

        def figure() -> float:
            return self._figure(dev_ids, dev_targets)

        def thaw(epoch: int) -> None:
            if self.settings.thaw is not None:
                self.network.embedding.weight.requires_grad_(epoch > self.settings.thaw)

        checkpoint = None
        if checkpoints is not None:
            key = self._key(training, ids, truth, dev_ids, dev_targets)
            checkpoint = Checkpoint(checkpoints / key, key)
        self.history = loop.train(
            self.network,
            np.array([max(map(len, rows)) for rows in ids]),
            loss,
            training,
            validate=figure if dev else None,
            on_epoch=thaw,
            checkpoint=checkpoint,
            records=records,
            progress=progress,
        )
        if self.settings.thaw is not None:
            self.network.embedding.weight.requires_grad_(True)
        if dev and self.settings.multilabel:
            self.thresholds = choose_thresholds(self.probabilities(dev_ids), dev_targets).tolist()
        return self.history

    def _key(
        self, training: TrainingSettings, *data: Sequence[Sequence[Ids]] | npt.NDArray[Any]
    ) -> str:
        """What a training starts from, in 32 hexadecimal digits: settings, data, weights."""
        options = [self.settings.effective(), training.model_dump(exclude={"threads", "device"})]
        digest = hashlib.blake2b(repr(options).encode(), digest_size=16)
        for part in data:
            rows = [part] if isinstance(part, np.ndarray) else [w for ids in part for w in ids]
            for row in rows:
                digest.update(len(row).to_bytes(8, "little"))
                digest.update(np.ascontiguousarray(row).tobytes())
        for tensor in self.network.state_dict().values():
            digest.update(tensor.cpu().numpy().tobytes())
        return digest.hexdigest()

    def _figure(self, ids: Sequence[Sequence[Ids]], truth: npt.NDArray[Any]) -> float:
        """Accuracy; or micro-F1, 2 TP / (answered + true), at a threshold of one half."""
        found = self.probabilities(ids)
        if self.settings.multilabel:
            answered = found >= 0.5
            both = answered.sum() + truth.sum()
            return float(2 * (answered & truth).sum() / both) if both else 1.0
        has_answer = np.array([len(rows) > 0 for rows in ids])
        return float(np.mean((found.argmax(axis=1) == truth) & has_answer))

    def save(
        self,
        path: Path | str,
        *,
        report: ClassificationReport | MultilabelReport | None = None,
        replace: bool = False,
    ) -> None:
        """Write the model folder; an existing model only with ``replace``."""
        self._write(
            Path(path),
            settings={
                **asdict(self.tokenizer),
                "thresholds": self.thresholds,
                "network": self.settings.effective(),
            },
            parts={
                model_folder.WORDS: self.vocabulary,
                model_folder.LABELS: self.labels,
                model_folder.BASELINE: self.baseline,
            },
            report=report,
            replace=replace,
        )

    @classmethod
    def from_folder(
        cls, folder: model_folder.Folder, *, device: str = "cpu", threads: int | None = None
    ) -> Self:
        """The classifier of a folder that was read and checked.

        :param threads: torch's, for the whole process
        :raises DataError: where its parts do not fit each other
        """
        saved = _Saved.of(folder)
        if threads is not None:
            torch.set_num_threads(threads)
        model = cls.__new__(cls)  # without weights to start from, which the folder holds
        model._set(folder.vocabulary, folder.labels, saved.network, saved.tokenizer)
        model.thresholds = saved.thresholds
        with torch.device("meta"):
            model.network = model._network()
        model_folder.load_weights(model.network, folder.path, device=loop.device_of(device))
        model.network.eval()
        model.baseline = folder.parts.get(model_folder.BASELINE)
        return model


class _Saved(Saved):
    network: ClassifierSettings
