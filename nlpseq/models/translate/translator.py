"""A translator: the network with its two sides, source and target."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from nlpseq.embeddings.coverage import Coverage
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError
from nlpseq.layers.embedding import EmbeddingMode, rows_for
from nlpseq.metrics.translation import TranslationReport, bleu
from nlpseq.models import folder as model_folder
from nlpseq.models.base import Model
from nlpseq.models.translate.engine import Engine
from nlpseq.models.translate.network import Rows, TranslatorNetwork
from nlpseq.models.translate.pairs import Encoded, digest
from nlpseq.models.translate.recurrent import RecurrentNetwork
from nlpseq.models.translate.saved import Rules, Saved
from nlpseq.models.translate.settings import SearchSettings, TranslatorSettings
from nlpseq.models.translate.sides import Cutter, Side
from nlpseq.models.translate.texts import TextTranslator
from nlpseq.models.translate.transformer import TransformerNetwork
from nlpseq.progress import Progress, silent
from nlpseq.text.corpus import Pair
from nlpseq.text.sequences import Unit, batches
from nlpseq.text.tokenize import Tokenizer
from nlpseq.text.tokenize.subwords import Subwords
from nlpseq.text.vocabulary import SPECIALS, Vocabulary
from nlpseq.training import loop
from nlpseq.training.checkpoint import Checkpoint
from nlpseq.training.history import History
from nlpseq.training.records import Record
from nlpseq.training.settings import TrainingSettings


class Translator(TextTranslator, Model[str, Pair]):
    """Translates texts, from one side to the other.

    :param source_vocabulary: with all four specials, as :func:`vocabulary_of` makes it
    :param target_vocabulary: likewise; the same where the embeddings are tied jointly
    :param source_tokenizer: what cuts a source into words or subwords
    :param target_tokenizer: likewise, and joins them to a text again
    :param source_vectors: what the embedding starts from, unless it is ``learned``
    :param target_vectors: the same for ``target_embedding``
    :param search: how a translation is looked for, unless :meth:`predict` is told otherwise
    :param seed: of the first weights
    :raises CallError: where vocabularies or vectors do not go together
    """

    network: TranslatorNetwork
    target_coverage: Coverage | None  #: of the target's vectors, as ``coverage`` of the source's

    def __init__(
        self,
        source_vocabulary: Vocabulary,
        target_vocabulary: Vocabulary,
        settings: TranslatorSettings | None = None,
        *,
        source_tokenizer: Cutter | None = None,
        target_tokenizer: Cutter | None = None,
        source_vectors: Vectors | None = None,
        target_vectors: Vectors | None = None,
        search: SearchSettings | None = None,
        seed: int = 0,
    ) -> None:
        settings = settings or TranslatorSettings()
        for vocabulary in (source_vocabulary, target_vocabulary):
            if set(vocabulary.specials) != set(SPECIALS):
                raise ValueError(f"a translator's vocabularies have {', '.join(SPECIALS)}")
        if len(target_vocabulary) == len(SPECIALS):
            raise CallError(
                "the target's vocabulary has no word", remedy="lower min_count, or raise the size"
            )
        if settings.tied == "joint" and source_vocabulary != target_vocabulary:
            raise CallError(
                "source and target have different vocabularies, and one embedding",
                where="tied: joint",
                remedy="use one vocabulary for both, or tie the output alone",
            )
        vectors = (
            _wanted(settings.embedding, source_vectors, "source"),
            _wanted(settings.target_embedding, target_vectors, "target"),
        )
        dims = {each.dim for each in vectors if each is not None}
        if len(dims) > 1:
            raise CallError(f"the vectors of source and target have {sorted(dims)} features")
        if dims:
            settings = settings.model_copy(update={"dim": dims.pop()})
        self._set(
            Side(source_tokenizer or Tokenizer(), source_vocabulary),
            Side(target_tokenizer or Tokenizer(), target_vocabulary),
            settings,
            search or SearchSettings(),
        )
        rows = Rows()
        if vectors[0] is not None:
            source, self.coverage = rows_for(source_vocabulary, vectors[0], seed=seed)
            rows = rows._replace(source=source)
        if vectors[1] is not None:
            target, self.target_coverage = rows_for(target_vocabulary, vectors[1], seed=seed)
            rows = rows._replace(target=target)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = self._network(rows)
        self.network.eval()

    def _set(
        self, source: Side, target: Side, settings: TranslatorSettings, search: SearchSettings
    ) -> None:
        self.source, self.target, self.settings, self.search = source, target, settings, search
        self.vocabulary = source.vocabulary
        self.coverage = self.target_coverage = None
        self.history = History()

    def _network(self, rows: Rows | None = None) -> TranslatorNetwork:
        kind = RecurrentNetwork if self.settings.architecture == "recurrent" else TransformerNetwork
        return kind(self.settings, self.source.vocabulary, self.target.vocabulary, rows or Rows())

    @property
    def engine(self) -> Engine:
        """The network and the vocabularies of its sides."""
        return Engine(self.network, self.source.vocabulary, self.target.vocabulary)

    def fit(
        self,
        train: Iterable[Pair],
        dev: Iterable[Pair] | None = None,
        training: TrainingSettings | None = None,
        *,
        unit: Unit = "sentences",
        checkpoints: Path | None = None,
        records: Sequence[Record] = (),
        progress: Progress = silent,
    ) -> History:
        """Train with cross-entropy, the mean of a batch's words, and keep the epoch whose greedy
        translations of dev have the highest BLEU. Where BLEU is 0, as it is early in a training
        and always for targets of less than four words, it is the one with the highest log P of a
        dev word.

        Pairs with more words than ``max_length`` are left out, and a warning counts them.

        :param unit: of ``batch_size``: pairs; or words of the longer side, filling counted
        :param checkpoints: a folder in which a training keeps what it needs to go on after it
            was cut off; the same call goes on from there
        :param records: told of each epoch
        :raises DataError: naming a pair with an empty side
        """
        training = training or TrainingSettings()
        dev = list(dev or ())
        dev_ids, pairs = self.encoder.encode(dev), self.encoder.learnable(list(train))
        dev_within = [pair for pair in dev_ids if pair.longest <= self.settings.max_length]
        lengths = np.array([pair.longest + 1 for pair in pairs])
        self.network.to(loop.device_of(training.device))

        def loss(rows: npt.NDArray[np.int64]) -> Tensor:
            return self.engine.loss([pairs[i] for i in rows], self.settings.label_smoothing)

        def figure() -> float:
            hypotheses = self.predict((pair.source for pair in dev), SearchSettings())
            found = bleu([pair.target for pair in dev], [h.text or "" for h in hypotheses])
            return found or self.engine.likelihood(dev_within)

        def by_unit(epoch: int) -> Iterable[npt.NDArray[np.int64]]:
            seed = training.seed
            return batches(lengths, training.batch_size, seed=seed, epoch=epoch, unit=unit)

        checkpoint = None
        if checkpoints is not None:
            key = self._key(training, unit, pairs, dev_ids)
            checkpoint = Checkpoint(checkpoints / key, key)
        self.history = loop.train(
            self.network,
            lengths,
            loss,
            training,
            validate=figure if dev else None,
            batches=by_unit,
            checkpoint=checkpoint,
            records=records,
            progress=progress,
        )
        return self.history

    def _key(self, training: TrainingSettings, unit: Unit, *data: Sequence[Encoded]) -> str:
        """What a training starts from, in 32 hexadecimal digits: settings, data, weights."""
        chosen = training.model_dump(exclude={"threads", "device"})
        options = [self.settings.effective(), chosen, unit]
        found = hashlib.blake2b(repr(options).encode() + digest(*data), digest_size=16)
        for tensor in self.network.state_dict().values():
            found.update(tensor.cpu().numpy().tobytes())
        return found.hexdigest()

    def save(
        self, path: Path | str, *, report: TranslationReport | None = None, replace: bool = False
    ) -> None:
        """Write the model folder; an existing model only with ``replace``."""
        source, target = self.source, self.target
        saved = Saved(
            source=Rules.of(source.tokenizer),
            target=Rules.of(target.tokenizer),
            search=self.search,
            network=self.settings,
        )
        self._write(
            Path(path),
            settings={**saved.model_dump(), "network": self.settings.effective()},
            parts={
                model_folder.WORDS: source.vocabulary,
                model_folder.TARGET_WORDS: target.vocabulary,
                model_folder.SUBWORDS: _subwords(source),
                model_folder.TARGET_SUBWORDS: _subwords(target),
            },
            report=report,
            replace=replace,
        )

    @classmethod
    def from_folder(
        cls, folder: model_folder.Folder, *, device: str = "cpu", threads: int | None = None
    ) -> Self:
        """The translator of a folder that was read and checked.

        :param threads: torch's, for the whole process
        :raises DataError: where its parts do not fit each other
        """
        saved = Saved.of(folder)
        source, target = saved.sides(folder)
        if threads is not None:
            torch.set_num_threads(threads)
        model = cls.__new__(cls)  # without weights to start from, which the folder holds
        model._set(source, target, saved.network, saved.search)
        with torch.device("meta"):
            model.network = model._network()
        model_folder.load_weights(model.network, folder.path, device=loop.device_of(device))
        model.network.eval()
        return model


def _wanted(mode: EmbeddingMode, vectors: Vectors | None, side: str) -> Vectors | None:
    if mode == "learned":
        return None
    if vectors is None:
        raise ValueError(f"a {mode} embedding needs vectors, and the {side} has none")
    return vectors


def _subwords(side: Side) -> Subwords | None:
    return side.tokenizer if isinstance(side.tokenizer, Subwords) else None
