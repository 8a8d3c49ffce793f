"""Separated values: CSV and TSV with a header, each record with the line that it starts on."""

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from nlpseq.errors import DataError
from nlpseq.files import MAX_LINE, called
from nlpseq.text.corpus.lines import text_lines
from nlpseq.text.corpus.repairs import Repairs, fault


def read_separated(
    path: Path, delimiter: str, *, encoding: str = "utf-8", repairs: Repairs | None = None
) -> Iterator[tuple[int, dict[str, object]]]:
    """The records of a file whose first one names the columns, and the line that each starts on.

    Line breaks in quoted fields are kept as they are.

    :param delimiter: what stands between two fields
    :param repairs: leave out and count broken rows, and rows of another length than the header;
        after a broken row reading goes on at the line below the one that it starts on
    :raises DataError: with file and line; for a header that cannot be used in any case
    """
    csv.field_size_limit(MAX_LINE)  # its own bound is 128 KB, and documents are longer
    lines = _Lines(text_lines(path, encoding=encoding, repairs=repairs, returns=True))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    header: list[str] | None = None
    while True:
        lines.taken.clear()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fault(
                repairs if header else None,
                f"a broken row: {error}",
                where=lines.where(path),
                done="broken row left out",
                remedy='a quoted field ends with " and doubles each " inside',
            )
            lines.again()
            continue
        if header is None:
            header = row
            if not header:
                raise DataError(
                    "the header names no column",
                    where=lines.where(path),
                    remedy="the first line names the columns",
                )
            if len(set(header)) < len(header):
                raise DataError(
                    "two columns have the same name",
                    where=lines.where(path),
                    remedy="give each a name of its own",
                )
        elif len(row) != len(header):
            fault(
                repairs,
                f"{len(row)} columns where the header names {len(header)}",
                where=lines.where(path),
                done="ragged row left out",
                remedy="quote fields that hold the separator or a line break",
            )
        else:
            yield lines.taken[0][0], dict(zip(header, row, strict=True))


class _Lines:
    """Lines for ``csv``, which tells neither where a record starts nor goes back to it."""

    def __init__(self, source: Iterator[tuple[int, str]]) -> None:
        self._source = source
        self._ahead: deque[tuple[int, str]] = deque()
        self.taken: list[tuple[int, str]] = []  #: those of the record at hand

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, line = self._ahead.popleft() if self._ahead else next(self._source)
        self.taken.append((number, line))
        return f"{line}\n"

    def where(self, path: Path) -> str:
        """``file:line`` of the record's first line."""
        return f"{called(path)}:{self.taken[0][0]}"

    def again(self) -> None:
        """Give the record's lines again but for the first: a quote there was never closed."""
        self._ahead.extendleft(reversed(self.taken[1:]))
