"""``nlpseq embed``: one line in, one document vector out."""

import io
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from nlpseq.cli import verb
from nlpseq.cli.vectors import opening
from nlpseq.errors import CallError

if TYPE_CHECKING:
    from nlpseq.embeddings.documents import DocumentVector, Weighting
    from nlpseq.text.normalize import Recipe

_FORMATS = {".txt": "text", ".jsonl": "jsonl", ".npy": "npy"}


@click.command(cls=verb.Verb, short_help="Give the document vector of each line.")
@opening.vectors
@click.argument("source", metavar="[FILE]", default="-")
@click.option(
    "--format", "form", type=click.Choice(list(_FORMATS.values())),
    help="Numbers, JSON, or a NumPy matrix. By default the name of -o says: .npy, .jsonl, "
    "anything else text.",
)  # fmt: skip
@click.option(
    "--weights", "weighting", type=click.Choice(["mean", "frequency"]), default="mean",
    show_default=True, help="Every word alike, or frequent ones less.",
)  # fmt: skip
@opening.recipe
@opening.ignore_case
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True),
    help="Write there, whole or not at all.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
@verb.threads
@opening.no_cache
def command(
    vectors: str,
    source: str,
    form: str | None,
    weighting: "Weighting",
    recipe: "Recipe | None",
    ignore_case: bool,
    output: Path | None,
    force: bool,
    threads: int | None,
    no_cache: bool,
) -> None:
    """Give the document vector of each line of FILE, or of standard input, on a line.

    A line without a word that VECTORS holds has an answer too: an empty line, null with the
    reason, or a row of NaN.

    \b
    Examples:
      echo "gostei muito" | nlpseq embed vectors/sample.safetensors
      nlpseq embed v.safetensors --weights frequency --format jsonl < reviews.txt > v.jsonl
      nlpseq embed v.safetensors reviews.txt.gz -o reviews.npy
    """
    from nlpseq.embeddings.documents import DocumentVectors
    from nlpseq.files import STDOUT
    from nlpseq.writing import atomic_write

    output = None if output == Path("-") else output
    suffixes = output.suffixes if output else ()
    form = form or next((f for suffix, f in _FORMATS.items() if suffix in suffixes), "text")
    _check(vectors, source, form, output, force)
    opened = opening.opened(vectors, cache=not no_cache, recipe=recipe, threads=threads)
    documents = DocumentVectors(opened, weighting=weighting, ignore_case=ignore_case)
    answers = documents.embed(_lines(source))
    with atomic_write(STDOUT if output is None else output) as file:
        if form == "npy":
            _write_matrix(answers, opened.dim, file, str(output))
            return
        write = (_jsonl if form == "jsonl" else _text)(opened.dim)
        for answer in answers:
            file.write(write(answer).encode())


def _check(vectors: str, source: str, form: str, output: Path | None, force: bool) -> None:
    """Refuse what cannot end well before anything is opened."""
    from nlpseq.files import require

    if source != "-":
        require(Path(source))
    elif vectors == "-":
        raise CallError(
            "standard input cannot give the vectors and the lines", remedy="name a file of lines"
        )
    if output is None and form == "npy":
        raise CallError("a matrix is written to a file", where="--format npy", remedy="name it: -o")
    if output is not None:
        verb.refuse_overwriting(output, force)
    if (Path(vectors) / "config.json").is_file():
        from nlpseq.models.folder import is_model

        if is_model(Path(vectors)):
            raise CallError(
                "a model, and documents are embedded by word vectors alone so far",
                where=vectors,
                remedy="name a file of vectors; nlpseq predict gives a model's answers",
            )


def _lines(source: str) -> Iterator[str]:
    from nlpseq.files import text_lines

    return (line for _, line in text_lines(Path(source)))


def _text(dim: int) -> "Callable[[DocumentVector], str]":
    row = " ".join(["%.6g"] * dim) + "\n"
    return lambda answer: "\n" if answer.vector is None else row % tuple(answer.vector.tolist())


def _jsonl(dim: int) -> "Callable[[DocumentVector], str]":
    # nine digits are the float32 itself
    row = f'{{"vector": [{", ".join(["%.9g"] * dim)}], "known": %d, "words": %d}}\n'

    def line(answer: "DocumentVector") -> str:
        if answer.vector is None:
            return json.dumps(answer._asdict()) + "\n"
        return row % (*answer.vector.tolist(), answer.known, answer.words)

    return line


def _write_matrix(answers: "Iterable[DocumentVector]", dim: int, file: BinaryIO, name: str) -> None:
    """Write rows as they come, and at the end how many there are."""
    import numpy as np

    if not (isinstance(file, io.BufferedWriter) and file.seekable()):
        raise CallError(
            "a matrix is written to a plain file, not to a pipe or compressed",
            where=name,
            remedy="name a file that ends in .npy",
        )
    _write_header(file, 0, dim)
    missing = np.full(dim, np.nan, dtype="<f4").tobytes()
    rows = without = 0
    for vector, *_ in answers:
        rows += 1
        without += vector is None
        file.write(missing if vector is None else vector.astype("<f4", copy=False).tobytes())
    file.seek(0)
    _write_header(file, rows, dim)
    if without:
        click.echo(f"{name}: {without:,} of {rows:,} rows are NaN, without a known word", err=True)


def _write_header(file: BinaryIO, rows: int, dim: int) -> None:
    from numpy.lib import format as npy

    # NumPy leaves room for the number of rows to grow
    npy.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": (rows, dim)})
