"""CoNLL columns: one token a line, an empty line after each sentence, any number of columns."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

from nlpseq.errors import DataError
from nlpseq.files import MAX_LINE, called
from nlpseq.text.corpus.lines import text_lines
from nlpseq.text.corpus.repairs import Repairs, fault

Separator = Literal["\t", " "]

#: a longer sentence is refused: it is a file without empty lines
MAX_TOKENS = 1_000_000
MAX_COLUMNS = 1_000  #: a file with more of them is refused: a few packed bytes unfold into millions

_DOCUMENT = "-DOCSTART-"
_BOM = "\ufeff"
_LEFT_OUT = "sentence with a broken row left out"


@dataclass(frozen=True, slots=True)
class Sentence:
    """The tokens of one sentence, column by column, and the place that they were read from."""

    columns: tuple[list[str], ...]  #: each of one length; the first holds the words
    file: str = ""
    line: int = 0  #: of its first token; token i stands on line + i
    comments: tuple[str, ...] = ()  #: the lines before it that open with ``#``, whole
    document: int = 0  #: how many ``-DOCSTART-`` lines stand before it in the file
    separator: Separator = "\t"

    @property
    def words(self) -> list[str]:
        """The first column."""
        return self.columns[0]

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def where(self, i: int = 0) -> str | None:
        """``file:line`` of token ``i``, or None for a sentence that came from no file."""
        return f"{self.file}:{self.line + i}" if self.file else None


class _Layout(NamedTuple):
    separator: Separator
    width: int

    def is_comment(self, line: str) -> bool:
        # "#" may be a word: a row of it has all its columns
        return line.startswith("#") and line.count(self.separator) + 1 != self.width


def read_conll(
    path: Path | str, *, encoding: str = "utf-8", repairs: Repairs | None = None
) -> Iterator[Sentence]:
    """Stream the sentences of a file.

    The first row that does not open with ``#`` tells whether tabs or single spaces separate the
    columns, and how many there are. A sentence ends at lines that are empty or hold only spaces.
    ``-DOCSTART-`` opens a new document and is no sentence. A line that opens with ``#`` is a
    comment where it stands before a sentence's first token and has not the file's number of
    columns; else it is a row. All rows of CoNLL-U are kept as they are, ``1-2`` and ``1.1`` too.

    :param path: as :func:`text_lines` takes it
    :param repairs: a sentence with a broken row is left out and counted here
    :raises DataError: with file and line: a row with more or fewer columns than the first or with
        an empty one, more than 1,000,000 tokens in one sentence, bad bytes, no sentence at all
    """
    path = Path(path)
    name = called(path)
    source = text_lines(path, encoding=encoding, repairs=repairs)
    head: list[tuple[int, str]] = []
    layout = _layout(source, name, head)
    size = start = document = found = 0
    rows: list[list[str]] = []
    comments: list[str] = []
    broken = False
    for number, line in chain(head, source, [(0, "")]):  # the last sentence ends as well
        opens_document = _opens_document(line)
        if opens_document or not line.strip(" "):
            if rows:
                columns = tuple(list(column) for column in zip(*rows, strict=True))
                yield Sentence(columns, name, start, tuple(comments), document, layout.separator)
                found += 1
                rows, comments, size = [], [], 0
            broken = False
            document += opens_document
            continue
        if broken:
            continue
        size += len(line)
        if len(rows) + len(comments) == MAX_TOKENS or size > MAX_LINE:
            raise DataError(
                f"a sentence of more than {MAX_TOKENS:,} tokens or {MAX_LINE >> 20} MB",
                where=f"{name}:{number}",
                remedy="is there no blank line between sentences?",
            )
        if not rows and layout.is_comment(line):
            comments.append(line)
            continue
        row = line.split(layout.separator, layout.width)
        wrong = _wrong(row, line, layout)
        if wrong:
            message, remedy = wrong
            fault(repairs, message, where=f"{name}:{number}", done=_LEFT_OUT, remedy=remedy)
            rows, comments, size, broken = [], [], 0, True
            continue
        if not rows:
            start = number
        rows.append(row)
    if not found:
        raise _no_sentence(name)


def _layout(source: Iterator[tuple[int, str]], name: str, head: list[tuple[int, str]]) -> _Layout:
    """What the first row tells; the lines up to it are put into ``head``."""
    size = 0
    for number, line in source:
        head.append((number, line))
        size += len(line)
        if line.strip(" ") and not line.startswith("#") and not _opens_document(line):
            separator: Separator = "\t" if "\t" in line else " "
            width = line.count(separator) + 1
            if width > MAX_COLUMNS:
                raise DataError(
                    f"{width:,} columns, more than {MAX_COLUMNS:,}",
                    where=f"{name}:{number}",
                    remedy="one token a line, its columns separated by tabs or single spaces",
                )
            return _Layout(separator, width)
        if len(head) > MAX_TOKENS or size > MAX_LINE:
            raise DataError(
                "no token so far, only comments and empty lines",
                where=f"{name}:{number}",
                remedy="is this a file of CoNLL columns?",
            )
    raise _no_sentence(name)


def _no_sentence(name: str) -> DataError:
    return DataError(
        "the file holds no sentence",
        where=name,
        remedy="one token a line, its columns separated by tabs or single spaces",
    )


def _opens_document(line: str) -> bool:
    return line.startswith(_DOCUMENT) and line[len(_DOCUMENT) :][:1] in ("", " ", "\t")


def _wrong(row: list[str], line: str, layout: _Layout) -> tuple[str, str] | None:
    """What is wrong with a row, and the remedy."""
    spaces = layout.separator == " "
    if len(row) != layout.width:
        width = line.count(layout.separator) + 1
        return (
            f"{width:,} column{'s' if width > 1 else ''} "
            f"where the file's first row has {layout.width}",
            "# opens a comment only before the first token of a sentence"
            if row[0].startswith("#")
            else f"separate the columns by one {'space' if spaces else 'tab'}, "
            "and sentences by an empty line",
        )
    if not row[0] or (spaces and "" in row):
        return (
            f"column {row.index('') + 1} is empty",
            "one space between columns, none at either end"
            if spaces
            else "the first column holds the word",
        )
    return None


def write_conll(sentences: Iterable[Sentence], file: BinaryIO) -> None:
    """Write sentences so that :func:`read_conll` gives their columns and comments back.

    The first sentence's separator and number of columns are the file's. Where the document changes
    stands a ``-DOCSTART-`` line. At least one word of all must not open with ``#``: a file of
    nothing else reads as comments.

    :raises DataError: naming the sentence: what would read as something else, such as a word with
        a line break or the separator in it, or another number of columns
    """
    layout: _Layout | None = None
    document = 0
    for number, sentence in enumerate(sentences, 1):
        if layout is None:
            width = len(sentence.columns)
            # a row without a tab reads as separated by spaces
            layout = _Layout(sentence.separator if width > 1 else " ", width)
        _check(sentence, number, layout)
        lines = [] if sentence.document == document else [_document_line(layout), ""]
        document = sentence.document
        lines += sentence.comments
        lines += (layout.separator.join(row) for row in zip(*sentence.columns, strict=True))
        text = "".join(f"{line}\n" for line in lines)
        if number == 1 and text.startswith(_BOM):
            text = _BOM + text  # a reader drops the first
        file.write(f"{text}\n".encode())


def _document_line(layout: _Layout) -> str:
    # the fillers of CoNLL-2003, whose last column is the tag
    fields = [_DOCUMENT, *["-X-"] * (layout.width - 2), "O"][: layout.width]
    return layout.separator.join(fields)


def _check(sentence: Sentence, number: int, layout: _Layout) -> None:
    """Refuse what would not be read back."""

    def refuse(message: str, i: int = 0) -> DataError:
        return DataError(
            message,
            where=sentence.where(i) or f"sentence {number}, token {i + 1}",
            remedy="words hold neither line breaks nor the separator, and are not empty",
        )

    width = len(sentence.columns)
    if width != layout.width:
        raise refuse(f"{width} columns where the first sentence has {layout.width}")
    if not len(sentence) or any(len(column) != len(sentence) for column in sentence.columns):
        raise refuse("columns that are empty or of different lengths")
    for comment in sentence.comments:
        if not layout.is_comment(comment) or not _fits_a_line(comment):
            raise refuse(f"the comment {comment!r} would not read as one")
    spaces = layout.separator == " "
    for i, row in enumerate(zip(*sentence.columns, strict=True)):
        line = layout.separator.join(row)
        if (
            not _fits_a_line(line)
            or (spaces and "\t" in line)
            or line.split(layout.separator) != list(row)
            or _wrong(list(row), line, layout)
            or _opens_document(line)
        ):
            raise refuse(f"the row {list(row)} would not read as one", i)


def _fits_a_line(text: str) -> bool:
    try:
        text.encode()  # lone surrogates cannot be
    except UnicodeEncodeError:
        return False
    return "\n" not in text and not text.endswith("\r")
