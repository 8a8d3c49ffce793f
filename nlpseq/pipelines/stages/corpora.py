"""What stages hand on as a corpus: examples of one kind or another, and their words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from nlpseq.metrics.baseline import LinearBaseline
from nlpseq.progress import Progress, silent
from nlpseq.text.corpus import Document, Pair
from nlpseq.text.corpus.tagged import Tagged
from nlpseq.text.normalize import RECIPES
from nlpseq.text.tags import Scheme
from nlpseq.text.tokenize import Tokenizer
from nlpseq.text.vocabulary import Vocabulary


class Corpus(Protocol):
    """Examples to train on and to develop with, and how texts are cut into words."""

    @property
    def train(self) -> Sequence[Any]:
        """To train on."""

    @property
    def dev(self) -> Sequence[Any]:
        """To develop with."""

    @property
    def tokenizer(self) -> Tokenizer:
        """What cuts and normalises."""

    def words(self, tokenizer: Tokenizer) -> Iterator[Sequence[str]]:
        """The words of each training example, as a tokenizer has them."""

    def inputs(self, examples: Sequence[Any]) -> list[Any]:
        """Of examples what a model is asked."""


@dataclass(frozen=True)
class Documents:
    """Labelled documents."""

    train: list[Document]
    dev: list[Document]
    labels: Vocabulary
    tokenizer: Tokenizer
    multilabel: bool = False  #: whether a document has any number of labels

    _baseline: list[LinearBaseline] = field(default_factory=list, compare=False, repr=False)

    def words(self, tokenizer: Tokenizer) -> Iterator[Sequence[str]]:
        """The words of each training document."""
        return tokenizer.stream_words(document.text for document in self.train)

    def inputs(self, examples: Sequence[Document]) -> list[str]:
        """Their texts."""
        return [document.text for document in examples]

    def baseline(self, progress: Progress = silent) -> LinearBaseline:
        """A linear classifier of the same documents; fitted once, however many models ask."""
        if not self._baseline:
            train, dev = (
                self.tokenizer.stream_words(document.text for document in part)
                for part in (self.train, self.dev)
            )
            fitted = LinearBaseline.fit(
                train,
                [document.label or () for document in self.train],
                dev,
                [document.label or () for document in self.dev],
                classes=self.labels.words,
                progress=progress,
            )
            self._baseline.append(fitted)
        return self._baseline[0]


@dataclass(frozen=True)
class TaggedCorpus:
    """Tagged sentences; their words are cut already, and the recipe is done to each."""

    train: list[Tagged]
    dev: list[Tagged]
    labels: list[str]  #: the types of entities, or the tags where they are plain
    scheme: Scheme | None  #: of the tags of entities; None: these are plain
    tokenizer: Tokenizer  #: of texts that are to be tagged

    def words(self, tokenizer: Tokenizer) -> Iterator[Sequence[str]]:
        """The words of each training sentence."""
        normal = RECIPES[tokenizer.recipe]
        for sentence in self.train:
            yield list(map(normal, sentence.words))

    def inputs(self, examples: Sequence[Tagged]) -> list[list[str]]:
        """Their words."""
        return [sentence.words for sentence in examples]


@dataclass(frozen=True)
class ParallelCorpus:
    """Texts and what they become."""

    train: list[Pair]
    dev: list[Pair]
    tokenizer: Tokenizer = field(default_factory=Tokenizer)  #: of words, for vectors

    def words(self, tokenizer: Tokenizer) -> Iterator[Sequence[str]]:
        """The words of each training source."""
        return tokenizer.stream_words(pair.source for pair in self.train)

    def targets(self, tokenizer: Tokenizer) -> Iterator[Sequence[str]]:
        """The words of each training target."""
        return tokenizer.stream_words(pair.target for pair in self.train)

    def inputs(self, examples: Sequence[Pair]) -> list[str]:
        """Their sources."""
        return [pair.source for pair in examples]
