"""``nlpseq info``: what is this file or folder."""

import json
from collections.abc import Mapping
from pathlib import Path

import click

from nlpseq.cli import verb


@click.command(cls=verb.Verb, short_help="Say what a file or folder is.")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(path: Path, as_json: bool) -> None:
    """Say what a file or folder is: a model, a pipeline, vectors, a corpus.

    \b
    Examples:
      nlpseq info models/quickstart
      nlpseq info reviews.csv --json
    """
    from nlpseq.pipelines.describe import describe

    show(describe(path), as_json)


def show(properties: Mapping[str, str], as_json: bool) -> None:
    """Print properties, one a line or as JSON."""
    if as_json:
        click.echo(json.dumps(properties, ensure_ascii=False))
        return
    width = max(map(len, properties))
    for name, value in properties.items():
        click.echo(f"{name:{width}}  {value}")
