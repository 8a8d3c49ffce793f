"""A tagger of words: the network with its tokenizer, vocabularies and tags."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import DataError, NlpseqError
from nlpseq.layers.embedding import rows_for
from nlpseq.metrics.classification import ClassificationReport, classification
from nlpseq.metrics.spans import SpanReport, span_report
from nlpseq.models import folder as model_folder
from nlpseq.models.base import Model
from nlpseq.models.chunks import chunks
from nlpseq.models.tag.answers import Read, Tagging
from nlpseq.models.tag.computing import mean_loss, pieces_of, tell
from nlpseq.models.tag.network import TaggerNetwork
from nlpseq.models.tag.settings import Saved, TaggerSettings
from nlpseq.models.tag.tagset import Tagset
from nlpseq.models.tag.words import Numbered, Reader
from nlpseq.progress import Progress, silent
from nlpseq.text.corpus.tagged import Tagged, fingerprint, settled
from nlpseq.text.tags import Scheme, Span, spans
from nlpseq.text.tokenize import Tokenizer
from nlpseq.text.vocabulary import Vocabulary
from nlpseq.training import loop
from nlpseq.training.checkpoint import Checkpoint
from nlpseq.training.history import History
from nlpseq.training.records import Record
from nlpseq.training.settings import TrainingSettings

_CHUNK = 2048  # texts held at a time

Text = str | Sequence[str]  #: a text, or the words that someone else cut it into


class Tagger(Model[Text, Tagged]):
    """Gives each word of a text a tag, and the entities that these make.

    :param vocabulary: with ``pad`` and ``unk``
    :param labels: the types of entities, such as ``PER``; or the tags, where they are plain
    :param scheme: of the tags of entities, as they are read and given back; None: plain tags
    :param characters: those that are known; see :func:`characters_of`
    :param tokenizer: what cuts a text into words, and the recipe by which they are looked up
    :param vectors: what the embedding starts from, unless it is ``learned``
    :param seed: of the first weights
    """

    task = "tag"
    network: TaggerNetwork
    settings: TaggerSettings

    def __init__(
        self,
        vocabulary: Vocabulary,
        labels: Sequence[str],
        settings: TaggerSettings | None = None,
        *,
        scheme: Scheme | None,
        characters: Vocabulary | None = None,
        tokenizer: Tokenizer | None = None,
        vectors: Vectors | None = None,
        seed: int = 0,
    ) -> None:
        settings = settings or TaggerSettings()
        if vocabulary.pad is None or vocabulary.unk is None:
            raise ValueError("a tagger's vocabulary has pad and unk")
        if (settings.characters != "none") != (characters is not None):
            raise ValueError("characters are given where they are read, and nowhere else")
        if characters is not None and (characters.pad is None or characters.unk is None):
            raise ValueError("characters have pad and unk")
        if settings.embedding != "learned" and vectors is None:
            raise ValueError(f"a {settings.embedding} embedding needs vectors")
        rows, coverage = None, None
        if settings.embedding != "learned" and vectors is not None:
            rows, coverage = rows_for(vocabulary, vectors, seed=seed)
            settings = settings.model_copy(update={"dim": vectors.dim})
        self._set(
            vocabulary, characters, Vocabulary(labels, specials=()), scheme, settings,
            tokenizer or Tokenizer(),
        )  # fmt: skip
        self.coverage = coverage
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = self._network(rows)
        self.network.eval()

    def _set(
        self,
        vocabulary: Vocabulary,
        characters: Vocabulary | None,
        labels: Vocabulary,
        scheme: Scheme | None,
        settings: TaggerSettings,
        tokenizer: Tokenizer,
    ) -> None:
        self.vocabulary, self.settings, self.tokenizer = vocabulary, settings, tokenizer
        self.characters = characters
        self.tagset = Tagset(labels, scheme, settings.inside)
        self.coverage = None
        self.history = History()
        self._reader = Reader(vocabulary, characters, tokenizer.recipe)
        # words are looked up one by one, so what cuts them leaves them as they are written
        self._cutter = replace(tokenizer, recipe="none", kind=tokenizer.cuts_by)

    def _network(self, rows: Tensor | None = None) -> TaggerNetwork:
        tags, allowed = len(self.tagset.tags), self.tagset.allowed
        return TaggerNetwork(self.settings, self.vocabulary, self.characters, tags, allowed, rows)

    def about(self) -> dict[str, str]:
        """What it knows, property → value, for people."""
        kind = "tags" if self.tagset.scheme is None else "types"
        known = {kind: ", ".join(self.tagset.labels.words), **super().about()}
        if self.tagset.scheme is not None:
            known["scheme"] = self.tagset.scheme
        return known

    def _answers(self, inputs: Iterator[Text]) -> Iterator[Tagging]:
        for chunk in chunks(inputs, _CHUNK):
            yield from self._tag(self._read(chunk))

    def _read(self, chunk: Sequence[Text]) -> list[Read]:
        cut = self._cutter.stream(text for text in chunk if isinstance(text, str))
        read = []
        for text in chunk:
            if isinstance(text, str):
                _, starts, ends = next(cut)
                places = starts.tolist(), ends.tolist()
                words = tuple(text[i:j] for i, j in zip(*places, strict=True))
                read.append(Read(text, words, *places))
            else:
                read.append(Read.of_words(text))
        return read

    def _tag(self, read: Sequence[Read]) -> Iterator[Tagging]:
        numbered = self._reader.numbered(each.words for each in read)
        found = tell(self.network, numbered, self.settings.max_length)
        for each, told in zip(read, found, strict=True):
            tags, entities = self.tagset.decode(told.tags.tolist())
            yield each.answer(tags, told.confidences.tolist(), entities)

    def evaluate(self, data: Iterable[Tagged]) -> SpanReport | ClassificationReport:
        """Precision, recall and F1 of the entities; of plain tags accuracy and macro-F1.

        :raises DataError: for no sentence at all, a tag that is illegal in its scheme, or one that
            training never saw
        """
        sentences = self._settled(data)
        if not any(map(len, sentences)):
            raise DataError("there is no sentence to evaluate on")
        answers = self.predict(sentence.words for sentence in sentences)
        mark, scheme = fingerprint(sentences), self.tagset.scheme
        if scheme is None:
            told = [tag for answer in answers for tag in answer.tags]
            gold = [tag for sentence in sentences for tag in sentence.tags]
            return classification(gold, told, self.tagset.labels.words, data=mark)
        return span_report(
            [spans(sentence.tags, scheme) for sentence in sentences],
            [spans(answer.tags, scheme) for answer in answers],
            seen=self._seen(sentences),
            scheme=scheme,
            data=mark,
        )

    def _settled(self, data: Iterable[Tagged]) -> list[Tagged]:
        """Sentences whose tags are known, in the scheme that is learned from and given back."""
        sentences = list(data)
        if self.tagset.scheme is not None:
            sentences = settled(sentences, scheme=self.tagset.scheme).sentences
        for sentence in sentences:
            self.tagset.check(sentence)
        return sentences

    def _seen(self, sentences: Sequence[Tagged]) -> Any:
        """Whether training had all words of an entity."""
        counts = self.vocabulary.counts
        if counts is None:
            return None

        def seen(number: int, span: Span) -> bool:
            words = self._reader.words(sentences[number].words[span.start : span.end])
            return bool(counts[words.ids].all())

        return seen

    def fit(
        self,
        train: Iterable[Tagged],
        dev: Iterable[Tagged] | None = None,
        training: TrainingSettings | None = None,
        *,
        checkpoints: Path | None = None,
        records: Sequence[Record] = (),
        progress: Progress = silent,
    ) -> History:
        """Train, and keep the epoch that is best on dev: by the entities' F1, or by accuracy
        where tags are plain.

        :param checkpoints: a folder in which a training keeps what it needs to go on after it
            was cut off; the same call goes on from there
        :param records: told of each epoch
        :raises DataError: naming the place of a tag that is illegal, or not known
        """
        training = training or TrainingSettings()
        sentences, dev = self._settled(train), self._settled(dev or ())
        if not any(map(len, sentences)):
            raise DataError("there is no sentence to train on")
        words, rows = self._reader.numbered(sentence.words for sentence in sentences)
        pieces = [piece for row in rows for piece in pieces_of(row, self.settings.max_length)]
        targets = [
            self.tagset.encode(sentence.tags[i : i + self.settings.max_length])
            for sentence in sentences
            for i in range(0, len(sentence), self.settings.max_length)
        ]
        self.network.to(loop.device_of(training.device))

        def loss(batch: npt.NDArray[np.int64]) -> Tensor:
            some = Numbered(words, [pieces[i] for i in batch])
            return mean_loss(self.network, some, [targets[i] for i in batch])

        def figure() -> float:
            report = self.evaluate(dev)
            return report.figures["accuracy" if self.tagset.scheme is None else "f1"]

        def thaw(epoch: int) -> None:
            if self.settings.thaw is not None:
                self.network.embedding.weight.requires_grad_(epoch > self.settings.thaw)

        checkpoint = None
        if checkpoints is not None:
            key = self._key(training, sentences, dev)
            checkpoint = Checkpoint(checkpoints / key, key)
        self.history = loop.train(
            self.network,
            np.array([len(piece) for piece in pieces]),
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
        return self.history

    def _key(self, training: TrainingSettings, *data: Sequence[Tagged]) -> str:
        """What a training starts from, in 32 hexadecimal digits: settings, words, data, weights."""
        known = (self.vocabulary, self.tagset.labels, self.characters)
        options = [
            self.settings.effective(),
            training.model_dump(exclude={"threads", "device"}),
            self.tokenizer.recipe,
            self.tagset.scheme,
            [part.words for part in known if part is not None],
        ]
        digest = hashlib.blake2b(repr(options).encode(), digest_size=16)
        for part in data:
            digest.update(fingerprint(part, size=16).encode())
        for tensor in self.network.state_dict().values():
            digest.update(tensor.cpu().numpy().tobytes())
        return digest.hexdigest()

    def save(
        self,
        path: Path | str,
        *,
        report: SpanReport | ClassificationReport | None = None,
        replace: bool = False,
    ) -> None:
        """Write the model folder; an existing model only with ``replace``."""
        saved = Saved(
            recipe=self.tokenizer.recipe,
            punctuation=self.tokenizer.punctuation,
            kind=self.tokenizer.kind,
            language=self.tokenizer.language,
            scheme=self.tagset.scheme,
            network=self.settings,
        )
        self._write(
            Path(path),
            settings={**saved.model_dump(), "network": self.settings.effective()},
            parts={
                model_folder.WORDS: self.vocabulary,
                model_folder.LABELS: self.tagset.labels,
                model_folder.CHARACTERS: self.characters,
            },
            report=report,
            replace=replace,
        )

    @classmethod
    def from_folder(
        cls, folder: model_folder.Folder, *, device: str = "cpu", threads: int | None = None
    ) -> Self:
        """The tagger of a folder that was read and checked.

        :param threads: torch's, for the whole process
        :raises DataError: where its parts do not fit each other
        """
        saved = Saved.of(folder)
        vocabulary, labels = folder.vocabulary, folder.labels
        characters = None
        if saved.network.characters != "none":
            characters = folder.part(model_folder.CHARACTERS)
        for known in (vocabulary, characters):
            if known is not None and (known.pad is None or known.unk is None):
                raise DataError("pad or unk is missing", where=str(folder.path))
        if threads is not None:
            torch.set_num_threads(threads)
        model = cls.__new__(cls)  # without weights to start from, which the folder holds
        try:
            tokenizer = Tokenizer(saved.recipe, saved.punctuation, saved.kind, saved.language)
            model._set(vocabulary, characters, labels, saved.scheme, saved.network, tokenizer)
        except NlpseqError as error:
            raise DataError(error.message, where=str(folder.path)) from error
        with torch.device("meta"):
            model.network = model._network()
        model_folder.load_weights(model.network, folder.path, device=loop.device_of(device))
        model.network.eval()
        return model
