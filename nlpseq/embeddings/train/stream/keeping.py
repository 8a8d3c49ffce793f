"""Streams that are kept: what a corpus became is mapped again, where neither it nor the options
have changed.
"""

import contextlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from nlpseq.embeddings import cache
from nlpseq.embeddings.train.stream.mapped import VERSION, Parts, opened
from nlpseq.errors import NlpseqError
from nlpseq.files import archive_of
from nlpseq.writing import atomic_write

_log = logging.getLogger(__name__)


class Keeper:
    """Looks after the stream of a corpus in the user's cache.

    :param named: what messages call the corpus
    :param paths: its files
    :param how: they are read: all but the paths that the words depend on
    :param kind: what the stream depends on beside the words
    :raises CallError: where the limit of the cache is no number
    """

    def __init__(self, named: str, paths: Sequence[Path], how: str, kind: str) -> None:
        cache.limit()  # a wrong one is told before the work
        self._named, self._kind = named, f"{kind}-{VERSION}"
        self._note: cache.Note | None = None
        files = [archive_of(path) or path for path in paths]
        if all(file.is_file() for file in files):  # and neither pipe nor standard input
            self._note = cache.Note("streams", paths, files, how)

    def known(self) -> Parts | None:
        """The stream, where no file has changed since it was made."""
        content = self._note.content() if self._note else None
        return self._opened(content) if content else None

    def find(self, content: str) -> Parts | None:
        """The stream of a content, which the files are known to have from now on.

        :param content: a SHA-256 in hexadecimal
        """
        found = self._opened(content)
        if found:
            self._remember(content)
        return found

    def add(self, content: str, size: int, write: Callable[[BinaryIO], None]) -> Parts | None:
        """Keep the stream of a content; None where the cache has no room or cannot be written.

        :param size: bytes that it has about
        """
        if size > cache.limit():
            _log.info("the ids of %s have no room in the cache, and are not kept", self._named)
            return None
        entry = cache.entry("streams", content, self._kind)
        try:
            with atomic_write(entry) as file:
                write(file)
        except OSError as error:
            _log.warning(
                "the cache cannot be written (%s): the ids of %s are not kept", error, self._named
            )
            return None
        cache.make_room(keep=entry)
        _log.info("kept the ids of %s as %s: next time they are mapped", self._named, entry)
        self._remember(content)
        with entry.open("rb") as kept:
            return opened(kept)

    def _opened(self, content: str) -> Parts | None:
        entry = cache.entry("streams", content, self._kind)
        if not cache.used(entry):
            return None
        try:
            with entry.open("rb") as file:
                parts = opened(file)
        except (OSError, NlpseqError) as error:
            _log.warning("%s is damaged, and made again: %s", entry, error)
            with contextlib.suppress(OSError):
                entry.unlink()
            return None
        _log.info("the ids of %s are those kept as %s", self._named, entry)
        return parts

    def _remember(self, content: str) -> None:
        if self._note:
            try:
                self._note.write(content)
            except OSError as error:
                _log.warning("the cache cannot be written (%s)", error)
