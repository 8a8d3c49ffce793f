"""The files of a data set on the Hugging Face hub, by a file's name, a folder or a glob."""

import contextlib
import re
from pathlib import Path

from nlpseq.errors import CallError, DataError
from nlpseq.hub.explanation import explained, may_pass
from nlpseq.hub.places import Address, check_relative, is_offline, parse
from nlpseq.hub.repository import asked, cached_files, endpoint, hub_file
from nlpseq.hub.web import TRIES
from nlpseq.progress import Progress, silent

_MOST = 10_000  # files of one address
_ABOUT = ("README.md", ".gitattributes", ".gitignore", "LICENSE")  # no data of the set


def dataset_files(address: str, *, progress: Progress = silent) -> list[Path]:
    """The files that an address names, from the hub's cache or downloaded into it.

    Offline, or where the hub cannot be reached, those count that the cache holds.

    :param address: ``hf://datasets/owner/name[@revision][/path]``. The path is a file, a folder
        (everything below it) or a glob (``*`` and ``?`` stay within a folder, ``**/`` is any
        number of them); without one, all files are meant but the card and the repository's own
    :return: sorted by their names in the repository
    :raises CallError: where nothing is there, where it is not open to this user, and where more
        than 10,000 files are meant
    :raises DataError: where the hub cannot be reached, or sent something else
    """
    place = parse(address, kind="dataset")
    names = _meant(_names(place), place.path)
    if not names:
        raise CallError("no such file in the data set", where=address)
    if len(names) > _MOST:
        raise CallError(
            f"{len(names)} files are more than the {_MOST} that are brought at once",
            where=address,
            remedy="name a folder, or a narrower pattern",
        )
    for name in names:
        try:
            check_relative(name, address)
        except CallError as error:
            raise DataError(f"the hub named a file {name!r}", where=address) from error
    return [
        hub_file(place.repo, name, kind="dataset", revision=place.revision, progress=progress)
        for name in names
    ]


def _names(place: Address) -> list[str]:
    if is_offline():
        return cached_files(place)
    with explained(str(place)):
        try:
            return asked(lambda: _listed(place), TRIES)
        except Exception as error:
            if not may_pass(error):
                raise
            with contextlib.suppress(CallError):
                return cached_files(place)
            raise


def _listed(place: Address) -> list[str]:
    """The names of the files below what of the path is no pattern."""
    from huggingface_hub import HfFileSystem

    # A fresh one: it keeps what it has listed.
    system = HfFileSystem(endpoint=endpoint(), skip_instance_cache=True)
    revision = f"@{place.revision.replace('/', '%2F')}" if place.revision else ""
    root = f"datasets/{place.repo}{revision}"
    path = place.path or ""
    fixed = re.split(r"[*?]", path, maxsplit=1)[0]
    folder = fixed if fixed == path else fixed.rpartition("/")[0]
    try:
        found = system.find(f"{root}/{folder}".rstrip("/"))
    except FileNotFoundError as error:
        # What the hub said is the cause, where it was about the repository.
        if getattr(error.__cause__, "response", None) is not None:
            raise error.__cause__ from error  # type: ignore[misc]
        return []
    return [str(name).removeprefix(f"{root}/") for name in found]


def _meant(names: list[str], path: str | None) -> list[str]:
    if path is None:
        return sorted(n for n in names if n not in _ABOUT)
    if not re.search(r"[*?]", path):
        return sorted(n for n in names if n == path or n.startswith(f"{path}/"))
    wild = {"**/": r"(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", path)
    pattern = re.compile("".join(wild.get(part) or re.escape(part) for part in parts))
    return sorted(n for n in names if pattern.fullmatch(n))
