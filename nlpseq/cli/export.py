"""``nlpseq export``: a model as a graph for onnxruntime."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nlpseq.cli import verb
from nlpseq.errors import CallError

if TYPE_CHECKING:
    from nlpseq.models.onnx.export import Change, Export
    from nlpseq.text.corpus import Document


@click.command(cls=verb.Verb, short_help="Write a model as a graph of ONNX.")
@click.argument("model", metavar="MODEL", type=click.Path(path_type=Path))
@click.option(
    "--to", "form", type=click.Choice(["onnx", "int8"]), required=True,
    help="The same numbers, or 8 bit integers, a quarter of the size.",
)  # fmt: skip
@click.option(
    "-o", "--output", metavar="FOLDER", type=click.Path(path_type=Path),
    help="Where to; by default beside MODEL, as MODEL-onnx or MODEL-int8.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace a model that is there already.")
@click.option(
    "--data", metavar="FILE", type=click.Path(path_type=Path),
    help="Labelled documents, to be answered before and after.",
)  # fmt: skip
@click.option("--text", default="text", show_default=True, help="The field of FILE with the text.")
@click.option("--label", default="label", show_default=True, help="The field with the label.")
@click.option("--separator", help="What stands between several labels of a document in a text.")
@verb.threads
def command(
    model: Path,
    form: str,
    output: Path | None,
    force: bool,
    data: Path | None,
    text: str,
    label: str,
    separator: str | None,
    threads: int | None,
) -> None:
    """Write a model as a graph of ONNX, which answers through onnxruntime, without torch.

    The graph is compared with the model at several lengths and batches, and not written where
    a probability differs by more than 0.0001; of int8, where the graph is not the model with
    rounded weights. What changed is printed. The new folder works in nlpseq predict.

    \b
    Examples:
      nlpseq export models/quickstart --to onnx
      nlpseq export models/quickstart --to int8 --data reviews.csv --label stars -o small
    """
    from nlpseq.files import require
    from nlpseq.models import folder, load
    from nlpseq.models.onnx import opening

    opening.require("onnx")
    opening.require("onnxruntime")
    named = model if model.name.strip(".") else model.resolve()  # . and .. have no name
    output = output or named.with_name(f"{named.name}-{form}")
    if output.resolve() == model.resolve():
        raise CallError("the model would be gone", where=str(output), remedy="name another folder")
    folder.check_target(output, replace=force)
    if data is not None:
        require(data)
    classifier = load(model, threads=threads)

    from nlpseq.models.classify import Classifier
    from nlpseq.models.classify.documents import DocumentClassifier
    from nlpseq.models.onnx.export import export
    from nlpseq.text.corpus import read

    if not isinstance(classifier, Classifier):
        exported = isinstance(classifier, DocumentClassifier)
        what = (
            "this model was exported already"
            if exported
            else "only classifiers are exported so far"
        )
        remedy = "export the model that it was made from" if exported else "take it as it is"
        raise CallError(what, where=str(model), remedy=remedy)
    documents: list[Document] = []
    if data is not None:
        several = classifier.settings.multilabel
        rows = read(data, text=text, label=label, multilabel=several, separator=separator)
        documents.extend(rows)
    done = export(
        classifier,
        output,
        weights="int8" if form == "int8" else "float32",
        documents=documents,
        threads=threads,
        replace=force,
    )
    _show(done, len(documents))
    click.echo(f"written to {output}", err=True)


def _show(done: "Export", documents: int) -> None:
    rows = [
        ("", "before", "after", ""),
        ("weights", *(f"{size / 1e6:,.2f} MB" for size in done.size), _times(done.size)),
        ("documents/s", *(f"{speed:,.0f}" for speed in done.speed), ""),
    ]
    if done.quality:
        figures = (f"{value:.4f}" for value in done.quality)
        rows.append((done.figure, *figures, f"of {documents:,} documents"))
    for name, before, after, note in rows:
        click.echo(f"{name:12}{before:>12}{after:>12}  {note}".rstrip())
    click.echo(f"probabilities differ by {done.difference:.1e} at most")


def _times(size: "Change") -> str:
    return f"{size.before / size.after:.1f} times smaller" if size.before > size.after else ""
