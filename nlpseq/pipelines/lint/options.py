"""Options of a check: how a corpus is read, and what it is held against."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from nlpseq.text.corpus.sources import Format
from nlpseq.text.normalize import Recipe
from nlpseq.text.tokenize import Tokenizer

Kind = Format | Literal["conll"]


class VectorsSource(NamedTuple):
    """Vectors to look the words up in."""

    source: str  #: a file, a name of the catalogue, or hf://…
    recipe: Recipe | None = None
    first: int | None = None


@dataclass(frozen=True)
class Options:
    """How a corpus is read, and what it is held against."""

    dev: str | None = None  #: the other side of the split
    text: str = "text"  #: the field that holds the text
    label: str | None = None  #: the field of the label; by default ``label`` where a file has it
    multilabel: bool | None = None  #: a row has a list of labels; by default as it is found
    separator: str | None = None  #: what stands between the labels of a text
    encoding: str = "utf-8"
    format: Kind | None = None  #: where names do not tell it
    tag_column: int | None = None  #: from 1; by default the last, and none of CoNLL-U
    #: cuts what is no CoNLL
    tokenizer: Tokenizer = field(default_factory=lambda: Tokenizer("none"))
    vectors: tuple[VectorsSource, ...] = ()
