"""Examples of a file, as a model of a task wants them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nlpseq.errors import CallError
from nlpseq.models.base import Predictor
from nlpseq.text.corpus import Document, Pair, files_of, read, read_pairs
from nlpseq.text.corpus.repairs import Repairs
from nlpseq.text.corpus.sources import Format
from nlpseq.text.corpus.tagged import Tagged, read_tagged, settled


@dataclass(frozen=True)
class Reading:
    """How a file is read, where it leaves a choice."""

    text: str = "text"  #: the field that holds the text
    label: str = "label"  #: the field that holds the label
    separator: str | None = None  #: what stands between the labels of a text
    format: Format | None = None  #: where names do not tell it
    word_column: int = 1  #: of CoNLL columns, from 1
    tag_column: int | None = None  #: by default the last
    target: str | None = None  #: of texts that become others: the other file
    encoding: str = "utf-8"
    repairs: Repairs | None = None  #: what is broken is mended or left out, and counted here


def examples(model: Predictor[Any, Any], source: str, reading: Reading) -> list[Any]:
    """All examples of a file, a folder or a pattern.

    :raises DataError: with file and line, where one cannot be read
    :raises CallError: where there is no such file
    """
    if model.task not in _READERS:
        raise CallError(f"models for the task {model.task!r} are evaluated in pipelines alone")
    return list(_READERS[model.task](model, source, reading))


def _documents(model: Any, source: str, reading: Reading) -> Iterator[Document]:
    return read(
        source,
        text=reading.text,
        label=reading.label,
        multilabel=model.settings.multilabel,
        separator=reading.separator,
        encoding=reading.encoding,
        format=reading.format,
        repairs=reading.repairs,
    )


def _sentences(model: Any, source: str, reading: Reading) -> Iterator[Tagged]:
    """In the scheme of the model, from whatever scheme they are in."""
    found = [
        sentence
        for path in files_of(source)
        for sentence in read_tagged(
            path,
            word_column=reading.word_column,
            tag_column=reading.tag_column,
            encoding=reading.encoding,
            repairs=reading.repairs,
        )
    ]
    scheme = model.tagset.scheme
    if scheme is None:
        yield from found
        return
    yield from settled(found, repairs=reading.repairs).within(scheme)


def _pairs(model: Any, source: str, reading: Reading) -> Iterator[Pair]:
    if reading.target is None:
        raise CallError(
            "a translator is evaluated on two files", remedy="name the other one with --target"
        )
    return read_pairs(source, reading.target, encoding=reading.encoding, repairs=reading.repairs)


_READERS: Mapping[str, Callable[[Any, str, Reading], Iterator[Any]]] = {
    "classify": _documents,
    "tag": _sentences,
    "translate": _pairs,
}
