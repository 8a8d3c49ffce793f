"""``nlpseq vocab``: the words of texts, and how often each stands there."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nlpseq.cli import cutting, verb
from nlpseq.cli.progress import shown

if TYPE_CHECKING:
    from nlpseq.progress import Task
    from nlpseq.text.normalize import Recipe


@click.command(cls=verb.Verb, short_help="Count the words of texts.")
@cutting.options
@click.option(
    "--min-count", type=click.IntRange(1), default=1, show_default=True,
    help="Rarer words are left out.",
)  # fmt: skip
@click.option("--max-size", type=click.IntRange(1), help="So many at most, specials counted.")
@click.option(
    "--specials", default="pad,unk", show_default=True,
    help="Entries that are no words: out of pad, unk, bos, eos; may be empty.",
)  # fmt: skip
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
    min_count: int,
    max_size: int | None,
    specials: str,
    output: Path | None,
    force: bool,
    threads: int | None,
    verbose: bool,
) -> None:
    """Count the words of each FILE, or of standard input, the most frequent first.

    What is written is a vocabulary that nlpseq.Vocabulary.load reads: a line for each word, its
    count behind a tab, control characters as \\uXXXX. Counting is exact, and memory does not grow
    with the texts.

    \b
    Examples:
      nlpseq vocab corpus.txt --min-count 5 -o vocabulary.txt
      zcat corpus.txt.gz | nlpseq vocab --recipe lower --max-size 10000 | head
    """
    from nlpseq.errors import CallError
    from nlpseq.files import STDOUT
    from nlpseq.text import workers
    from nlpseq.text.counting import WordCounts
    from nlpseq.text.tokenize.many import count
    from nlpseq.text.vocabulary import SPECIALS, Vocabulary

    output = None if output == Path("-") else output
    if output is not None:
        verb.refuse_overwriting(output, force)
    names = [name.strip() for name in specials.split(",") if name.strip()]
    if set(names) - set(SPECIALS) or len(set(names)) < len(names):
        known = ", ".join(SPECIALS)
        raise CallError(f"{specials!r} is no list of {known}", where="--specials")
    if max_size is not None and max_size < len(names):
        raise CallError(f"has no room for {len(names)} specials", where="--max-size")
    given = cutting.reading(sources, source_format, field, encoding, repair)
    cutting.bound_threads(threads)
    cuts = cutting.cuts(how, language, recipe, no_punctuation)
    with WordCounts() as counts, shown(verbose) as progress:
        with progress.task("count words") as task:
            texts = _told(given.texts(), task)
            count(cuts, texts, counts, processes=threads or workers.cores())
        total = counts.total
        vocabulary = Vocabulary.of_counts(
            counts, min_count=min_count, max_size=max_size, specials=names
        )
    vocabulary.save(STDOUT if output is None else output)
    sys.stdout.flush()
    given.say()
    words = len(vocabulary) - len(names)
    click.echo(f"{words:,} words of {total:,} tokens", err=True)


def _told(texts: Iterator[str], task: "Task") -> Iterator[str]:
    for text in texts:
        yield text
        task.advance()
