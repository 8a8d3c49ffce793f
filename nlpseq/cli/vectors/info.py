"""``nlpseq vectors info``: what a file of vectors holds."""

import click

from nlpseq.cli import verb
from nlpseq.cli.vectors import opening


@click.command(cls=verb.Verb, short_help="Words, numbers, recipe, licence, training options.")
@opening.vectors
@opening.no_cache
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(vectors: str, no_cache: bool, as_json: bool) -> None:
    """Say what a file of vectors holds and where it is from.

    \b
    Example:
      nlpseq vectors info vectors/sample.safetensors
    """
    from nlpseq.cli.info import show
    from nlpseq.embeddings.card import describe

    show(describe(opening.opened(vectors, cache=not no_cache)), as_json)
