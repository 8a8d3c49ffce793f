"""What the networks of all translators share."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor, nn

from nlpseq.layers.attention import Attended
from nlpseq.layers.embedding import embedding
from nlpseq.layers.product import Layout, multiply
from nlpseq.models.translate.settings import TranslatorSettings
from nlpseq.text.vocabulary import Vocabulary


class Rows(NamedTuple):
    """What embeddings start from, shapes (V, D); None: from random rows."""

    source: Tensor | None = None
    target: Tensor | None = None


class Output(nn.Module):
    """A state to a score for each word: W s + b; where W is the target's embedding, E P s + b,
    with a projection P where their features differ in number (Press and Wolf 2017, section 3).

    :param size: features of a state
    :param words: how many there are
    :param dim: features of the embedding, where that is the matrix; None: a matrix of its own
    """

    def __init__(self, size: int, words: int, dim: int | None) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(words, size)) if dim is None else None
        self.projection = nn.Linear(size, dim, bias=False) if dim not in (None, size) else None
        self.bias = nn.Parameter(torch.zeros(words))
        if self.weight is not None:
            nn.init.xavier_uniform_(self.weight)
        if self.projection is not None:
            nn.init.xavier_uniform_(self.projection.weight)

    def project(self, states: Tensor) -> Tensor:
        """P s, shape (…, dim)."""
        return states if self.projection is None else self.projection(states)


class Decoding(ABC):
    """Rows that are being written word by word, and what the network remembers of each.

    The rows of a sentence, of which there are equally many for each, follow on each other.
    """

    @abstractmethod
    def step(self, ids: Tensor) -> Tensor:
        """Logits of the next word, shape (rows, V).

        :param ids: the words that were written last, shape (rows,)
        """

    @abstractmethod
    def take(self, rows: Tensor, sentences: Tensor | None = None) -> None:
        """Go on with some of the rows, any number of times.

        :param sentences: those that go on; None: all
        """


class TranslatorNetwork(nn.Module, ABC):
    """ids of a source and of a target → states; a state → logits of the next word."""

    def __init__(
        self, settings: TranslatorSettings, source: Vocabulary, target: Vocabulary, rows: Rows
    ) -> None:
        super().__init__()
        self.dim = settings.dim or settings.hidden
        #: the source's, where it is not the target's
        self.own_embedding = None
        if settings.tied != "joint":
            frozen = settings.embedding == "frozen"
            self.own_embedding = self._embedding(source, rows.source, frozen=frozen)
        frozen = settings.target_embedding == "frozen"
        self.target_embedding = self._embedding(target, rows.target, frozen=frozen)
        dim = None if settings.tied == "none" else self.dim
        self.output = Output(settings.hidden, len(target), dim)
        self._layout = Layout()

    def _embedding(
        self, vocabulary: Vocabulary, rows: Tensor | None, *, frozen: bool
    ) -> nn.Embedding:
        layer = embedding(len(vocabulary), self.dim, pad=vocabulary.pad, rows=rows, frozen=frozen)
        if rows is None:
            # so that logits of the same matrix, and inputs times √dim, have a variance of 1
            with torch.no_grad():
                layer.weight.copy_(torch.randn(len(vocabulary), self.dim) * self.dim**-0.5)
                layer.weight[vocabulary.pad] = 0
        return layer

    @property
    def source_embedding(self) -> nn.Embedding:
        """Its own, or the target's."""
        return self.target_embedding if self.own_embedding is None else self.own_embedding

    @property
    def output_weight(self) -> Tensor:
        """The matrix from what ``output.project`` gives to logits, shape (V, features)."""
        return self.target_embedding.weight if self.output.weight is None else self.output.weight

    def logits(self, states: Tensor) -> Tensor:
        """Shape (rows, V), without gradients.

        :param states: shape (rows, hidden)
        """
        projected = self.output.project(states)
        return multiply(projected, self._layout(self.output_weight), self.output.bias)

    @abstractmethod
    def forward(
        self, source: Tensor, source_lengths: Tensor, target: Tensor, target_lengths: Tensor,
        weights: bool = False,
    ) -> Attended:  # fmt: skip
        """A state for each word of a target that is given (teacher forcing, deck 001), shape
        (batch, length, hidden): what comes next is to be told by it. State t sees words up to t.

        :param source: ids, shape (batch, source length)
        :param source_lengths: shape (batch,), each at least 1
        :param target: ids, the first ``bos``, shape (batch, length)
        :param target_lengths: shape (batch,), each at least 1
        :param weights: give those of the attention to the source too, shape (batch, length,
            source length)
        """

    @abstractmethod
    def start(self, source: Tensor, lengths: Tensor) -> Decoding:
        """One row for each sentence, nothing written yet. Gradients are not computed through it.

        :param source: ids, shape (sentences, length)
        :param lengths: shape (sentences,), each at least 1
        """
