"""``nlpseq predict``: one line in, one answer out."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from nlpseq.cli import verb

_TSV = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})


@click.command(cls=verb.Verb, short_help="Answer each line of standard input.")
@click.argument("model", metavar="MODEL", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(["tsv", "jsonl"]), default="tsv", show_default=True,
    help="Label and probability (several with | between), or an object with the probability of "
    "every label.",
)  # fmt: skip
@verb.threads
@verb.device
def command(model: Path, form: str, threads: int | None, device: str) -> None:
    """Answer each line of standard input on a line of standard output.

    An empty line is an empty document: its answer has empty fields, or null with the reason.

    \b
    Examples:
      echo "gostei muito" | nlpseq predict models/quickstart
      nlpseq predict models/quickstart --format jsonl < reviews.txt > answers.jsonl
    """
    import nlpseq

    loaded = nlpseq.load(model, device=device, threads=threads)
    write = _jsonl if form == "jsonl" else _tsv
    for answer in loaded.predict(_lines()):
        sys.stdout.buffer.write(write(answer).encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def _lines() -> Iterator[str]:
    from nlpseq.files import decode, lines_of

    name = Path("standard input")
    for number, line in lines_of(sys.stdin.buffer, name):
        yield decode(line, name, number)


def _tsv(answer: Any) -> str:
    if answer.reason:
        return "\t\n"
    labels = answer.labels if hasattr(answer, "labels") else (answer.label,)
    named = "|".join(label.translate(_TSV) for label in labels)
    return f"{named}\t{'|'.join(f'{answer.probabilities[label]:.4f}' for label in labels)}\n"


def _jsonl(answer: Any) -> str:
    fields = {key: value for key, value in answer._asdict().items() if key != "reason"}
    if answer.reason:
        fields["reason"] = answer.reason
    return json.dumps(fields, ensure_ascii=False) + "\n"
