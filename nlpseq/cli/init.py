"""``nlpseq init``: a pipeline file to start from, or the schema of all of them."""

from pathlib import Path

import click

from nlpseq.cli import completion, verb


@click.command(cls=verb.Verb, short_help="Write a commented pipeline file to start from.")
@click.argument("task", required=False, shell_complete=completion.tasks)
@click.option("--schema", is_flag=True, help="The JSON schema of a pipeline file, for editors.")
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True),
    help="Write there, whole or not at all.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
def command(task: str | None, schema: bool, output: Path | None, force: bool) -> None:
    """Write a pipeline file for TASK: classify, tag, translate or vectors.

    It runs as it stands, with sample data that comes with nlpseq. Every other option stands there
    behind a #, with its default, what it means and what it can be.

    \b
    Examples:
      nlpseq init classify > my.yaml && nlpseq run my.yaml
      nlpseq init tag -o entities.yaml
      nlpseq init --schema -o schema.json
    """
    from nlpseq.errors import CallError
    from nlpseq.files import STDOUT
    from nlpseq.pipelines import schema as schemas
    from nlpseq.pipelines import template
    from nlpseq.writing import atomic_write

    if schema == (task is not None):
        tasks = ", ".join(template.TASKS)
        raise CallError(f"give one of TASK ({tasks}) and --schema", where="nlpseq init")
    output = None if output == Path("-") else output
    if output is not None:
        verb.refuse_overwriting(output, force)
    text = schemas.text() if task is None else template.make(task)
    with atomic_write(STDOUT if output is None else output) as file:
        file.write(text.encode())
    if output is not None:
        click.echo(f"written: {output}", err=True)
