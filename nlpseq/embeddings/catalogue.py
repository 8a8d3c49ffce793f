"""The catalogue: pretrained sets by name, what is known of them, and bringing them here.

The data is ``embeddings/catalogue.yaml``, which is shipped with the package.
"""

import contextlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from nlpseq.errors import CallError, DataError, NlpseqError, suggestion
from nlpseq.hub import cache_folder, fetch, hub_file, hub_files, parse
from nlpseq.progress import Progress, silent
from nlpseq.settings import Settings, explain
from nlpseq.text.normalize import Recipe
from nlpseq.writing import atomic_write

_PACKAGE = Path(__file__).resolve().parents[1]
_NO_VECTORS = ("vocab.txt", "LICENSE.txt", "requirements.txt")


class Entry(Settings):
    """One pretrained set. The keys are explained at the head of ``embeddings/catalogue.yaml``."""

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    aliases: tuple[str, ...] = ()
    language: Literal["pt", "es", "en"]
    dim: int = Field(ge=1)  #: columns
    words: int | None = Field(ge=1)  #: rows as published, None where that is not said
    licence: str
    recipe: Recipe  #: what training did to each word
    format: str
    hub: str | None = None  #: ``owner/name``
    files: tuple[str, ...] = ()  #: what is taken from there
    urls: tuple[str, ...] = ()  #: mirrors of one file
    member: str | None = None  #: the set's file in an archive of several
    sha256: str | None = None  #: of the file behind ``urls``
    checked: Literal["no", "hub id confirmed"]

    @property
    def by_pickle(self) -> bool:
        """Whether the files can run code, so that they are opened on explicit request only."""
        return self.format == "gensim"


def source() -> Path:
    """The catalogue's file: inside an installed package, or beside it in a checkout."""
    installed = _PACKAGE / "shipped"
    root = installed if installed.is_dir() else _PACKAGE.parent
    return root / "embeddings" / "catalogue.yaml"


@cache
def _shipped() -> tuple[Entry, ...]:
    return tuple(read(source()))


def entries() -> list[Entry]:
    """Every set of the catalogue, in its order."""
    return list(_shipped())


def read(path: Path) -> list[Entry]:
    """The sets of a catalogue file.

    :raises DataError: with the file's name and the place in it, where it is damaged
    """
    try:
        families = YAML(typ="safe", pure=True).load(path.read_bytes())
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise DataError(f"not YAML: {error.problem or error.context}", where=where) from error
    except (YAMLError, OSError, ValueError, RecursionError) as error:
        raise DataError(f"the catalogue cannot be read: {error}", where=str(path)) from error
    found: list[Entry] = []
    taken: set[str] = set()
    for family in _mappings(families, "a list of families", path):
        shared = {key: value for key, value in family.items() if key != "sets"}
        for own in _mappings(family.get("sets"), "a list of sets", path):
            entry = _entry(shared | own, path)
            for name in (entry.name, *entry.aliases):
                if name in taken:
                    raise DataError(f"the name {name!r} stands twice", where=str(path))
                taken.add(name)
            found.append(entry)
    return found


def _mappings(value: Any, wanted: str, path: Path) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise DataError(f"the catalogue is damaged: {wanted} is missing", where=str(path))
    return value


def _entry(values: dict[str, Any], path: Path) -> Entry:
    lists = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    try:
        return Entry.model_validate(lists)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        where = f"{path}, {values.get('name', 'a set without a name')}, {place}"
        raise DataError(explain(first), where=where) from error


def find(name: str) -> Entry:
    """The set of a name or an alias, in whatever case.

    :raises CallError: where there is none, with the nearest name
    """
    known = {one: entry for entry in entries() for one in (entry.name, *entry.aliases)}
    if name.lower() in known:
        return known[name.lower()]
    raise CallError(
        "no set of that name is in the catalogue",
        where=name,
        remedy=suggestion(name.lower(), known, "`nlpseq vectors list` shows all of them"),
    )


def pull(
    entry: Entry, *, progress: Progress = silent, offline: bool = False, force: bool = False
) -> Path:
    """Bring a set here, unless it is: from the hub, or else from its other addresses in turn.

    A set that was brought before is found without asking any server.

    :param offline: take it from the cache or not at all
    :param force: download it again
    :return: what to open: a file, ``ARCHIVE.zip/MEMBER``, or the folder of files that belong
        together (of gensim's, the one that names the others)
    :raises CallError: offline, where the cache does not hold it
    :raises DataError: where every place failed, with each one's reason
    """
    note = cache_folder() / "catalogue" / f"{entry.name}.txt"
    if not force and (known := _noted(note)):
        return known
    failures: list[NlpseqError] = []
    for bring in (_from_hub, _from_web):
        try:
            path = bring(entry, progress, offline, force)
        except NlpseqError as error:
            failures.append(error)
            continue
        if path is not None:
            with contextlib.suppress(OSError), atomic_write(note) as file:  # it only saves time
                file.write(str(path).encode())
            return path
    raise _failure(entry, failures)


def pull_address(
    address: str, *, progress: Progress = silent, offline: bool = False, force: bool = False
) -> Path:
    """Bring the vectors of ``hf://owner/name[@revision][/file]`` here.

    :return: what to open: a file, or the folder of a safetensors file and its ``vocab.txt``
    :raises CallError: where the repository holds no vectors, or several, with their names
    """
    place = parse(address)
    names = hub_files(place.repo, revision=place.revision, offline=offline)
    chosen = place.path or _chosen(names, address)
    listed = str(PurePosixPath(chosen).with_name("vocab.txt"))
    together = chosen.endswith(".safetensors") and listed in names
    paths = [
        hub_file(
            place.repo,
            name,
            revision=place.revision,
            progress=progress,
            offline=offline,
            force=force,
        )
        for name in ([chosen, listed] if together else [chosen])
    ]
    return paths[0].parent if together else paths[0]


def _chosen(names: Iterable[str], address: str) -> str:
    """The one file of a repository that holds vectors; safetensors where there is a choice."""
    for suffixes in ((".safetensors",), (".bin", ".vec", ".txt", ".gz", ".zip", ".zst", ".xz")):
        found = [
            name
            for name in names
            if name.endswith(suffixes) and PurePosixPath(name).name not in _NO_VECTORS
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise CallError(
                f"the repository holds {', '.join(found[:10])}",
                where=address,
                remedy=f"name one of them: {address}/{found[0]}",
            )
    raise CallError("the repository holds no vectors", where=address)


def _noted(note: Path) -> Path | None:
    try:
        path = Path(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return path if path.exists() or path.parent.is_file() else None  # …/ARCHIVE.zip/MEMBER


def _from_hub(entry: Entry, progress: Progress, offline: bool, force: bool) -> Path | None:
    if entry.hub is None or not entry.files:
        return None
    for _ in range(2):  # again where the repository changed between one file and the next
        paths = [
            hub_file(entry.hub, name, progress=progress, offline=offline, force=force)
            for name in entry.files
        ]
        if len({path.parent for path in paths}) == 1:
            alone = len(paths) == 1 or entry.by_pickle
            return _inside(entry, paths[0] if alone else paths[0].parent)
        force = False
    raise DataError("its files are of different revisions", where=f"hf://{entry.hub}")


def _from_web(entry: Entry, progress: Progress, offline: bool, force: bool) -> Path | None:
    if not entry.urls:
        return None
    # host and path, without what only asks for them: "?file="
    name = re.sub(r"^https?://([^/:]+)(?::\d+)?/(?:[^?]*\?[^=]*=)?", r"\1/", entry.urls[0])
    return _inside(
        entry,
        fetch(
            entry.urls,
            name=name,
            sha256=entry.sha256,
            progress=progress,
            offline=offline,
            force=force,
        ),
    )


def _inside(entry: Entry, path: Path) -> Path:
    return path / entry.member if entry.member else path


def _failure(entry: Entry, failures: Iterable[NlpseqError]) -> NlpseqError:
    listed = list(failures)
    if len(listed) == 1:
        return listed[0]
    kind = CallError if listed and all(isinstance(e, CallError) for e in listed) else DataError
    reasons = "".join(f"\n  {error.where}: {error.message}" for error in listed)
    return kind(
        f"could be had from none of its places{reasons}",
        where=entry.name,
        remedy=(listed[-1].remedy if listed else None),
    )
