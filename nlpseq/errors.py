"""The errors that a user can see: what is wrong, where, and what to do."""

import difflib
from collections.abc import Iterable


class NlpseqError(Exception):
    """Something that the user can put right.

    :param message: what is wrong, one sentence without a final full stop
    :param where: the place, ``file:line``, an option or a key
    :param remedy: what to do about it
    """

    #: what the command line exits with: 1 the data is bad, 2 the call is wrong
    exit_code = 1

    def __init__(
        self, message: str, *, where: str | None = None, remedy: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}\n  {self.remedy}" if self.remedy else head


class DataError(NlpseqError):
    """The data is bad: a corpus, a file of vectors, a model folder."""


class CallError(NlpseqError):
    """The call is wrong: an option, a path, a key of a pipeline file."""

    exit_code = 2


class UnknownWordError(DataError, KeyError):
    """A word that the vectors or the vocabulary do not hold."""


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate spelled most like ``word``, or None where none is close."""
    found = difflib.get_close_matches(word, list(candidates), n=1, cutoff=0.6)
    return found[0] if found else None


def suggestion(word: str, candidates: Iterable[str], otherwise: str | None = None) -> str | None:
    """The remedy that names the nearest candidate, or ``otherwise`` where none is close."""
    near = nearest(word, candidates)
    return f"did you mean {near!r}?" if near else otherwise
