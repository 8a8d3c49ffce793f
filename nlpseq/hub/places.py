"""Where things are: addresses on the hub, paths inside a folder, the user's cache."""

import os
import re
import sys
from pathlib import Path
from typing import Literal, NamedTuple

from nlpseq.errors import CallError

#: the remedy where nothing can be downloaded
LOCAL = "fetch it by other means and pass the file's path instead"

_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?"
_REPO = re.compile(rf"{_NAME}/{_NAME}")
_ADDRESS = re.compile(
    rf"hf://(?:(?:models|datasets)/)?(?P<repo>{_REPO.pattern})"
    r"(?:@(?P<revision>refs/(?:pr|convert)/[^/@]+|[^/@]+))?(?:/(?P<path>.*))?"
)
_UNFIT = re.compile(r'[\\:*?"<>|\x00-\x1f\x7f]')  # in a file's name, on one system or another


Kind = Literal["model", "dataset"]  #: of a repository


class Address(NamedTuple):
    """A place on the hub: a repository of a model or of a data set, or one file of it."""

    repo: str  #: ``owner/name``
    revision: str | None = None  #: branch, tag or commit; None: the main branch
    path: str | None = None  #: the file inside the repository; None: all of it
    kind: Kind = "model"

    def __str__(self) -> str:
        revision = f"@{self.revision}" if self.revision else ""
        folder = "datasets/" if self.kind == "dataset" else ""
        return f"hf://{folder}{self.repo}{revision}{f'/{self.path}' if self.path else ''}"

    def check(self) -> None:
        """Raise a CallError where a part is malformed or leads out of the repository."""
        if not _REPO.fullmatch(self.repo) or "--" in self.repo or ".." in self.repo:
            raise CallError("a repository is named owner/name", where=str(self))
        for relative in (self.revision, self.path):
            if relative is not None:
                check_relative(relative, str(self))


def parse(address: str, *, kind: Kind = "model") -> Address:
    """Take ``hf://[datasets/]owner/name[@revision][/path/in/repo]`` apart.

    :param kind: what the caller can open; the path in a data set may be a glob
    :raises CallError: for any other form, for other kinds, Spaces among them, and for a path
        that leads out of the repository
    """
    named = address.removeprefix("hf://").partition("/")[0]
    if kind == "dataset" and named != "datasets":
        raise CallError(
            "this is no data set of the hub",
            where=address,
            remedy="write it as hf://datasets/owner/name or hf://datasets/owner/name/path",
        )
    if kind == "model" and named in ("datasets", "spaces", "kernels", "buckets"):
        raise CallError(
            f"{named} of the hub cannot be opened here",
            where=address,
            remedy="give a repository of vectors or of a model: hf://owner/name",
        )
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise CallError(
            "this is no address on the hub",
            where=address,
            remedy="write it as hf://owner/name, hf://owner/name/path or hf://owner/name@revision",
        )
    place = Address(found["repo"], found["revision"], found["path"] or None, kind)
    place._replace(path=None).check()
    if place.path:
        wild = kind == "dataset"
        check_relative(re.sub(r"[*?]", "x", place.path) if wild else place.path, address)
    return place


def check_relative(path: str, where: str) -> None:
    """Raise a CallError for a path that could lead out of its folder, on any system."""
    if _UNFIT.search(path) or any(part in ("", ".", "..") for part in path.split("/")):
        raise CallError(f"{path!r} is no plain path inside a folder", where=where)


def cache_folder() -> Path:
    """The user's cache: ``$NLPSEQ_CACHE``, else where the system keeps caches."""
    if given := os.environ.get("NLPSEQ_CACHE"):
        return Path(given).expanduser()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "nlpseq" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "nlpseq"
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "nlpseq"


def is_offline() -> bool:
    """Whether ``NLPSEQ_OFFLINE`` or ``HF_HUB_OFFLINE`` forbids the network."""
    names = ("NLPSEQ_OFFLINE", "HF_HUB_OFFLINE")
    return any(os.environ.get(name, "").lower() in ("1", "true", "yes", "on") for name in names)


def not_cached(where: str) -> CallError:
    """The error where the network may not be used and the cache does not help."""
    return CallError(
        "not in the cache, and the network is not to be used",
        where=where,
        remedy=f"go online (unset NLPSEQ_OFFLINE and HF_HUB_OFFLINE), or {LOCAL}",
    )
