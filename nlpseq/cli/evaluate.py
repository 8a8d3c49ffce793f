"""``nlpseq evaluate``: how well a model answers labelled data."""

import json
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from nlpseq.cli import verb
from nlpseq.errors import CallError

#: task → the options that only its models heed
_OPTIONS = {
    "classify": ("text", "label", "label_separator", "source_format"),
    "tag": ("word_column", "tag_column"),
    "translate": ("target",),
}


@click.command(cls=verb.Verb, short_help="Say how well a model answers labelled data.")
@click.argument("model", metavar="MODEL", type=click.Path(path_type=Path))
@click.argument("data", metavar="DATA")
@click.option("--text", default="text", show_default=True, help="The field with the text.")
@click.option("--label", default="label", show_default=True, help="The field with the label.")
@click.option("--label-separator", help="What stands between the labels of a text.")
@click.option(
    "--format", "source_format", type=click.Choice(["text", "jsonl", "csv", "tsv", "parquet"]),
    help="Of documents, where the name does not tell.",
)  # fmt: skip
@click.option(
    "--word-column", type=click.IntRange(1), default=1, show_default=True, metavar="N",
    help="Of CoNLL columns, from 1.",
)  # fmt: skip
@click.option(
    "--tag-column", type=click.IntRange(1), metavar="N",
    help="Of CoNLL columns, from 1; by default the last.",
)  # fmt: skip
@click.option("--target", metavar="FILE", help="Of a translator: what the lines of DATA become.")
@click.option("--encoding", default="utf-8", show_default=True, help="Such as latin-1, cp1252.")
@click.option(
    "--repair", is_flag=True,
    help="Mend or leave out what is broken, and say how much; without, it is an error.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Figures and signature as a JSON object.")
@verb.threads
@verb.device
def command(
    model: Path,
    data: str,
    text: str,
    label: str,
    label_separator: str | None,
    source_format: Any,
    word_column: int,
    tag_column: int | None,
    target: str | None,
    encoding: str,
    repair: bool,
    as_json: bool,
    threads: int | None,
    device: str,
) -> None:
    """Say how well MODEL answers DATA, with a signature of what was measured.

    DATA is a file, a pattern such as "data/*.csv", or - for standard input: labelled documents as
    the stage corpus reads them, tagged sentences as the stage sentences does, or texts to
    translate, whichever the model is for.

    \b
    Examples:
      nlpseq evaluate models/quickstart test.jsonl
      nlpseq evaluate models/ner-pt test.conll --json
      nlpseq evaluate models/en-pt test.en --target test.pt
    """
    import nlpseq
    from nlpseq.pipelines.examples import Reading, examples
    from nlpseq.text.corpus.repairs import Repairs

    loaded = nlpseq.load(model, device=device, threads=threads)
    _heeded(loaded.task, str(model))
    repairs = Repairs() if repair else None
    reading = Reading(
        text, label, label_separator, source_format, word_column, tag_column, target, encoding,
        repairs,
    )  # fmt: skip
    report = loaded.evaluate(examples(loaded, data, reading))
    if repairs is not None and repairs.total:
        click.echo(f"repaired:\n{repairs}", err=True)
    if as_json:
        click.echo(json.dumps({"figures": report.figures, "signature": report.signature}))
    else:
        click.echo(str(report))


def _heeded(task: str, where: str) -> None:
    """Raise a CallError for an option that models of the task do not heed."""
    context = click.get_current_context()
    foreign = {name for other, names in _OPTIONS.items() if other != task for name in names}
    for option in context.command.params:
        source = context.get_parameter_source(str(option.name))
        if option.name in foreign and source is not ParameterSource.DEFAULT:
            raise CallError(f"{option.opts[0]} is not for models of the task {task!r}", where=where)
