"""``nlpseq vectors near``: the nearest words."""

from pathlib import Path

import click

from nlpseq.cli import verb
from nlpseq.cli.vectors import opening


@click.command(cls=verb.Verb, short_help="The words nearest to a word, by cosine.")
@opening.vectors
@click.argument("words", nargs=-1, metavar="[WORD]...")
@opening.neighbours
@opening.filters
@opening.recipe
@opening.ignore_case
@opening.as_json
@opening.no_cache
def command(
    vectors: str,
    words: tuple[str, ...],
    k: int,
    first: int | None,
    min_count: int | None,
    among: Path | None,
    prefix: str | None,
    recipe: str | None,
    ignore_case: bool,
    as_json: bool,
    no_cache: bool,
) -> None:
    """The words nearest to WORD, by cosine, exactly.

    Answers are word and cosine, a tab between; of several words, each line starts with the word
    asked. Without WORD, words are read from standard input, one a line; many at once are
    answered much faster than one by one.

    \b
    Examples:
      nlpseq vectors near vectors/sample.safetensors filme -k 5
      nlpseq vectors near vectors/sample.safetensors --prefix re --json < words.txt
    """
    from nlpseq.cli.vectors.answers import answer

    opening.check_stdin(vectors, words)
    opened = opening.opened(vectors, cache=not no_cache, recipe=recipe)
    ids = opening.selected(opened, first, min_count, among, prefix)
    answer(
        opened,
        words,
        1,
        lambda asked: opened.near_each(
            [word for (word,) in asked], k, among=ids, ignore_case=ignore_case
        ),
        ignore_case=ignore_case,
        as_json=as_json,
    )
