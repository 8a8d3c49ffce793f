"""``nlpseq check``: what is wrong with a corpus, all of it, each with its place."""

import json
from typing import TYPE_CHECKING, Any

import click

from nlpseq.cli import verb
from nlpseq.cli.progress import shown
from nlpseq.cli.vectors import opening
from nlpseq.errors import CallError

if TYPE_CHECKING:
    from nlpseq.pipelines.lint import Finding, Findings
    from nlpseq.text.normalize import Recipe


@click.command(cls=verb.Verb, short_help="Say what is wrong with a corpus, and what it holds.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--dev", metavar="FILE", help="The other side of the split: is anything on both?")
@click.option(
    "--text", default="text", show_default=True, help="The field with the text, not of plain text."
)
@click.option("--label", help="The field with the label; by default label, where it is there.")
@click.option("--vectors", metavar="FILE|NAME", help="Vectors: which words do they hold?")
@opening.recipe
@click.option("--encoding", default="utf-8", show_default=True, help="Such as latin-1, cp1252.")
@click.option(
    "--format", "source_format",
    type=click.Choice(["text", "jsonl", "csv", "tsv", "parquet", "conll"]),
    help="Of PATH, where its name does not tell.",
)  # fmt: skip
@click.option(
    "--tag-column", type=click.IntRange(1), metavar="N",
    help="Of CoNLL, from 1; by default the last.",
)  # fmt: skip
@click.option(
    "--max", "most", type=click.IntRange(1), default=20, show_default=True,
    help="Problems shown of each kind; the rest are counted.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("-v", "--verbose", is_flag=True, help="Say what is being done, line by line.")
@click.pass_context
def command(
    context: click.Context,
    paths: tuple[str, ...],
    dev: str | None,
    text: str,
    label: str | None,
    vectors: str | None,
    recipe: "Recipe | None",
    encoding: str,
    source_format: Any,
    tag_column: int | None,
    most: int,
    as_json: bool,
    verbose: bool,
) -> None:
    """Say what is wrong with each PATH, each problem with file and line, and what it holds.

    PATH is a file, a folder or a pattern of plain text, JSON lines, CSV, TSV, parquet or CoNLL
    columns; or a pipeline file, whose corpora are checked as its stages read them. Exit status: 0
    nothing is wrong, 1 something is, 2 the call is wrong.

    \b
    Examples:
      nlpseq check train.jsonl --dev dev.jsonl
      nlpseq check reviews.csv --text body --label stars --vectors pt.skip100
      nlpseq check train.conll --dev dev.conll
      nlpseq check my.yaml
    """
    from nlpseq.pipelines.lint import Findings, Options, check
    from nlpseq.pipelines.lint.options import VectorsSource
    from nlpseq.text.corpus.lines import codec_of

    if recipe and not vectors:
        raise CallError("is for --vectors, of no effect here", where="--recipe")
    codec_of(encoding)  # a wrong name is said before anything else
    options = Options(
        dev=dev,
        text=text,
        label=label,
        encoding=encoding,
        format=source_format,
        tag_column=tag_column,
        vectors=(VectorsSource(vectors, recipe),) if vectors else (),
    )
    findings = Findings(_tell_json if as_json else _tell, most)
    with shown(verbose, answers=True) as progress:
        for path in paths:
            check(path, options, findings, progress=progress)
    _sum_up(findings)
    if findings.problems:
        context.exit(1)


def _tell(finding: "Finding") -> None:
    click.echo(_printable(str(finding)))


def _printable(line: str) -> str:
    """What a file holds must not steer the terminal, nor break the line."""
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def _tell_json(finding: "Finding") -> None:
    file, line = finding.place
    entry: dict[str, object] = {
        "file": file,
        "line": line,
        "level": finding.level,
        "kind": finding.kind,
        "message": finding.message,
    }
    if finding.value is not None:
        entry["value"] = finding.value
    click.echo(json.dumps(entry))


def _sum_up(findings: "Findings") -> None:
    count = findings.problems.total()
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in findings.problems.items())
    problems = f"{count:,} problem{'' if count == 1 else 's'}{f' ({kinds})' if kinds else ''}"
    notes = f"{findings.notes} note{'' if findings.notes == 1 else 's'}"
    click.echo(f"{problems}, {notes}", err=True)
