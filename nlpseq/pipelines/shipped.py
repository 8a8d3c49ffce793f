"""Pipelines and embedding jobs that come with the package, found by name."""

from pathlib import Path

from nlpseq.errors import CallError, suggestion

_PACKAGE = Path(__file__).resolve().parents[1]


def folders() -> list[Path]:
    """Where the files lie: inside an installed package, or beside it in a checkout."""
    installed = _PACKAGE / "shipped"
    root = installed if installed.is_dir() else _PACKAGE.parent
    return [root / "pipelines", root / "embeddings"]


def names() -> dict[str, Path]:
    """Name → file, of everything that ``nlpseq run NAME`` finds."""
    files = [path for folder in folders() for path in sorted(folder.glob("*.yaml"))]
    return {path.stem: path for path in files if path.stem != "catalogue"}  # data, no pipeline


def find(source: str) -> Path:
    """The file of a path or a name.

    :raises CallError: where there is neither, with the names that there are
    """
    path = Path(source)
    if path.is_file():
        return path
    known = names()
    if source in known:
        return known[source]
    raise CallError(
        "no such pipeline file, and no pipeline of that name comes with nlpseq",
        where=source,
        remedy=suggestion(source, known, f"known names: {', '.join(known)}"),
    )
