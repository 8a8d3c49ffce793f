"""Coverage: how much of some words, and of a running text, vectors hold, and by what way."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nlpseq.embeddings.vectors import Found

#: the ways of :meth:`Vectors.resolve`, and not at all
WAYS = ("exact", "recipe", "case", "subwords", "missing")


class Coverage(NamedTuple):
    """Numbers of words, and of running words, for each of :data:`WAYS`."""

    by_word: dict[str, int]
    by_token: dict[str, int]

    def __str__(self) -> str:
        """The share of the running words, and by what ways where there are several."""
        total = max(1, sum(self.by_token.values()))
        ways = {way: n for way, n in self.by_token.items() if n and way != "missing"}
        listed = ", ".join(f"{n / total:.1%} {way}" for way, n in ways.items())
        return f"{self.tokens:.1%} of tokens" + (f" ({listed})" if len(ways) > 1 else "")

    @property
    def words(self) -> float:
        """The share of the words that have a vector."""
        return _share(self.by_word)

    @property
    def tokens(self) -> float:
        """The share of the running words that have one."""
        return _share(self.by_token)


def _share(numbers: dict[str, int]) -> float:
    total = sum(numbers.values())
    return (total - numbers["missing"]) / total if total else 0.0


def coverage(found: Iterable["Found | None"], counts: Sequence[int]) -> Coverage:
    """What came of looking words up.

    :param counts: how often each word stands in the text
    """
    by_word, by_token = dict.fromkeys(WAYS, 0), dict.fromkeys(WAYS, 0)
    for one, count in zip(found, counts, strict=True):
        way = one.how if one else "missing"
        by_word[way] += 1
        by_token[way] += int(count)
    return Coverage(by_word, by_token)
