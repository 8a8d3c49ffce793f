"""Opening vectors from wherever they are: a store, a foreign file, a pipe, the catalogue."""

import contextlib
import logging
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nlpseq.embeddings import store
from nlpseq.embeddings.rows import Precision, Rows
from nlpseq.embeddings.saving import check
from nlpseq.embeddings.words import Words
from nlpseq.errors import CallError, DataError, NlpseqError
from nlpseq.files import STDIN, archive_of, is_plain, open_bytes, require, standard_input
from nlpseq.progress import Progress, silent
from nlpseq.writing import atomic_write

if TYPE_CHECKING:
    from nlpseq.embeddings.collect import Collector
    from nlpseq.embeddings.formats import Format
    from nlpseq.embeddings.formats.contents import Contents

_log = logging.getLogger(__name__)


class Options(NamedTuple):
    """How to open; see :meth:`nlpseq.embeddings.vectors.Vectors.open`."""

    first: int | None = None
    only: Iterable[str] | None = None
    repair: bool = False
    format: "Format | None" = None
    cache: bool = True
    threads: int | None = None

    @property
    def whole(self) -> bool:
        """Whether all of a file is wanted."""
        return self.first is None and self.only is None


def open_source(source: Path | str, options: Options, progress: Progress) -> store.Stored:
    """Open a path, an address on the hub, or a name out of the catalogue."""
    path, about = local(source, progress)
    with _regular(path) as file:
        if _is_store(file, options):
            return _part(store.open_store(file), options)
        if file is path and options.whole and (kept := _cached(path, options, progress)):
            return _with(kept, about)
        return _with(_read(file, options, progress, _name(path)), about)


def convert(
    source: Path | str,
    target: Path,
    options: Options,
    *,
    precision: Precision = "float32",
    about: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> None:
    """Write a file of any format as a store, row by row: the matrix is never in memory.

    :param about: metadata of the store: ``recipe``, ``source``, ``licence`` and the like
    """
    check(target, "store", precision)
    path, known = local(source, progress)
    about = {**known, **(about or {})}
    with _regular(path) as file:
        if _is_store(file, options):
            stored = _with(_part(store.open_store(file), options), about)
            with atomic_write(target) as written:
                store.write(written, stored, precision)
            return
        with (
            _reading(file, options, progress, _name(path)) as (contents, collector),
            atomic_write(target) as written,
        ):
            writer = store.Writer(written, contents.dim, precision, about)
            for rows, counts in collector:
                writer.add(rows, counts)
            if collector.report.repairs:
                writer.about["repairs"] = f"{collector.report.repairs:,}"
            writer.finish(collector.words(), contents.subwords)


def is_name(source: str, path: Path) -> bool:
    """Whether a source is an address on the hub or a name of the catalogue, not ``path``."""
    if source.startswith("hf://"):
        return True
    return not path.exists() and not path.suffix and Path(source).name == source


def check_name(source: str) -> None:
    """Raise a CallError where a source is a name that the catalogue does not have."""
    if is_name(source, Path(source)) and not source.startswith("hf://"):
        from nlpseq.embeddings import catalogue

        try:
            catalogue.find(source)
        except CallError as error:
            error.message = f"no such file, and {error.message}"
            raise


def local(source: Path | str, progress: Progress) -> tuple[Path, dict[str, str]]:
    """Where a source lies on this machine, and what the catalogue says of it."""
    path = Path(source)
    if not is_name(str(source), path):
        return path if path == STDIN else require(path), {}
    from nlpseq.embeddings import catalogue

    if str(source).startswith("hf://"):
        address = str(source)
        return catalogue.pull_address(address, progress=progress), {"source": address}
    check_name(str(source))
    entry = catalogue.find(str(source))
    about = {"recipe": entry.recipe, "source": entry.name, "licence": entry.licence}
    return catalogue.pull(entry, progress=progress), about


@contextlib.contextmanager
def _regular(path: Path) -> Iterator[Path]:
    """``path``, or what comes out of a pipe as a temporary file: formats are told by looking."""
    if path != STDIN and (path.is_file() or path.is_dir() or not path.exists()):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="nlpseq-") as folder:
        copy = Path(folder) / "vectors"
        with (
            standard_input() if path == STDIN else path.open("rb") as pipe,
            copy.open("wb") as file,
        ):
            # bit by bit, as it comes: a Ctrl-C while more is waited for is seen at once
            while some := pipe.read1(1 << 20):
                file.write(some)
        try:
            yield copy
        except NlpseqError as error:
            if error.where:  # in the words of the user, who never saw the copy
                error.where = error.where.replace(str(copy), _name(path))
            raise


def _name(path: Path) -> str:
    return "standard input" if path == STDIN else str(path)


def _is_store(path: Path, options: Options) -> bool:
    if options.format is not None or path.is_dir():
        return options.format == "store"
    with open_bytes(path) as file:
        if not store.looks_like(file.read(1 << 10)):
            return False
        if not is_plain(file):
            raise CallError(
                "a store that is packed cannot be mapped", where=str(path), remedy="unpack it first"
            )
    return True


def _part(stored: store.Stored, options: Options) -> store.Stored:
    """The rows of a store that are wanted, in memory; all of them as they are."""
    if options.whole:
        return stored
    ids = np.arange(len(stored.words))
    if options.only is not None:
        found = stored.words.find_all(dict.fromkeys(options.only))
        ids = np.sort(found[found >= 0])
    ids = ids[: options.first]
    return stored._replace(
        words=Words.of(stored.words[int(i)] for i in ids),
        rows=Rows(stored.rows.take(ids)),
        norms=None,
        counts=None if stored.counts is None else stored.counts[ids],
    )


def _with(stored: store.Stored, about: Mapping[str, str]) -> store.Stored:
    return stored._replace(about={**stored.about, **about})


def _files(path: Path) -> tuple[list[Path], str]:
    """The files that a source consists of, and what tells it from others in the same archive."""
    if archive := archive_of(path):
        member = path.relative_to(archive).as_posix()
        return [archive], f"-{sha256(member.encode()).hexdigest()[:16]}"
    if path.is_dir():
        parts = (file for file in path.iterdir() if file.suffix in (".safetensors", ".txt"))
        return sorted(file for file in parts if file.is_file()), ""
    words = path.with_name("vocab.txt")
    return [path, words] if path.suffix == ".safetensors" and words.is_file() else [path], ""


def _cached(path: Path, options: Options, progress: Progress) -> store.Stored | None:
    """The converted file in the cache, made where there is none; None where it is not for it."""
    from nlpseq.embeddings import cache

    if not options.cache or options.format == "gensim":
        return None
    files, member = _files(path)
    if sum(file.stat().st_size for file in files) < cache.SMALLEST:
        return None
    kind = f"{options.format or ''}{'-repaired' if options.repair else ''}{member}"
    if kept := cache.find(path, files, kind):
        try:
            stored = store.open_store(kept)
            if "repairs" in stored.about:
                _log.warning("%s: %s repairs when it was read", path, stored.about["repairs"])
            return stored
        except DataError:
            _log.warning("%s is damaged, and made again", kept)
            kept.unlink(missing_ok=True)
    try:
        made = cache.add(
            path, files, kind, lambda entry: convert(path, entry, options, progress=progress)
        )
    except OSError as error:
        _log.warning("the cache cannot be written (%s): %s is read into memory", error, path)
        return None
    return store.open_store(made)


def _read(path: Path, options: Options, progress: Progress, name: str) -> store.Stored:
    from nlpseq.embeddings.collect import in_memory

    with _reading(path, options, progress, name) as (contents, collector):
        words, rows, counts = in_memory(collector)
    return store.Stored(words, rows, None, counts, contents.subwords, {})


@contextlib.contextmanager
def _reading(
    path: Path, options: Options, progress: Progress, name: str
) -> Iterator[tuple["Contents", "Collector"]]:
    """A file about to be read, and afterwards what was met; ``name`` is what messages call it."""
    from nlpseq.embeddings import formats
    from nlpseq.embeddings.collect import Collector
    from nlpseq.embeddings.formats.contents import Report

    report = Report(name, repair=options.repair)
    threads = options.threads or os.cpu_count() or 1
    contents = formats.read(path, report, threads=threads, format=options.format)
    only = None if options.only is None else Words.of(dict.fromkeys(options.only))
    yield contents, Collector(contents, report, only=only, first=options.first, progress=progress)
    if report.repairs:
        _log.warning("%s: %d repaired\n%s", name, report.repairs, report)
    elif report.notes:
        _log.info("%s\n%s", name, report)
