"""What a file or folder is: a model, a pipeline, vectors, a corpus."""

from pathlib import Path

from nlpseq.embeddings import card, formats
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError
from nlpseq.files import require
from nlpseq.models import folder, load
from nlpseq.models.base import Model
from nlpseq.pipelines.runner import Pipeline
from nlpseq.text.corpus import format_of, rows


def describe(path: Path) -> dict[str, str]:
    """Property → value, the kind of thing first.

    :raises NlpseqError: for what nlpseq does not know, or cannot read
    """
    require(path)
    if path.is_dir():
        return _model(path)
    if path.suffix in (".yaml", ".yml"):
        pipeline = Pipeline.load(path)
        return {
            "what": "pipeline",
            "name": pipeline.name,
            "seeds": ", ".join(map(str, pipeline.seeds)),
            "stages": ", ".join(stage.name for stage in pipeline.stages),
        }
    if (kind := formats.identify(path)) is not None:
        return _vectors(path, kind)
    return _corpus(path)


def _model(path: Path) -> dict[str, str]:
    if not folder.is_model(path):
        raise CallError(
            "a folder without a model", where=str(path), remedy="give a model folder or a file"
        )
    model = load(path)
    figures = folder.read_metrics(path).get("figures") or {}
    parameters = {}
    if isinstance(model, Model):
        parameters["parameters"] = (
            f"{model.parameters:,} trained, {model.frozen_parameters:,} frozen"
        )
    return {
        "what": "model" if parameters else "model, exported",
        "task": model.task,
        **model.about(),
        **parameters,
        **{key: str(value) for key, value in model.settings.effective().items()},
        **{key: f"{value:,.4g}" for key, value in figures.items()},
    }


def _vectors(path: Path, kind: str) -> dict[str, str]:
    if kind == "gensim":
        return {"what": "a pickle, of gensim perhaps: opening it can run code"}
    return {"what": f"word vectors, {kind}", **card.describe(Vectors.open(path))}


def _corpus(path: Path) -> dict[str, str]:
    kind = format_of(path)
    count, fields = 0, ""
    for row in rows(path):
        fields = fields or ", ".join(row.fields)
        count += 1
    if kind == "text":
        return {"what": "plain text", "lines": f"{count:,}"}
    return {"what": f"documents, {kind}", "documents": f"{count:,}", "fields": fields}
