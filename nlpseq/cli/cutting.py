"""The options of verbs that read texts and cut them into words."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from nlpseq.errors import CallError

if TYPE_CHECKING:
    from nlpseq.text.corpus.repairs import Repairs
    from nlpseq.text.normalize import Recipe
    from nlpseq.text.tokenize.many import Cuts

_KINDS = ("rules", "whitespace", "characters", "spacy")

_OPTIONS = (
    click.argument("sources", metavar="[FILE]...", nargs=-1),
    click.option(
        "--tokenizer", "how", metavar="KIND|FILE",
        help="rules (the same for every language, the fastest), whitespace, characters, spacy, "
        "or a tokenizer.json of subwords.",
    ),
    click.option("--language", metavar="CODE", help="Of spaCy's rules: pt, es, en, …"),
    click.option(
        "--recipe", type=click.Choice(["none", "lower", "nilc", "glove"]),
        help="What is done to the text before; none by default.",
    ),
    click.option("--no-punctuation", is_flag=True, help="Marks and symbols are no words."),
    click.option(
        "--format", "source_format", type=click.Choice(["text", "jsonl", "csv", "tsv", "parquet"]),
        help="Of FILE, where its name does not tell; standard input is text.",
    ),
    click.option(
        "--field", default="text", show_default=True,
        help="The field with the text, not of plain text.",
    ),
    click.option("--encoding", default="utf-8", show_default=True, help="Such as latin-1, cp1252."),
    click.option(
        "--repair", is_flag=True,
        help="Mend or leave out what is broken, and say how much; without, it is an error.",
    ),
)  # fmt: skip


class Reading(NamedTuple):
    """What the options say about the texts."""

    sources: Sequence[str]
    format: Any
    field: str
    encoding: str
    repairs: "Repairs | None"

    def texts(self) -> Iterator[str]:
        """The texts of all sources, one after the other."""
        from nlpseq.files import STDIN
        from nlpseq.text.corpus import read
        from nlpseq.text.corpus.lines import text_lines

        for source in self.sources or ("-",):
            if source == "-" and self.format in (None, "text"):  # a stream may be empty
                lines = text_lines(STDIN, encoding=self.encoding, repairs=self.repairs)
                yield from (line for _, line in lines)
                continue
            documents = read(
                source,
                text=self.field,
                encoding=self.encoding,
                format=self.format,
                repairs=self.repairs,
            )
            yield from (document.text for document in documents)

    def say(self) -> None:
        """Tell what was repaired."""
        if self.repairs and self.repairs.total:
            click.echo(f"repaired:\n{self.repairs}", err=True)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a verb, which passes them on to :func:`reading` and :func:`cuts`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def reading(
    sources: Sequence[str], source_format: str | None, field: str, encoding: str, repair: bool
) -> Reading:
    """What is read, looked for before any work."""
    from nlpseq.text.corpus.repairs import Repairs
    from nlpseq.text.corpus.sources import files_of

    for source in sources:
        if not source.startswith("hf://"):  # these take a while
            files_of(source)
    return Reading(sources, source_format, field, encoding, Repairs() if repair else None)


def bound_threads(threads: int | None) -> None:
    """Have the library of subwords, which has threads of its own, keep to ``--threads``."""
    if threads is not None:
        os.environ["RAYON_NUM_THREADS"] = str(threads)


def cuts(
    how: str | None, language: str | None, recipe: "Recipe | None", no_punctuation: bool
) -> "Cuts":
    """What cuts."""
    if how is None or how in _KINDS:
        from nlpseq.text.tokenize import Kind, Tokenizer

        kind: Kind | None = how  # type: ignore[assignment]
        tokenizer = Tokenizer(recipe or "none", not no_punctuation, kind, language)
        tokenizer.words("")  # a language that there is not is said before any text is read
        return tokenizer
    from nlpseq.text.tokenize.subwords import Subwords

    given = {"--language": language, "--recipe": recipe, "--no-punctuation": no_punctuation}
    if idle := [name for name, value in given.items() if value]:
        raise CallError(
            "these subwords were learned with a recipe of their own",
            where=idle[0],
            remedy=f"leave {idle[0]} out",
        )
    if not Path(how).is_file():
        raise CallError(
            f"no tokenizer {how!r}",
            where="--tokenizer",
            remedy=f"one of {', '.join(_KINDS)}, or a tokenizer.json that is there",
        )
    return Subwords.load(how)
