"""The network of a tagger: words, casing, characters → encoder → a score for each tag."""

import torch
from torch import Tensor, nn

from nlpseq.layers import encoder
from nlpseq.layers.characters import Characters
from nlpseq.layers.crf import Crf
from nlpseq.layers.embedding import embedding, table
from nlpseq.layers.recurrent import FeatureDropout
from nlpseq.models.tag.settings import TaggerSettings
from nlpseq.text.casing import CASES
from nlpseq.text.transitions import Transitions
from nlpseq.text.vocabulary import Vocabulary

_CASING = 8  # features


class TaggerNetwork(nn.Module):
    """Distinct words → their features; those in the order of sentences → emissions.

    :param tags: how many there are
    :param allowed: the steps that the scheme allows; None: all
    """

    def __init__(
        self, settings: TaggerSettings, vocabulary: Vocabulary, characters: Vocabulary | None,
        tags: int, allowed: Transitions | None, rows: Tensor | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        assert vocabulary.unk is not None  # the tagger saw to it
        self.unknown, self.word_dropout = vocabulary.unk, settings.word_dropout
        frozen = settings.embedding == "frozen" and settings.thaw is None
        self.embedding = embedding(
            len(vocabulary), settings.dim, pad=vocabulary.pad, rows=rows, frozen=frozen
        )
        self.casing = table(len(CASES), _CASING) if settings.casing else None
        self.characters = None
        if settings.characters != "none" and characters is not None:
            assert characters.pad is not None  # the tagger saw to it
            self.characters = Characters(
                settings.characters,
                len(characters),
                settings.character_dim,
                settings.character_hidden,
                pad=characters.pad,
            )
        size = settings.dim + (_CASING if self.casing is not None else 0)
        size += self.characters.size if self.characters is not None else 0
        self.input_dropout = (FeatureDropout if settings.variational else nn.Dropout)(
            settings.dropout
        )
        self.encoder = encoder.build(settings, size, longest=settings.max_length)
        self.dropout = (FeatureDropout if settings.variational else nn.Dropout)(settings.dropout)
        self.output = nn.Linear(self.encoder.size, tags)  # type: ignore[arg-type]  # as build says
        self.crf = Crf(tags, allowed) if settings.crf else None

    def features(self, ids: Tensor, casing: Tensor, characters: Tensor, lengths: Tensor) -> Tensor:
        """What is known of distinct words, shape (words, features).

        :param ids: shape (words,)
        :param casing: shape (words,)
        :param characters: shape (words, characters)
        :param lengths: shape (words,): characters of each
        """
        if self.training and self.word_dropout:  # Iyyer et al. 2015, section 3.1
            dropped = torch.rand(ids.shape, device=ids.device) < self.word_dropout
            ids = ids.masked_fill(dropped, self.unknown)
        parts = [self.embedding(ids)]
        if self.casing is not None:
            parts.append(self.casing(casing))
        if self.characters is not None:
            parts.append(self.characters(characters, lengths))
        return torch.cat(parts, dim=1)

    def forward(self, features: Tensor, rows: Tensor, lengths: Tensor) -> Tensor:
        """Emissions: a score for each tag of each word, shape (sentences, words, tags).

        :param features: of distinct words, shape (distinct, features)
        :param rows: which of them stand in each sentence, shape (sentences, words)
        :param lengths: shape (sentences,): words of each, at least 1
        """
        x = self.input_dropout(nn.functional.embedding(rows, features))
        states, _ = self.encoder(x, lengths)
        emissions: Tensor = self.output(self.dropout(states))
        return emissions
