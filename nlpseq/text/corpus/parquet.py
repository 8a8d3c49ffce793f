"""Parquet files, read with pyarrow (extra ``parquet``), a few rows at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nlpseq.errors import CallError, DataError
from nlpseq.files import archive_of, called, is_stdin, require
from nlpseq.text.corpus.encoding import mended
from nlpseq.text.corpus.repairs import Repairs, fault

#: A larger group of rows, unpacked, is refused: its columns may be read whole.
MAX_GROUP = 1 << 32
_BATCH = 256  # rows; one repeated word of a dictionary may make each of them large
_BUFFER = 1 << 20


def read_parquet(
    path: Path, *, repairs: Repairs | None = None
) -> Iterator[tuple[int, dict[str, object]]]:
    """The rows of a parquet file with their numbers, from 1.

    :param repairs: leave out and count rows with bytes that are no UTF-8, mend and count texts
        that were encoded twice
    :raises DataError: for a damaged file, two columns of one name, a group of rows of more than
        ``MAX_GROUP`` bytes
    :raises CallError: where pyarrow is missing, or the file is packed or a pipe
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise CallError(
            "parquet files are read with pyarrow, which is not installed",
            where=str(path),
            remedy="pip install 'nlpseq[parquet]'",
        ) from error
    if is_stdin(path) or archive_of(path) is not None or not require(path).is_file():
        raise CallError(
            "parquet is read from a plain file only, which this is not",
            where=called(path),
            remedy="unpack it, or save it to a file, first",
        )
    number = 0
    try:
        with parquet.ParquetFile(
            path, buffer_size=_BUFFER, pre_buffer=False, page_checksum_verification=True
        ) as file:
            _check(file, path)
            for batch in file.iter_batches(_BATCH, use_threads=False):
                yield from _rows(batch, path, number, repairs)
                number += batch.num_rows
    except (pyarrow.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise CallError(f"cannot be read: {error.strerror}", where=str(path)) from error
        reason = " ".join(str(error).split())[:200]
        raise DataError(
            f"not a parquet file, or damaged{f' after row {number}' if number else ''}: {reason}",
            where=str(path),
            remedy="fetch or make the file again",
        ) from error


def _check(file: Any, path: Path) -> None:
    names = file.schema_arrow.names
    if len(set(names)) < len(names):
        raise DataError(
            "two columns have the same name",
            where=str(path),
            remedy="give each a name of its own",
        )
    for i in range(file.num_row_groups):
        size = file.metadata.row_group(i).total_byte_size
        if not 0 <= size <= MAX_GROUP:
            raise DataError(
                f"row group {i + 1} holds {size:,} bytes, more than {MAX_GROUP:,}",
                where=str(path),
                remedy="write the file again with smaller row groups",
            )


def _rows(
    batch: Any, path: Path, before: int, repairs: Repairs | None
) -> Iterator[tuple[int, dict[str, object]]]:
    try:
        records = batch.to_pylist()
    except UnicodeDecodeError:
        if batch.num_rows > 1:  # which one it is
            for i in range(batch.num_rows):
                yield from _rows(batch.slice(i, 1), path, before + i, repairs)
            return
        fault(
            repairs,
            "a text holds bytes that are not UTF-8",
            where=f"{path}: row {before + 1}",
            done="row with bad bytes left out",
            remedy="write the file again, with texts in UTF-8",
        )
        return
    for number, fields in enumerate(records, before + 1):
        if repairs is not None:
            for name, value in fields.items():
                if isinstance(value, str) and (meant := mended(value)) != value:
                    fields[name] = meant
                    repairs.add("text that was encoded twice, mended", f"{path}: row {number}")
        yield number, fields
