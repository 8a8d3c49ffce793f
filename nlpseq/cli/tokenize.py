"""``nlpseq tokenize``: one text in, its words on a line out."""

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nlpseq.cli import cutting, verb
from nlpseq.cli.progress import shown
from nlpseq.errors import CallError

if TYPE_CHECKING:
    from nlpseq.text.normalize import Recipe
    from nlpseq.text.tokenize.many import Form
    from nlpseq.text.tokenize.subwords import Method


@click.command(cls=verb.Verb, short_help="Cut texts into words, or learn subwords.")
@cutting.options
@click.option(
    "--to", "form", type=click.Choice(["text", "jsonl"]),
    help="Words with blanks between, the default, or objects with words and their offsets.",
)  # fmt: skip
@click.option(
    "--learn", type=click.Choice(["bpe", "unigram", "wordpiece"]),
    help="Learn subwords from the texts instead, and write a tokenizer.json to -o.",
)  # fmt: skip
@click.option("--size", type=click.IntRange(2), help="With --learn: how many pieces; 8000.")
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True),
    help="Write there, whole or not at all.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
@verb.threads
@click.option("-v", "--verbose", is_flag=True, help="Say what is being done, line by line.")
def command(
    sources: tuple[str, ...],
    how: str | None,
    language: str | None,
    recipe: "Recipe | None",
    no_punctuation: bool,
    source_format: str | None,
    field: str,
    encoding: str,
    repair: bool,
    form: "Form | None",
    learn: "Method | None",
    size: int | None,
    output: Path | None,
    force: bool,
    threads: int | None,
    verbose: bool,
) -> None:
    """Cut each text of FILE, or each line of standard input, into words.

    FILE is plain text with a document a line, JSON lines, CSV, TSV or parquet, packed or not, a
    folder, a pattern such as "data/*.csv", or hf://datasets/OWNER/NAME. A text without a word
    gives an empty line. Offsets count characters of the text as it was read.

    \b
    Examples:
      echo "Olá, mundo!" | nlpseq tokenize
      nlpseq tokenize --tokenizer spacy --language pt reviews.csv --to jsonl > words.jsonl
      nlpseq tokenize --recipe nilc corpus.txt.gz -o corpus.nilc.txt.gz
      nlpseq tokenize --learn bpe --size 8000 corpus.txt -o tokenizer.json
      nlpseq tokenize --tokenizer tokenizer.json < corpus.txt
    """
    output = None if output == Path("-") else output
    if output is not None:
        verb.refuse_overwriting(output, force)
    given = cutting.reading(sources, source_format, field, encoding, repair)
    cutting.bound_threads(threads)
    if learn:
        idle = {
            "--tokenizer": how,
            "--language": language,
            "--no-punctuation": no_punctuation,
            "--to": form,
        }
        _learn(given, learn, size or 8000, recipe or "none", output, idle, verbose)
        return
    if size is not None:
        raise CallError("is for --learn, of no effect here", where="--size")
    from nlpseq.files import STDOUT
    from nlpseq.text import workers
    from nlpseq.text.tokenize.many import lines
    from nlpseq.writing import atomic_write

    cuts = cutting.cuts(how, language, recipe, no_punctuation)
    texts = _started(given.texts())  # what cannot be read is said before anything is written
    written = lines(cuts, texts, form=form or "text", processes=threads or workers.cores())
    with (
        atomic_write(STDOUT if output is None else output) as file,
        shown(verbose, answers=output is None) as progress,
        progress.task("tokenize") as task,
        contextlib.closing(written),  # which ends its processes, whatever happens
    ):
        for some in written:
            file.write(some)
            task.advance(some.count(b"\n"))
    given.say()


def _learn(
    given: cutting.Reading,
    method: "Method",
    size: int,
    recipe: "Recipe",
    output: Path | None,
    idle: Mapping[str, object],
    verbose: bool,
) -> None:
    from nlpseq.text.tokenize.subwords import Subwords

    if output is None:
        raise CallError("needs a file to write to", where="--learn", remedy="name it: -o FILE")
    if wrong := [name for name, value in idle.items() if value]:
        raise CallError("has no effect on --learn", where=wrong[0], remedy=f"leave {wrong[0]} out")
    with shown(verbose) as progress:
        subwords = Subwords.train(
            given.texts(), method=method, size=size, recipe=recipe, progress=progress
        )
    subwords.save(output)
    given.say()
    click.echo(f"{output}: {len(subwords.vocabulary):,} pieces", err=True)


def _started(texts: Iterator[str]) -> Iterator[str]:
    first = list(itertools.islice(texts, 1))
    return itertools.chain(first, texts)
