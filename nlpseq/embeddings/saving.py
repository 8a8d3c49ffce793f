"""Writing vectors: the store, and what other tools read."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from nlpseq.embeddings import store
from nlpseq.embeddings.rows import Precision
from nlpseq.errors import CallError
from nlpseq.files import PACKED
from nlpseq.writing import atomic_write

if TYPE_CHECKING:
    from nlpseq.embeddings.vectors import Vectors

Target = Literal["store", "word2vec", "word2vec-binary", "glove", "projector"]

_BY_SUFFIX: dict[str, Target] = {
    ".safetensors": "store",
    ".bin": "word2vec-binary",
    ".tsv": "projector",
}


def format_of(path: Path) -> Target:
    """The format that a name asks for; ``.bin.gz`` is a packed ``.bin``."""
    inner = path.with_suffix("") if path.suffix in PACKED else path
    return _BY_SUFFIX.get(inner.suffix, "word2vec")


def check(path: Path, format: Target, precision: Precision) -> None:
    """Raise a CallError where vectors cannot be written so."""
    if format not in get_args(Target):
        raise CallError(
            f"no format {format!r}", remedy=f"the formats are {', '.join(get_args(Target))}"
        )
    if precision != "float32" and format != "store":
        raise CallError(
            f"only a store keeps {precision}", remedy="let the name end in .safetensors"
        )
    if format == "store" and path.suffix in PACKED:
        raise CallError(
            "a store that is packed cannot be mapped",
            where=str(path),
            remedy="let the name end in .safetensors; --precision float16 or int8 saves room",
        )


def save(vectors: "Vectors", path: Path, format: Target | None, precision: Precision) -> None:
    """See :meth:`nlpseq.embeddings.vectors.Vectors.save`."""
    chosen = format or format_of(path)
    check(path, chosen, precision)
    if chosen == "store":
        _store(vectors, path, precision)
    else:
        _WRITERS[chosen](vectors, path)


def _store(vectors: "Vectors", path: Path, precision: Precision) -> None:
    stored = store.Stored(
        vectors.words,
        vectors.rows,
        None,
        vectors.counts,
        vectors.subwords,
        {"recipe": vectors.recipe, **vectors.about},
    )
    with atomic_write(path) as file:
        store.write(file, stored, precision)


def _word2vec(vectors: "Vectors", path: Path) -> None:
    from nlpseq.embeddings.formats import text

    text.write(path, vectors.words, vectors.rows)


def _glove(vectors: "Vectors", path: Path) -> None:
    from nlpseq.embeddings.formats import text

    text.write(path, vectors.words, vectors.rows, header=False)


def _word2vec_binary(vectors: "Vectors", path: Path) -> None:
    from nlpseq.embeddings.formats import word2vec_binary

    word2vec_binary.write(path, vectors.words, vectors.rows)


def _projector(vectors: "Vectors", path: Path) -> None:
    from nlpseq.embeddings.formats import projector

    projector.write(path, vectors.words, vectors.rows)


_WRITERS: dict[str, Callable[["Vectors", Path], None]] = {
    "word2vec": _word2vec,
    "glove": _glove,
    "word2vec-binary": _word2vec_binary,
    "projector": _projector,
}
