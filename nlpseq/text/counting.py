"""How often each word occurs, exactly and in bounded memory."""

import heapq
import shutil
import tempfile
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from operator import index, itemgetter
from pathlib import Path
from typing import Self, TypeVar

from nlpseq.errors import CallError
from nlpseq.files import escaped, unescaped

_Words = TypeVar("_Words", bound=Iterable[str])
_PART = 1 << 12  # words counted between two looks at the memory
_LENGTH = 64  # characters a word on average; longer ones fill the memory as more words would
_FAN = 32  # runs of one level before they become one of the next: few files are ever open


def require_words(document: _Words) -> _Words:
    """``document``, or a CallError for a text, whose characters would be taken for words."""
    if isinstance(document, str):
        raise CallError(
            "a document is a list of words, not a text",
            remedy="cut it into words first: Tokenizer().words(text)",
        )
    return document


class WordCounts:
    """Counts of words that may be more than the memory holds.

    Where too many different words are held, they are written, sorted, to a file in a temporary
    folder and forgotten; reading merges such runs. Use it in a ``with`` statement, which removes
    the folder at its end; else that happens when the object goes.

    :param distinct: different words held at once, some 150 bytes each
    """

    def __init__(self, distinct: int = 1_000_000) -> None:
        if distinct < 1:
            raise CallError(f"{distinct} words cannot be held", remedy="hold one at least")
        self.total = 0  #: words counted, each as often as it came
        self._distinct = distinct
        self._held: Counter[str] = Counter()
        self._characters = 0
        self._levels: list[list[Path]] = []  # a run of level k was merged out of _FAN of k - 1
        self._folder: Path | None = None
        self._written = 0
        self._remove: weakref.finalize[..., WordCounts] | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget all counts and remove what was written; nothing can be asked afterwards."""
        self._closed = True
        self._held = Counter()
        self._levels = []
        if self._remove is not None:
            self._remove()

    def add(self, words: Iterable[str]) -> None:
        """Count each word once more.

        :raises CallError: for a text, which is no list of words
        """
        self._require_open()
        if isinstance(words, (list, tuple)) and len(words) <= _PART:
            self._count(words)
            return
        rest = iter(require_words(words))
        while part := list(islice(rest, _PART)):
            self._count(part)

    def add_counts(self, words: Iterable[str], counts: Iterable[int]) -> None:
        """Count each word as often more as ``counts`` says at its place; 0 makes it known.

        :raises CallError: for a count below 0
        :raises ValueError: where there are more words than counts, or fewer
        """
        self._require_open()
        pairs = zip(require_words(words), map(index, counts), strict=True)
        while part := list(islice(pairs, _PART)):
            if min(n for _, n in part) < 0:
                raise CallError("a word cannot occur fewer than 0 times")
            held, before = self._held, len(self._held)
            for word, n in part:
                held[word] = held.get(word, 0) + n
                self.total += n
            if len(held) > before:
                self._bound(before)

    def merge(self, other: "WordCounts") -> None:
        """Add what another has counted, which stays as it is."""
        if other is self:
            raise CallError("counts cannot be merged with themselves")
        pairs = other.items()
        while part := list(islice(pairs, _PART)):
            self.add_counts([word for word, _ in part], [n for _, n in part])

    def items(self) -> Iterator[tuple[str, int]]:
        """Each word with its count, in code-point order. Add nothing until it is through."""
        self._require_open()
        held = self._held
        inside = ((word, held[word]) for word in sorted(held))
        runs = [path for level in self._levels for path in level]
        return _merged(runs, inside) if runs else inside

    def most_common(
        self, min_count: int = 1, max_words: int | None = None
    ) -> list[tuple[str, int]]:
        """Words with their counts, most frequent first, ties in code-point order.

        :param min_count: rarer words are left out
        :param max_words: so many at most; no more are held on the way
        """
        kept = (pair for pair in self.items() if pair[1] >= min_count)
        # both are stable, and the words come in code-point order
        if max_words is None:
            return sorted(kept, key=itemgetter(1), reverse=True)
        return heapq.nlargest(max_words, kept, key=itemgetter(1))

    def _require_open(self) -> None:
        if self._closed:
            raise CallError("these counts were closed", remedy="use them inside the with statement")

    def _count(self, words: Sequence[str]) -> None:
        held, before = self._held, len(self._held)
        held.update(words)
        self.total += len(words)
        if len(held) > before:
            self._bound(before)

    def _bound(self, before: int) -> None:
        """Write a run where the words new since there were ``before`` make it too many."""
        held = self._held
        self._characters += sum(map(len, islice(reversed(held), len(held) - before)))
        if len(held) > self._distinct or self._characters > _LENGTH * self._distinct:
            run = self._write((word, held[word]) for word in sorted(held))
            self._held = Counter()
            self._characters = 0
            self._keep(run, 0)

    def _write(self, pairs: Iterator[tuple[str, int]]) -> Path:
        try:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="nlpseq-"))
                self._remove = weakref.finalize(self, shutil.rmtree, self._folder, True)
            path = self._folder / f"{self._written}"
            self._written += 1
            with path.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(f"{escaped(word)}\t{n}\n" for word, n in pairs)
        except OSError as error:
            raise CallError(
                f"words cannot be put aside while counting: {error.strerror}",
                where=str(self._folder or "the temporary folder"),
                remedy="name a folder with room in the environment variable TMPDIR",
            ) from error
        return path

    def _keep(self, run: Path, level: int) -> None:
        """Put a run at its level, and make one of the next where that is full."""
        if level == len(self._levels):
            self._levels.append([])
        runs = self._levels[level]
        runs.append(run)
        if len(runs) >= _FAN:
            merged = self._write(_merged(runs, iter(())))
            self._levels[level] = []
            self._keep(merged, level + 1)
            for path in runs:
                path.unlink()


def _merged(runs: Sequence[Path], inside: Iterator[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """The sums over sorted runs and what is held, sorted; no file stays open behind it."""
    with ExitStack() as stack:
        files = [stack.enter_context(path.open(encoding="utf-8", newline="\n")) for path in runs]
        pairs = heapq.merge(*map(_pairs, files), inside)
        last, total = next(pairs)  # a run is never empty
        for word, n in pairs:
            if word == last:
                total += n
            else:
                yield last, total
                last, total = word, n
        yield last, total


def _pairs(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    for line in lines:
        word, _, count = line.partition("\t")
        yield unescaped(word), int(count)
