"""File formats of word vectors, one module a format; which one a file has is told by content."""

from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args

from nlpseq.embeddings.formats.contents import Contents, Report
from nlpseq.errors import CallError, DataError
from nlpseq.files import open_bytes

#: what can be read, in the order in which a file is tried
Format = Literal["store", "safetensors-vocab", "fasttext", "word2vec-binary", "text", "gensim"]

_MODULES: dict[str, str] = {
    "safetensors-vocab": "safetensors_vocab",
    "fasttext": "fasttext",
    "word2vec-binary": "word2vec_binary",
    "text": "text",
    "gensim": "gensim_kv",
}
_HEAD = 1 << 18  # bytes, of two rows of some thousand numbers


def identify(path: Path) -> Format | None:
    """The format of a file or folder, or None where it holds no vectors."""
    from nlpseq.embeddings import store

    if path.is_dir():
        return "safetensors-vocab" if _module("safetensors-vocab").looks_like(path) else None
    with open_bytes(path) as file:
        head = file.read(_HEAD)
    if store.looks_like(head):
        return "store"
    for name in get_args(Format)[1:]:
        if _module(name).looks_like(path if name == "safetensors-vocab" else head):
            return name  # type: ignore[no-any-return]
    return None


def read(path: Path, report: Report, *, threads: int = 1, format: Format | None = None) -> Contents:
    """Open a file of any format but the store's.

    :param format: the file's, where it is known; ``gensim``, which can run code, has to be given
    :raises DataError: where the file holds no vectors
    """
    if format is not None and format not in _MODULES:
        raise CallError(
            f"no format {format!r} to read", remedy=f"the formats are {', '.join(get_args(Format))}"
        )
    found = format or identify(path)
    if found is None:
        # Text is what most files are: its reader says where this one is none.
        with open_bytes(path) as file:
            if b"\0" in file.read(_HEAD):
                raise DataError(
                    "no format of vectors that nlpseq reads",
                    where=str(path),
                    remedy="it reads word2vec and GloVe text, word2vec and fastText binary, "
                    "safetensors with vocab.txt, and its own store",
                )
        found = "text"
    if found == "gensim" and format is None:
        raise CallError(
            "a pickle of gensim, which can run code when it is opened",
            where=str(path),
            remedy="if you trust who made it, give the format: gensim",
        )
    if found == "text":
        return _module("text").read(path, report, threads=threads)  # type: ignore[no-any-return]
    return _module(found).read(path, report)  # type: ignore[no-any-return]


def _module(name: str) -> Any:
    return import_module(f"nlpseq.embeddings.formats.{_MODULES[name]}")
