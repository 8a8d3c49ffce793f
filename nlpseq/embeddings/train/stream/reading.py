"""Corpora as blocks of text in which white space ends each word and a line feed each document."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from nlpseq import files
from nlpseq.embeddings.train.stream.counting import PAD, Ids, Table
from nlpseq.errors import CallError, DataError
from nlpseq.files import called, open_bytes, too_long
from nlpseq.text.corpus import read
from nlpseq.text.corpus.lines import text_lines
from nlpseq.text.corpus.sources import Format, format_of
from nlpseq.text.tokenize.chunks import chunks
from nlpseq.text.tokenize.many import Cuts, lines

_SIZE = 1 << 20  # bytes of a block; a longer word makes a longer one
_NEAR = 1 << 16  # bytes among which there is white space, unless words are very long
_SPACE = b" \t\n\v\f\r"
_FEED = "\n"
_BOM = b"\xef\xbb\xbf"


class Text(NamedTuple):
    """A block, which ends in white space."""

    data: bytearray  #: the text and at least PAD bytes more
    size: int
    path: Path | None  #: that it was read from; None where it was made here
    line: int = 1  #: where in the file it starts
    before: int = 0  #: bytes of that line that came before it

    @property
    def text(self) -> memoryview:
        """Its bytes alone."""
        return memoryview(self.data)[: self.size]

    def numbered(self, table: Table) -> Ids:
        """The numbers of its words, with END behind each document that ends in it.

        :raises DataError: with file and line, for what is not UTF-8 and for null bytes
        """
        known = len(table)
        ids = table.count_text(np.frombuffer(self.data, dtype=np.uint8), self.size)
        if self.path is not None:
            added = table.added(known)
            try:
                added.decode()
            except UnicodeDecodeError:
                raise self._unfit() from None
            if 0 in added:
                raise self._null()
        return ids

    def _unfit(self) -> DataError:
        try:
            bytes(self.text).decode()
        except UnicodeDecodeError as error:
            line, byte = self._place(error.start)
            return DataError(
                f"byte {byte} of the line, 0x{self.data[error.start]:02x}, is not UTF-8",
                where=line,
                remedy="convert the file first, for example: iconv -f latin1 -t utf-8 IN > OUT",
            )
        raise AssertionError("the text is UTF-8 and its words are not")

    def _null(self) -> DataError:
        line, byte = self._place(self.data.index(0))
        return DataError(
            f"byte {byte} of the line is 0, which no text holds",
            where=line,
            remedy="is this a text file? UTF-16 must be converted first: "
            "iconv -f utf-16 -t utf-8 IN > OUT",
        )

    def _place(self, at: int) -> tuple[str, int]:
        """File and line of a byte, and its number in the line, from 1."""
        feeds = self.data.count(b"\n", 0, at)
        byte = at - self.data.rfind(b"\n", 0, at) if feeds else self.before + at + 1
        return f"{called(self.path or Path())}:{self.line + feeds}", byte


def told_format(path: Path) -> Format:
    """The format that a file's name tells; text where it tells none."""
    try:
        return format_of(path)
    except CallError:
        return "text"


def tokenised(paths: Iterable[Path]) -> Generator[Text]:
    """The blocks of text files whose words are told apart by white space, unpacked.

    A byte order mark that opens a file is dropped, and its last line need not end.

    :raises DataError: for a word that is longer than ``files.MAX_LINE``
    """
    for path in paths:
        with open_bytes(path) as file:
            yield from _blocks(file, path)


def _blocks(file: BinaryIO, path: Path) -> Iterator[Text]:
    line, before, last = 1, 0, ord("\n")
    rest = file.read(len(_BOM))
    if rest == _BOM:
        rest, before = b"", len(_BOM)
    more = True
    while more:
        room = len(rest) + max(_SIZE, len(rest))  # of a very long word ever more, not bit by bit
        data = bytearray(room + 1 + PAD)
        data[: len(rest)] = rest
        end = len(rest) + _fill(file, memoryview(data)[len(rest) : room])
        more = end == room
        if not more and (data[end - 1] if end else last) != ord("\n"):
            data[end] = ord("\n")
            end += 1
        size = _last_space(data, end) + 1
        rest = bytes(memoryview(data)[size:end])
        if len(rest) > files.MAX_LINE:
            raise too_long(path, line)
        if size:
            yield Text(data, size, path, line, before)
            feeds = data.count(b"\n", 0, size)
            before = size - 1 - data.rfind(b"\n", 0, size) if feeds else before + size
            line, last = line + feeds, data[size - 1]


def _fill(file: BinaryIO, room: memoryview) -> int:
    """Read as much as there is room for, or all that is left; how much that was."""
    filled = 0
    while n := file.readinto(room[filled:]):  # type: ignore[attr-defined]
        filled += n
    return filled


def _last_space(data: bytearray, end: int) -> int:
    while end > 0:
        start = max(0, end - _NEAR)
        found = max(data.rfind(c, start, end) for c in _SPACE)
        if found >= 0:
            return found
        end = start
    return -1


def raw(
    paths: Iterable[Path], cuts: Cuts | None, *, field: str, format: Format | None,
    encoding: str, processes: int,
) -> Generator[Text]:  # fmt: skip
    """The blocks of any texts, cut into words first, or at ASCII white space without ``cuts``.

    A line feed inside a text is white space, and a lone surrogate becomes a question mark.
    """
    texts = _texts(paths, field, format, encoding)
    if cuts is None:
        for some in chunks(texts, _SIZE // 4):
            joined = "".join([f"{text.replace(_FEED, ' ')}\n" for text in some])
            yield _made(joined.encode("utf-8", "replace"))
        return
    with closing(lines(cuts, texts, processes=processes)) as pieces:
        for piece in pieces:
            yield _made(piece)


def _made(text: bytes) -> Text:
    return Text(bytearray(text + bytes(PAD)), len(text), None)


def _texts(
    paths: Iterable[Path], field: str, format: Format | None, encoding: str
) -> Iterator[str]:
    for path in paths:
        told = format or told_format(path)
        if told == "text":  # which may be empty
            yield from (line for _, line in text_lines(path, encoding=encoding))
        else:
            documents = read(path, text=field, encoding=encoding, format=told)
            yield from (document.text for document in documents)
