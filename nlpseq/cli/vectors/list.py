"""``nlpseq vectors list``: the catalogue of pretrained sets."""

import json

import click

from nlpseq.cli import verb


@click.command(cls=verb.Verb, short_help="Pretrained sets that can be opened by name.")
@click.option("--language", type=click.Choice(["pt", "es", "en"]), help="Sets of this one alone.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a set, with everything.")
def command(language: str | None, as_json: bool) -> None:
    """List the pretrained sets: name, language, numbers of a vector, words, licence, checked.

    A name opens wherever VECTORS is asked for; what is not here yet is downloaded first. The last
    column says whether the set's address is known to exist: nothing more was checked.

    \b
    Examples:
      nlpseq vectors list --language pt
      nlpseq vectors near glove-6b-100d king
    """
    from nlpseq.embeddings import catalogue

    for entry in catalogue.entries():
        if language not in (None, entry.language):
            continue
        if as_json:
            click.echo(json.dumps(entry.model_dump(), ensure_ascii=False))
            continue
        words = "?" if entry.words is None else f"{entry.words:,}"
        columns = (entry.name, entry.language, str(entry.dim), words, entry.licence, entry.checked)
        click.echo("\t".join(columns))
