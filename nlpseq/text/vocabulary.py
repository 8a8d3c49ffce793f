"""Vocabularies: words to ids and back."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from nlpseq.errors import CallError, DataError, UnknownWordError
from nlpseq.files import escaped, text_lines, unescaped
from nlpseq.text.counting import WordCounts
from nlpseq.writing import atomic_write

SPECIALS: Final = ("pad", "unk", "bos", "eos")
_INT32 = np.dtype(np.int32)
_MOST = np.iinfo(np.int64).max
_HEADER = re.compile(r"# nlpseq vocabulary 1 specials=([a-z,]*)")


def _room(max_size: int | None, specials: Sequence[str]) -> int | None:
    """How many ordinary words a vocabulary of a size may hold."""
    if max_size is None:
        return None
    if max_size < len(specials):
        raise ValueError(f"max_size {max_size} has no room for {len(specials)} specials")
    return max_size - len(specials)


class _Ids(dict[str, int]):
    """Gives an unknown word ``unk``; faster than asking ``get`` with a default for each."""

    unk: int | None = None

    def __missing__(self, word: str) -> int:
        if self.unk is None:
            raise UnknownWordError(f"{word!r} is not in the vocabulary")
        return self.unk


class Vocabulary:
    """Words with dense ids from 0, the specials first. Immutable once built.

    :param words: ordinary words, each once, in the order of their ids
    :param specials: names out of ``pad``, ``unk``, ``bos``, ``eos``
    :param counts: how often each ordinary word was seen, where known

    A special is not a word: text that spells ``<pad>`` does not encode to padding.
    """

    def __init__(
        self,
        words: Sequence[str],
        *,
        specials: Sequence[str] = ("pad", "unk"),
        counts: Sequence[int] | npt.NDArray[np.int64] | None = None,
    ) -> None:
        if unknown := set(specials) - set(SPECIALS):
            raise ValueError(f"no such special: {', '.join(sorted(unknown))}")
        if len(set(specials)) < len(specials):
            raise ValueError("a special is named twice")
        self.specials = tuple(specials)
        self.words = [f"<{name}>" for name in specials] + list(words)
        self._ids = _Ids((word, i) for i, word in enumerate(words, len(specials)))
        if len(self._ids) < len(words):
            raise ValueError("a word stands twice in the vocabulary")
        self.counts: npt.NDArray[np.int64] | None = None
        if counts is not None:
            try:
                self.counts = np.array([*[0] * len(specials), *counts], dtype=np.int64)
            except OverflowError as error:
                raise DataError(f"a word is counted more than {_MOST:,} times") from error
            self.counts.flags.writeable = False
            if len(self.counts) != len(self.words):
                raise ValueError("one count a word is wanted")
            if self.counts.min(initial=0) < 0:
                raise ValueError("a count is below 0")
        self.pad, self.unk, self.bos, self.eos = (
            specials.index(name) if name in specials else None for name in SPECIALS
        )
        self._ids.unk = self.unk

    @classmethod
    def build(
        cls,
        documents: Iterable[Sequence[str]],
        *,
        min_count: int = 1,
        max_size: int | None = None,
        specials: Sequence[str] = ("pad", "unk"),
    ) -> Self:
        """The words of tokenised documents, most frequent first, ties in code-point order.

        :param documents: each a sequence of words
        :param min_count: rarer words are left out
        :param max_size: the whole size at most, specials counted
        """
        _room(max_size, specials)  # before the documents are read
        with WordCounts() as counts:
            for document in documents:
                counts.add(document)
            return cls.of_counts(counts, min_count=min_count, max_size=max_size, specials=specials)

    @classmethod
    def of_counts(
        cls,
        counts: WordCounts,
        *,
        min_count: int = 1,
        max_size: int | None = None,
        specials: Sequence[str] = ("pad", "unk"),
    ) -> Self:
        """The words that were counted, in the order and with the options of :meth:`build`."""
        kept = counts.most_common(min_count, _room(max_size, specials))
        return cls([w for w, _ in kept], specials=specials, counts=[n for _, n in kept])

    @classmethod
    def merge(cls, *vocabularies: "Vocabulary") -> Self:
        """All words of several vocabularies with the same specials.

        Counts are added, and the most frequent words come first, ties in code-point order. Where
        one of the vocabularies has no counts, the words come in the order of their first
        appearance, without counts.

        :raises CallError: for no vocabulary at all, and for specials that differ
        :raises DataError: where a sum is too large
        """
        if not vocabularies:
            raise CallError("no vocabulary to merge")
        specials = vocabularies[0].specials
        for other in vocabularies[1:]:
            if other.specials != specials:
                raise CallError(
                    f"the specials differ: {','.join(specials)} and {','.join(other.specials)}",
                    remedy="build the vocabularies with the same specials",
                )
        first = len(specials)
        with WordCounts() as counts:
            for vocabulary in vocabularies:
                if vocabulary.counts is None:
                    words = dict.fromkeys(w for v in vocabularies for w in v.words[first:])
                    return cls(list(words), specials=specials)
                counts.add_counts(vocabulary.words[first:], vocabulary.counts[first:])
            return cls.of_counts(counts, min_count=0, specials=specials)

    def extended(self, words: Iterable[str]) -> "Vocabulary":
        """This vocabulary with further words behind, those that it lacks, of count 0."""
        known = self.words[len(self.specials) :]
        new = [word for word in dict.fromkeys(words) if word not in self._ids]
        counts = None
        if self.counts is not None:
            counts = np.pad(self.counts[len(self.specials) :], (0, len(new)))
        return Vocabulary(known + new, specials=self.specials, counts=counts)

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self._ids

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return self.words == other.words and self.specials == other.specials

    __hash__ = None  # type: ignore[assignment]

    def get(self, word: str) -> int | None:
        """The id of an ordinary word, or None."""
        return self._ids.get(word)

    def encode(self, words: Iterable[str]) -> npt.NDArray[np.int32]:
        """The ids, shape (n,). Unknown words take ``unk``'s.

        :raises UnknownWordError: for an unknown word where the vocabulary has no ``unk``
        """
        number = len(words) if isinstance(words, list) else -1
        return np.fromiter(map(self._ids.__getitem__, words), _INT32, number)

    def decode(self, ids: Iterable[int]) -> list[str]:
        """The words of ids; a special as ``<name>``."""
        return [self.words[i] for i in ids]

    def save(self, path: Path | str) -> None:
        r"""Write a text file that a person can read: ``word TAB count``, escaped as ``\uXXXX``."""
        with atomic_write(Path(path)) as file:
            file.write(f"# nlpseq vocabulary 1 specials={','.join(self.specials)}\n".encode())
            for i in range(len(self.specials), len(self.words)):
                word = escaped(self.words[i])
                count = "" if self.counts is None else f"\t{self.counts[i]}"
                file.write(f"{word}{count}\n".encode())

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read what :meth:`save` wrote.

        :raises DataError: with file and line where the file is anything else
        """
        path = Path(path)
        rows = text_lines(path)
        first = next(rows, None)
        if first is None:
            raise DataError("the file is empty", where=str(path))
        header = _HEADER.fullmatch(first[1])
        if header is None:
            raise DataError("not a vocabulary of nlpseq", where=f"{path}:1")
        specials = [name for name in header.group(1).split(",") if name]
        try:
            cls([], specials=specials)
        except ValueError as error:
            raise DataError(str(error), where=f"{path}:1") from error
        words: dict[str, None] = {}
        counts: list[int] = []
        for number, line in rows:
            where = f"{path}:{number}"
            written, tab, count = line.partition("\t")
            word = unescaped(written)
            if word in words:
                raise DataError(f"the word {word!r} stands there twice", where=where)
            words[word] = None
            if tab:
                plain = count.isascii() and count.isdigit() and len(count) <= len(str(_MOST))
                if not plain or int(count) > _MOST:
                    raise DataError(f"{count!r} is not a count", where=where)
                counts.append(int(count))
            if counts and len(counts) != len(words):
                raise DataError("some words have a count and some have none", where=where)
        return cls(list(words), specials=specials, counts=counts or None)
