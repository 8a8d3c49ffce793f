"""Repositories of the Hugging Face hub: files from them, their names, pushing to them.

Of huggingface-hub, which is imported where it is needed, come a file's metadata, the layout of
the cache that other programs share, and pushing. The bytes come through
:class:`nlpseq.hub.web.Download`: huggingface-hub's own download (2.4) begins anew in each run,
and compares no checksum over plain HTTP.
"""

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nlpseq import __version__
from nlpseq.errors import CallError, DataError
from nlpseq.hub.explanation import explained, may_pass
from nlpseq.hub.places import LOCAL, Address, Kind, is_offline, not_cached
from nlpseq.hub.web import TIMEOUT, TRIES, Download, pause
from nlpseq.progress import Progress, silent

if TYPE_CHECKING:
    from huggingface_hub import HfFileMetadata

_Answer = TypeVar("_Answer")

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")  # commits and tags, which become file names
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def hub_file(
    repo: str,
    filename: str,
    *,
    kind: Kind = "model",
    revision: str | None = None,
    progress: Progress = silent,
    offline: bool = False,
    force: bool = False,
    timeout: float = TIMEOUT,
) -> Path:
    """One file of a repository, from the hub's cache or downloaded into it.

    The cache is huggingface-hub's own (``HF_HOME``), the server is ``HF_ENDPOINT``. A cached
    file that is still the newest, or that no server can be asked about, is not downloaded.

    :param kind: of the repository
    :param revision: branch, tag or commit
    :param force: download it again
    :param timeout: seconds without a byte after which a connection counts as dead
    :raises CallError: where there is no such file, where it is not open to this user, and
        offline where the cache does not hold it
    :raises DataError: where the hub cannot be reached, or sent something else
    """
    place = Address(repo, revision, filename, kind)
    place.check()
    before = _cached(place, revision)
    if offline or is_offline():
        if before is None:
            raise not_cached(str(place))
        return before
    from huggingface_hub import get_hf_file_metadata, hf_hub_download

    with explained(str(place)), _quiet():
        try:
            tries = 1 if before and not force else TRIES
            facts = asked(lambda: get_hf_file_metadata(_url(place, revision)), tries)
        except Exception as error:
            if before is None or force or not may_pass(error):
                raise
            return before
        commit, etag = facts.commit_hash or "", facts.etag or ""
        if not _PLAIN.fullmatch(commit) or not _PLAIN.fullmatch(etag):
            raise DataError(
                "the server named no commit and no tag of the file, as the hub does",
                where=str(place),
                remedy=f"check HF_ENDPOINT and the proxy, or {LOCAL}",
            )
        newest = _cached(place, commit)
        if newest and not force:
            return newest
        _bring(place, commit, facts, progress, timeout, replace=force)
        if newest:
            newest.unlink()  # it is a copy of the old bytes where the system has no links
        # The bytes are in their place: what is made now is the rest of the cache's entry.
        return Path(
            hf_hub_download(repo, filename, repo_type=kind, revision=revision, endpoint=endpoint())
        )


def _bring(
    place: Address,
    commit: str,
    facts: "HfFileMetadata",
    progress: Progress,
    timeout: float,
    *,
    replace: bool,
) -> None:
    """Download a file's bytes to where the cache keeps them, by their tag."""
    headers = _utilities().build_hf_headers(library_name="nlpseq", library_version=__version__)
    storage, etag = _storage(place), str(facts.etag)
    Download(
        storage / "blobs" / etag,
        storage.parent / ".locks" / storage.name / f"{etag}.lock",  # huggingface-hub's own
        str(place),
        sha256=etag if _SHA256.fullmatch(etag) else None,  # the tag of every large file is one
        size=facts.size,
        progress=progress,
        timeout=timeout,
        headers=headers,
    ).run([_url(place, commit)], replace=replace)


def hub_files(repo: str, *, revision: str | None = None, offline: bool = False) -> list[str]:
    """The names of a repository's files, sorted; offline, of those that the cache holds.

    :raises CallError: where there is no such repository, and offline where nothing is cached
    :raises DataError: where the hub cannot be reached
    """
    place = Address(repo, revision)
    place.check()
    if offline or is_offline():
        return cached_files(place)
    from huggingface_hub import HfApi

    api = HfApi(endpoint=endpoint())
    with explained(str(place)):
        try:
            # Not list_repo_files(), which takes half a minute to see that there is no network.
            answer = asked(lambda: api.model_info(repo, revision=revision, timeout=10), TRIES)
        except Exception as error:
            if not may_pass(error):
                raise
            with contextlib.suppress(CallError):
                return cached_files(place)
            raise
        return sorted(sibling.rfilename for sibling in answer.siblings or ())


def push(
    repo: str,
    source: Path | Sequence[Path],
    *,
    card: str,
    private: bool = False,
    progress: Progress = silent,
) -> str:
    """Upload files in one commit, to a repository that is made where there is none.

    The token is found where huggingface-hub finds it: ``HF_TOKEN``, or ``hf auth login``.

    :param source: a file, files, or a folder; hidden files of a folder stay at home
    :param card: the text of the repository's ``README.md``, Markdown; it stands for the one that
        a folder holds
    :param private: whether a repository that is made is private; one that exists stays as it is
    :return: the address of the commit
    :raises CallError: where there is nothing to upload, or no permission to
    :raises DataError: where the hub cannot be reached
    """
    place = Address(repo)
    place.check()
    files = _to_push([source] if isinstance(source, Path) else source)
    if is_offline():
        raise CallError("the network is not to be used", where=str(place))
    from huggingface_hub import CommitOperationAdd, HfApi

    with explained(str(place)), _quiet():
        api = HfApi(endpoint=endpoint(), library_name="nlpseq", library_version=__version__)
        api.create_repo(repo, private=private, exist_ok=True)
        operations = [CommitOperationAdd("README.md", card.encode())]
        total = sum(path.stat().st_size for path in files.values())
        with progress.task(f"pushing to {repo}", total) as task:
            for name, path in files.items():
                operation = CommitOperationAdd(name, str(path))
                # One by one: a push that is cut off goes on after the last file that arrived.
                api.preupload_lfs_files(repo, [operation])
                operations.append(operation)
                task.advance(path.stat().st_size, name)
            message = f"Uploaded with nlpseq {__version__}"
            done = api.create_commit(repo, operations, commit_message=message)
    return str(done.commit_url)


def _to_push(sources: Sequence[Path]) -> dict[str, Path]:
    """Name in the repository → file, for everything but the card."""
    files: dict[str, Path] = {}
    for source in sources:
        if not source.exists():
            raise CallError("no such file or folder", where=str(source))
        within = source if source.is_dir() else source.parent
        for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
            name = path.relative_to(within)
            hidden = source.is_dir() and any(part.startswith(".") for part in name.parts)
            if hidden or not path.is_file() or name.as_posix() == "README.md":
                continue
            if name.as_posix() in files:
                raise CallError(f"two files are called {name}", where=str(path))
            files[name.as_posix()] = path
    if not files:
        raise CallError("there is nothing to push", where=", ".join(map(str, sources)) or None)
    return files


def endpoint() -> str | None:
    """The hub's server where it is not the usual one, as the environment says now."""
    return (os.environ.get("HF_ENDPOINT") or "").rstrip("/") or None


def _url(place: Address, revision: str | None) -> str:
    from huggingface_hub import hf_hub_url

    return hf_hub_url(
        place.repo,
        str(place.path),
        repo_type=place.kind,
        revision=revision,
        endpoint=endpoint(),
    )


def asked(question: Callable[[], _Answer], tries: int) -> _Answer:
    """The answer to a question, asked again where the hub is out of order."""
    for failures in range(1, tries):
        try:
            return question()
        except Exception as error:
            if not may_pass(error, answered=True):
                raise
            pause(failures)
    return question()


def _storage(place: Address) -> Path:
    """Where the cache keeps a repository: ``blobs``, ``refs`` and ``snapshots``.

    The layout is documented in huggingface-hub's guide "Understand caching".
    """
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE) / f"{place.kind}s--{place.repo.replace('/', '--')}"


def _cached(place: Address, revision: str | None) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(
        place.repo, str(place.path), revision=revision, repo_type=place.kind
    )
    return Path(found) if isinstance(found, str) else None


def cached_files(place: Address) -> list[str]:
    """The names of a repository's files that the cache holds, sorted.

    :raises CallError: where it holds none
    """
    storage = _storage(place)
    named = storage / "refs" / (place.revision or "main")
    commit = named.read_text().strip() if named.is_file() else place.revision or ""
    snapshot = storage / "snapshots" / commit
    if not _COMMIT.fullmatch(commit) or not snapshot.is_dir():
        raise not_cached(str(place))
    return sorted(p.relative_to(snapshot).as_posix() for p in snapshot.rglob("*") if p.is_file())


def _utilities() -> Any:
    return import_module("huggingface_hub.utils")  # whose names its types do not export


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without huggingface-hub's own bars."""
    utilities = _utilities()
    if utilities.are_progress_bars_disabled():
        yield
        return
    utilities.disable_progress_bars()
    try:
        yield
    finally:
        utilities.enable_progress_bars()
