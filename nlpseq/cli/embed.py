"""``nlpseq embed``: one line in, one document vector out."""

import contextlib
import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, get_args

import click

from nlpseq.cli import verb
from nlpseq.cli.progress import shown
from nlpseq.errors import CallError

if TYPE_CHECKING:
    from nlpseq.embeddings.documents import DocumentVector, Weighting
    from nlpseq.text.normalize import WordRecipe

_FORMATS = ["text", "jsonl", "npy"]


@click.command(cls=verb.Verb, short_help="The document vector of each line of a text.")
@click.argument("vectors", metavar="VECTORS")
@click.argument("source", metavar="[FILE]", default="-")
@click.option(
    "--format", "form", type=click.Choice(_FORMATS),
    help="Numbers, JSON with the numbers of words, or a NumPy matrix. By default as the name "
    "after -o ends, else text.",
)  # fmt: skip
@click.option(
    "--weights", "weighting", type=click.Choice(["mean", "frequency"]), default="mean",
    show_default=True, help="Every word alike, or frequent words less.",
)  # fmt: skip
@click.option(
    "--recipe", type=click.Choice(["none", "lower", "nilc"]),
    help="How the words of VECTORS were normalised, where the file does not say.",
)  # fmt: skip
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True),
    help="Write there, and not to standard output; whole or not at all.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
@verb.threads
def command(
    vectors: str,
    source: str,
    form: str | None,
    weighting: "Weighting",
    recipe: "WordRecipe | None",
    output: Path | None,
    force: bool,
    threads: int | None,
) -> None:
    """Give the document vector of each line of FILE, or of standard input.

    VECTORS is a file of word vectors in any format, or a name out of the catalogue. A line
    without a word that they hold has an answer too: an empty line, null with the reason in JSON,
    a row of NaN in a matrix.

    \b
    Examples:
      echo "gostei muito" | nlpseq embed v.safetensors
      nlpseq embed v.safetensors --weights frequency --format jsonl < reviews.txt > vectors.jsonl
      nlpseq embed v.safetensors reviews.txt.gz -o reviews.npy
    """
    from nlpseq.embeddings.documents import DocumentVectors
    from nlpseq.embeddings.vectors import Vectors
    from nlpseq.files import require

    if output == Path("-"):
        output = None
    form = form or _format_of(output)
    _check(vectors, form, output, force)
    if source != "-":
        require(Path(source))
    with shown(False) as progress:
        opened = Vectors.open(vectors, recipe=recipe, threads=threads, progress=progress)
    documents = DocumentVectors(opened, weighting=weighting)
    with _target(output) as file:
        if form == "npy":
            _write_matrix(documents.embed(_lines(source)), opened.dim, file, str(output))
        else:
            write = _Jsonl(opened.dim) if form == "jsonl" else _Text(opened.dim)
            for answer in documents.embed(_lines(source)):
                file.write(write(answer).encode())
