"""``nlpseq vectors cache``: what was read once and is kept."""

import time

import click

from nlpseq.cli import verb


@click.group()
def command() -> None:
    """Look after the converted vectors and the corpora as ids that are kept.

    They lie in the folders `vectors` and `streams` of the user's cache; NLPSEQ_CACHE moves it.
    The ones used longest ago leave when all take more than NLPSEQ_CACHE_LIMIT GiB (50).
    """


@command.command("list", cls=verb.Verb)
def list_() -> None:
    """Size, last use, file and origin of each, the one used last first.

    \b
    Example:
      nlpseq vectors cache list
    """
    from nlpseq.embeddings import cache

    sources = cache.sources()
    for entry in cache.entries():
        used = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.used))
        origin = sources.get(entry.path.stem[:64], "")
        click.echo(f"{entry.size / 2**20:,.1f} MiB\t{used}\t{entry.path}\t{origin}")


@command.command(cls=verb.Verb)
def clear() -> None:
    """Remove all of them; they are made again when they are needed.

    \b
    Example:
      nlpseq vectors cache clear
    """
    from nlpseq.embeddings import cache

    click.echo(f"{cache.clear() / 2**20:,.1f} MiB freed", err=True)
