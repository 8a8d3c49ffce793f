"""``nlpseq vectors push``: share vectors on the hub."""

import tempfile
from pathlib import Path

import click

from nlpseq.cli import verb
from nlpseq.cli.progress import shown
from nlpseq.cli.vectors import opening


@click.command(cls=verb.Verb, short_help="Upload vectors to the hub, with a card.")
@opening.vectors
@click.argument("repo", metavar="OWNER/NAME")
@click.option("--private", is_flag=True, help="Where the repository is made, make it private.")
@click.option("-v", "--verbose", is_flag=True, help="Say what is being done, line by line.")
def command(vectors: str, repo: str, private: bool, verbose: bool) -> None:
    """Upload vectors as a store, with a card that says what they are; print the commit's address.

    The token is the one of huggingface-hub: HF_TOKEN, or `hf auth login`.

    \b
    Example:
      nlpseq vectors push vectors/sample.safetensors me/sample-vectors
    """
    from nlpseq.embeddings.card import card
    from nlpseq.hub import push

    opened = opening.opened(vectors)
    with tempfile.TemporaryDirectory(prefix="nlpseq-") as folder, shown(verbose) as progress:
        store = Path(folder) / "vectors.safetensors"
        opened.save(store, precision=opened.rows.precision)
        text = card(opened, repo, store.name)
        click.echo(push(repo, store, card=text, private=private, progress=progress))
