"""``nlpseq vectors analogy``: A is to B as C is to what?"""

from pathlib import Path

import click

from nlpseq.cli import verb
from nlpseq.cli.vectors import opening


@click.command(cls=verb.Verb, short_help="A is to B as C is to what?")
@opening.vectors
@click.argument("words", nargs=-1, metavar="[A B C]...")
@opening.neighbours
@click.option(
    "--method", type=click.Choice(["add", "mul"]), default="add", show_default=True,
    help="3CosAdd or 3CosMul.",
)  # fmt: skip
@opening.filters
@opening.recipe
@opening.ignore_case
@opening.as_json
@opening.no_cache
def command(
    vectors: str,
    words: tuple[str, ...],
    k: int,
    method: str,
    first: int | None,
    min_count: int | None,
    among: Path | None,
    prefix: str | None,
    recipe: str | None,
    ignore_case: bool,
    as_json: bool,
    no_cache: bool,
) -> None:
    """A is to B as C is to what?

    None of the three is an answer. Without words, questions are read from standard input, three
    words a line.

    \b
    Examples:
      nlpseq vectors analogy vectors/sample.safetensors homem rei mulher
      nlpseq vectors analogy vectors/sample.safetensors --method mul < questions.txt
    """
    from nlpseq.cli.vectors.answers import answer

    opening.check_stdin(vectors, words)
    opened = opening.opened(vectors, cache=not no_cache, recipe=recipe)
    ids = opening.selected(opened, first, min_count, among, prefix)
    answer(
        opened,
        words,
        3,
        lambda asked: opened.analogies(
            asked, k, "mul" if method == "mul" else "add", among=ids, ignore_case=ignore_case
        ),
        ignore_case=ignore_case,
        as_json=as_json,
    )
