"""What the verbs of vectors share: the argument, its options, and opening it."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import click

from nlpseq.cli.progress import shown
from nlpseq.errors import CallError, DataError
from nlpseq.files import STDIN, called, decode, lines_of, open_bytes

if TYPE_CHECKING:
    from nlpseq.embeddings.query import Ids
    from nlpseq.embeddings.vectors import Vectors

_F = TypeVar("_F", bound=Callable[..., Any])

vectors = click.argument("vectors")
neighbours = click.option(
    "-k", "k", type=click.IntRange(1), default=10, show_default=True, help="How many answers."
)
as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a question.")
ignore_case = click.option(
    "-i", "--ignore-case", is_flag=True, help="Find a word in another case where it is not there."
)
recipe = click.option(
    "--recipe", type=click.Choice(["none", "lower", "nilc", "glove"]),
    help="How training normalised words, where VECTORS does not say.",
)  # fmt: skip
no_cache = click.option(
    "--no-cache", is_flag=True, help="Read a foreign file into memory, and keep nothing."
)


def filters(function: _F) -> _F:
    """The options that say which words may be answers."""
    options: tuple[Callable[..., Any], ...] = (
        click.option("--prefix", help="Answers that start so."),
        click.option(
            "--among",
            type=click.Path(path_type=Path),
            help="Answers out of this file, one word a line.",
        ),
        click.option(
            "--min-count", type=click.IntRange(1), help="Answers that training saw so often."
        ),
        click.option(
            "--first", type=click.IntRange(1), help="Answers among the first so many words."
        ),
    )
    for option in options:
        function = option(function)
    return function


def opened(source: str, *, cache: bool = True, **options: Any) -> "Vectors":
    """Open vectors, with progress where that takes long; ``-`` is standard input."""
    from nlpseq.embeddings.vectors import Vectors

    with shown(verbose=False) as progress:
        return Vectors.open(
            STDIN if source == "-" else source, cache=cache, progress=progress, **options
        )


def check_stdin(vectors: str, words: tuple[str, ...]) -> None:
    """Raise a CallError where standard input would have to be two things."""
    if vectors == "-" and words in ((), ("-",)):
        raise CallError(
            "standard input cannot be both the vectors and the words",
            remedy="give the name of a file of vectors, or the words on the line",
        )


def selected(
    vectors: "Vectors",
    first: int | None,
    min_count: int | None,
    among: Path | None,
    prefix: str | None,
) -> "Ids | None":
    """The rows that the filters leave; None where there is no filter."""
    if (first, min_count, among, prefix) == (None, None, None, None):
        return None
    words = None if among is None else list(words_of(among))
    return vectors.select(first=first, min_count=min_count, words=words, prefix=prefix)


def words_of(path: Path) -> Iterator[str]:
    """The words of a file, one a line, and of ``word TAB count`` the word."""
    from nlpseq.files import text_lines

    return (line.split("\t")[0] for _, line in text_lines(path) if line)


def questions(words: tuple[str, ...], size: int) -> Iterator[list[list[str]]]:
    """Questions of ``size`` words each, out of the call or of standard input, in batches."""
    if words and words != ("-",):
        if len(words) % size:
            raise CallError(
                f"{size} words make a question, and {len(words)} were given",
                remedy="A B C asks: A is to B as C is to what?",
            )
        yield [list(words[i : i + size]) for i in range(0, len(words), size)]
        return
    with open_bytes(STDIN) as stdin:
        lines = _asked(stdin, size)
        # a person who types wants an answer after each line
        while batch := list(islice(lines, 1 if stdin.isatty() else 100)):
            yield batch


def _asked(stdin: BinaryIO, size: int) -> Iterator[list[str]]:
    for number, line in lines_of(stdin, STDIN):
        text = decode(line, STDIN, number)
        fields = [text] if size == 1 else text.split("\t" if "\t" in text else None)
        if fields and fields != [""] and len(fields) != size:
            raise DataError(
                f"{len(fields)} words, {size} make a question",
                where=f"{called(STDIN)}:{number}",
                remedy="A B C asks: A is to B as C is to what? with tabs, words may hold blanks",
            )
        yield fields if len(fields) == size else [""] * size
