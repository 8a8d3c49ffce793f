"""Pairs: parallel files, line by line in step, such as the two sides of a translation."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from nlpseq.errors import CallError, DataError
from nlpseq.files import called, is_stdin
from nlpseq.text.corpus.lines import text_lines
from nlpseq.text.corpus.repairs import Repairs, fault
from nlpseq.text.corpus.sources import files_of


class Pair(NamedTuple):
    """Two texts that say the same, and the places that they were read from."""

    source: str
    target: str
    source_file: str = ""
    target_file: str = ""
    line: int = 0  #: of both files, from 1

    @property
    def where(self) -> str | None:
        """``file:line`` of the source, or None for a pair that came from no file."""
        return f"{self.source_file}:{self.line}" if self.source_file else None


def read_pairs(
    source: Path | str,
    target: Path | str,
    *,
    encoding: str = "utf-8",
    repairs: Repairs | None = None,
) -> Iterator[Pair]:
    """Stream the pairs of two parallel files: line n of one belongs to line n of the other.

    Several files on each side, as :func:`files_of` finds them, are read one after the other.

    :param encoding: of both sides
    :param repairs: leave out and count pairs with an empty side, and mend lines
    :raises DataError: where one file ends before the other, or a side is empty
    :raises CallError: where there are not as many files on both sides
    """
    sources, targets = files_of(source), files_of(target)
    if len(sources) != len(targets):
        raise CallError(
            f"{len(sources)} files of sources and {len(targets)} of targets",
            where=f"{source}, {target}",
            remedy="each file of the one side needs its partner on the other",
        )
    if is_stdin(sources[0]) and is_stdin(targets[0]):
        raise CallError("both sides cannot be the standard input")
    number = 0
    for one, other in zip(sources, targets, strict=True):
        for pair in _in_step(one, other, encoding, repairs):
            number += 1
            yield pair
    if not number:
        raise DataError("there is no pair in the files", where=f"{source}, {target}")


def _in_step(source: Path, target: Path, encoding: str, repairs: Repairs | None) -> Iterator[Pair]:
    names = called(source), called(target)
    sides = [
        (text for _, text in text_lines(path, encoding=encoding, repairs=repairs))
        for path in (source, target)
    ]
    for line, (one, other) in enumerate(zip_longest(*sides), 1):
        if one is None or other is None:
            shorter, longer = names if one is None else names[::-1]
            raise DataError(
                f"the file ends here, and {longer} goes on",
                where=f"{shorter}:{line - 1}",
                remedy="parallel files have as many lines; look where they part",
            )
        empty = [not one.strip(), not other.strip()]
        if not any(empty):
            yield Pair(one, other, *names, line)
            continue
        name, partner = names if empty[0] else names[::-1]
        message, done = "this line is empty, its partner in {} is not", "pair with an empty side"
        if all(empty):
            message, done = "this line and its partner in {} are empty", "pair of empty lines"
        fault(
            repairs,
            message.format(partner),
            where=f"{name}:{line}",
            done=f"{done} left out",
            remedy="take the line out of both files",
        )
