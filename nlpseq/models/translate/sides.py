"""The two sides of a translation: text to ids and back."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlpseq.text.tokenize import Tokenizer
from nlpseq.text.tokenize.subwords import Subwords
from nlpseq.text.vocabulary import SPECIALS, Vocabulary

Cutter = Tokenizer | Subwords
Ids = npt.NDArray[np.int32]

_BLANK = "▁"  # between words, where characters are what is cut
_SENTENCE_END = re.compile(r"(?<=[.!?…।。！？])\s+")


@dataclass(frozen=True)
class Side:
    """A language: what cuts its texts into words, subwords or characters, and their ids.

    :param vocabulary: with all four specials
    """

    tokenizer: Cutter
    vocabulary: Vocabulary

    def encode(self, texts: Iterable[str]) -> Iterator[Ids]:
        """The ids of each text, in order."""
        return map(self.vocabulary.encode, words_of(texts, self.tokenizer))

    def decode(self, ids: Iterable[int]) -> str:
        """The text that ids stand for: subwords joined, words with a blank between two."""
        words = self.vocabulary.decode(ids)
        if isinstance(self.tokenizer, Subwords):
            return self.tokenizer.join(words)
        if self.tokenizer.cuts_by == "characters":
            return "".join(words).replace(_BLANK, " ")
        return " ".join(words)

    def pieces(self, text: str, longest: int) -> list[Ids]:
        """The ids of a text in pieces of at most ``longest``: of whole sentences, where they fit.

        Sentences end at a full stop or its like with white space behind.
        """
        pieces: list[Ids] = []
        room = 0  # in the newest piece
        for ids in self.encode(_SENTENCE_END.split(text)):
            if len(ids) <= room:
                pieces[-1] = np.concatenate([pieces[-1], ids])
                room -= len(ids)
            elif len(ids):
                pieces.extend(ids[i : i + longest] for i in range(0, len(ids), longest))
                room = longest - len(pieces[-1]) if len(ids) <= longest else 0
        return pieces


def words_of(texts: Iterable[str], tokenizer: Cutter) -> Iterator[list[str]]:
    """The words, subwords or characters of each text; a blank is a character too."""
    if isinstance(tokenizer, Tokenizer) and tokenizer.cuts_by == "characters":
        texts = (_BLANK.join(text.split()) for text in texts)
    return tokenizer.stream_words(texts)


def vocabulary_of(
    tokenizer: Cutter, texts: Iterable[str] = (), *, min_count: int = 1, max_size: int | None = None
) -> Vocabulary:
    """A vocabulary as a translator needs it: of subwords all, else of the words of texts.

    :param min_count: rarer words are left out
    :param max_size: the whole size at most, specials counted
    """
    if isinstance(tokenizer, Subwords):
        known = tokenizer.vocabulary
        return Vocabulary(known.words[len(known.specials) :], specials=SPECIALS)
    words = words_of(texts, tokenizer)
    return Vocabulary.build(words, min_count=min_count, max_size=max_size, specials=SPECIALS)
