"""Plain downloads: mirrors in turn, resumed where a cut left them, checked, renamed into place."""

import errno
import json
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from nlpseq import __version__
from nlpseq.errors import CallError, DataError
from nlpseq.files import content_hash
from nlpseq.hub.connection import FailedError, PassingError, RangeError, opened, read
from nlpseq.hub.places import LOCAL, cache_folder, check_relative, is_offline, not_cached
from nlpseq.progress import Progress, silent
from nlpseq.writing import atomic_write

TIMEOUT = 30.0  #: seconds without a byte after which a connection counts as dead
TRIES = 4  #: in a row that bring less than _HEADWAY

_PAUSE = 1.0  # seconds before the second try, doubled for each one after it
_LONGEST_PAUSE = 60.0
_HEADWAY = 1 << 20
_CHUNK = 1 << 18
_LARGEST = 1 << 36  # bytes that are taken from a server that gives no length


def pause(failures: int, asked: float = 0.0) -> None:
    """Wait before another try, longer after each failure, or as long as the server asks."""
    time.sleep(min(max(asked, _PAUSE * 2 ** (failures - 1)), _LONGEST_PAUSE))


def fetch(
    urls: Sequence[str],
    *,
    name: str,
    sha256: str | None = None,
    progress: Progress = silent,
    offline: bool = False,
    force: bool = False,
    timeout: float = TIMEOUT,
) -> Path:
    """The file behind any one of its addresses, from the cache or downloaded into it.

    :param urls: mirrors of one file, tried in turn; http and https
    :param name: what the file is called in the cache, ``folder/file``
    :param sha256: of the whole file, in hexadecimal, where it is known
    :param offline: take it from the cache or not at all
    :param force: download it again
    :param timeout: seconds without a byte after which a connection counts as dead
    :raises CallError: for another scheme, and offline where the cache does not hold the file
    :raises DataError: where every mirror failed, with each one's reason
    """
    check_relative(name, name)
    for url in urls:
        if not url.lower().startswith(("http://", "https://")):
            raise CallError("only http and https addresses are downloaded", where=url)
    target = cache_folder() / "downloads" / name
    if target.is_file() and not force:
        return target
    if offline or is_offline():
        raise not_cached(name)
    lock = target.with_name(f"{target.name}.lock")
    download = Download(target, lock, name, sha256=sha256, progress=progress, timeout=timeout)
    download.run(urls, replace=force)
    return target


class _Kept(NamedTuple):
    """What an earlier try left."""

    have: int = 0  # bytes that can be built on
    validator: str = ""  # what tells their version
    whole: int | None = None  # bytes of the whole file


@dataclass(frozen=True)
class Download:
    """One file on its way: a ``.part`` beside its target, renamed when it is whole and right.

    Each mirror has a part of its own: two servers' halves do not make a file.
    """

    target: Path
    lock: Path  #: two processes must not write one part
    name: str  #: what messages call the file
    sha256: str | None = None
    size: int | None = None  #: bytes that the whole must have, where it is known
    progress: Progress = silent
    timeout: float = TIMEOUT
    headers: Mapping[str, str] = field(default_factory=dict)

    def run(self, urls: Sequence[str], *, replace: bool) -> None:
        """Download from the first mirror that can.

        :raises DataError: where there is none, or where the disk does not take the file
        """
        from filelock import FileLock

        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self.lock.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self.lock):
                if not self.target.is_file() or replace:  # no other process was quicker
                    self._from_any(urls)
        except OSError as error:
            full = error.errno == errno.ENOSPC
            raise DataError(
                "the disk is full" if full else f"cannot be written: {error.strerror or error}",
                where=str(self.target),
                remedy="make room, or move the cache: NLPSEQ_CACHE, HF_HOME" if full else None,
            ) from error

    def _from_any(self, urls: Sequence[str]) -> None:
        reasons = []
        parts = [self.target.with_name(f"{self.target.name}.{i}.part") for i in range(len(urls))]
        for url, part in zip(urls, parts, strict=True):
            try:
                self._persist(url, part)
                if self.sha256 and content_hash(part) != self.sha256.lower():
                    _discard(part)
                    raise FailedError("what came has another SHA-256 than it should")
            except FailedError as error:
                reasons.append(f"\n  {url}: {error}")
                continue
            part.replace(self.target)
            for other in parts:
                _discard(other)
            return
        listed = "".join(reasons) or ": it has no address"
        raise DataError(f"could not be downloaded{listed}", where=self.name, remedy=LOCAL)

    def _persist(self, url: str, part: Path) -> None:
        """Try one mirror until the part is whole, or until several tries led nowhere."""
        furthest = failures = 0
        while True:
            try:
                return self._transfer(url, part)
            except PassingError as error:
                if isinstance(error, RangeError):
                    _discard(part)
                have = part.stat().st_size if part.exists() else 0
                # From the furthest point: a server that always starts over makes no headway.
                failures = 1 if have >= furthest + _HEADWAY else failures + 1
                furthest = max(furthest, have)
                if failures >= TRIES:
                    raise
                pause(failures, error.wait)

    def _transfer(self, url: str, part: Path) -> None:
        """Make one request and append to the part what it brings."""
        kept = _kept(part, url)
        if kept.have and kept.have == kept.whole:
            return
        headers = {"user-agent": f"nlpseq/{__version__}", **self.headers}
        if kept.have:
            headers["range"] = f"bytes={kept.have}-"
            headers["if-range"] = kept.validator  # a file that changed comes whole again
        with opened(url, headers, self.timeout) as response:
            have, total = _extent(response, kept)
            if None not in (self.size, total) and total != self.size:
                raise FailedError(f"it has {total:,} bytes, and should have {self.size:,}")
            total = self.size if total is None else total
            if total is not None and shutil.disk_usage(part.parent).free < total - have:
                raise OSError(errno.ENOSPC, "the disk is full")
            if not have:
                _discard(part)  # first: old bytes must never stand beside a new tag
                _keep(part, url, _validator(response), total)
            have = self._write(response, part, have, total)
        if total is not None and have < total:
            raise PassingError(f"cut off after {have:,} of {total:,} bytes")
        if total is None and have >= _LARGEST:
            _discard(part)
            raise FailedError(f"more than {_LARGEST >> 30} GB, and no length was given")

    def _write(self, response: Any, part: Path, have: int, total: int | None) -> int:
        limit = _LARGEST if total is None else total
        with (
            part.open("r+b" if have else "wb") as file,
            self.progress.task(f"downloading {self.name}", total) as task,
        ):
            file.truncate(have)
            file.seek(have)
            task.advance(have)
            while chunk := read(response, min(_CHUNK, limit - have)):
                file.write(chunk)
                have += len(chunk)
                task.advance(len(chunk))
        return have


def _extent(response: Any, kept: _Kept) -> tuple[int, int | None]:
    """Where the answer's bytes begin, and how many the whole file has, where that is said.

    :raises RangeError: where they do not go on from what is kept
    """
    if response.status != 206:
        length = response.headers["Content-Length"] or ""
        return 0, int(length) if re.fullmatch(r"\d{1,18}", length) else None
    shown = response.headers["Content-Range"] or ""
    given = re.fullmatch(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})", shown)
    if (
        not given
        or int(given[1]) != kept.have
        or kept.whole not in (None, int(given[2]))
        or _validator(response) not in ("", kept.validator)  # a server that knows no If-Range
    ):
        raise RangeError("another part of the file came than was asked for")
    return kept.have, int(given[2])


def _validator(response: Any) -> str:
    """What tells this version of the file from others; "" where nothing does."""
    tag = response.headers["ETag"] or ""
    if tag and not tag.startswith("W/"):  # a weak one vouches for no range: RFC 9110, 13.1.5
        return str(tag)
    return str(response.headers["Last-Modified"] or "")


def _facts(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _discard(part: Path) -> None:
    part.unlink(missing_ok=True)
    _facts(part).unlink(missing_ok=True)


def _kept(part: Path, url: str) -> _Kept:
    try:
        facts = json.loads(_facts(part).read_bytes())
        kept = _Kept(part.stat().st_size, facts["validator"], facts["size"])
        usable = facts["url"] == url and isinstance(kept.validator, str) and kept.validator
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return _Kept()
    return kept if usable else _Kept()


def _keep(part: Path, url: str, validator: str, total: int | None) -> None:
    with atomic_write(_facts(part)) as file:
        file.write(json.dumps({"url": url, "validator": validator, "size": total}).encode())
