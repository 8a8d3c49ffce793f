"""A classifier as a folder with a graph of ONNX: built, checked, measured, written."""

import copy
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from nlpseq.errors import CallError, DataError
from nlpseq.models import folder as model_folder
from nlpseq.models.classify import Classifier
from nlpseq.models.classify.documents import DocumentClassifier
from nlpseq.models.onnx.card import card
from nlpseq.models.onnx.classifier import ExportedSettings, OnnxClassifier, Weights
from nlpseq.models.onnx.graph import quantized
from nlpseq.models.onnx.network import model_of
from nlpseq.text.corpus import Document

#: what a probability of the graph may differ from the network's by
TOLERANCE = 1e-4

_LENGTHS, _ROWS = (1, 7, 64, 512), (1, 16)  # tried where the two are compared
_TIMED, _TIMES = 256, 3  # documents whose answers are timed, and how often; the best counts
_MOST = 2_000_000_000  # bytes of weights: a protobuf, as a graph is, ends at 2 GiB


class Change(NamedTuple):
    """A figure of the classifier, and of what was exported."""

    before: float
    after: float


class Export(NamedTuple):
    """What an export changed."""

    size: Change  #: bytes of the weights
    speed: Change  #: documents a second
    difference: float  #: of a probability, the largest found
    figure: str  #: accuracy, or micro_f1 where documents have several labels
    quality: Change | None  #: that figure of the labelled documents, where there were any


def export(
    classifier: Classifier,
    path: Path,
    *,
    weights: Weights,
    documents: Sequence[Document] = (),
    threads: int | None = None,
    replace: bool = False,
) -> Export:
    """Write the classifier as a graph for onnxruntime, and say what that changed.

    :param weights: int8 keeps each row of a matrix as integers with a scale, a quarter of the
        size; the products are of float32 either way
    :param documents: labelled ones, to be answered before and after; without, only random ones are
    :param threads: processor cores to use; None: all
    :raises CallError: where something is there already, unless it is a model and ``replace``; for
        a graph that ONNX cannot hold
    :raises DataError: where the graph does not compute what the network does
    """
    model_folder.check_target(path, replace=replace)
    before = sum(t.numel() * t.element_size() for t in classifier.network.state_dict().values())
    if before > _MOST * (1 if weights == "float32" else 2):
        raise CallError(
            f"{before / 1e9:.1f} GB of weights, and a graph of ONNX holds 2",
            remedy="export int8, or train with a smaller vocabulary",
        )
    reference = classifier if weights == "float32" else rounded(classifier)
    with torch.inference_mode():
        graph = model_of(reference, int8=weights == "int8")
    content = graph.SerializeToString()
    folder = _folder(classifier, path, weights)
    model = OnnxClassifier(content, folder, threads=threads)
    difference = largest_difference(reference, model)
    if not difference <= TOLERANCE:
        raise DataError(
            f"the graph's probabilities differ from the network's by {difference:.1e}",
            remedy="nothing is written; please report it with the model's config.json",
        )
    if weights == "int8":
        difference = largest_difference(classifier, model)
    reports = [m.evaluate(documents) for m in (classifier, model)] if documents else []
    figure = "micro_f1" if classifier.settings.multilabel else "accuracy"
    done = Export(
        size=Change(before, len(content)),
        speed=Change(*_speeds((classifier, model), documents)),
        difference=difference,
        figure=figure,
        quality=Change(*(report.figures[figure] for report in reports)) if reports else None,
    )
    model_folder.write(
        path,
        task=folder.task,
        settings=folder.settings,
        network=content,
        parts=folder.parts,
        metrics={"figures": reports[1].figures if reports else {}},
        card=card(folder, model.settings),
        replace=replace,
    )
    return done


def rounded(classifier: Classifier) -> Classifier:
    """The classifier with each row of a matrix rounded to the 255 steps of int8."""
    copied = copy.copy(classifier)
    copied.network = copy.deepcopy(classifier.network)
    with torch.no_grad():
        for weight in copied.network.parameters():
            if weight.ndim > 1:
                Q, s = quantized(weight, tuple(range(1, weight.ndim)))
                weight.copy_(Q * s)
    return copied


def largest_difference(one: DocumentClassifier, other: DocumentClassifier) -> float:
    """Between their probabilities for random documents, in batches of several sizes and lengths."""
    random = np.random.default_rng(0)
    longest, windows = one.settings.max_length, one.settings.windows
    worst = 0.0
    for length in sorted({min(n, longest) for n in _LENGTHS}):
        for rows in _ROWS:
            lengths = random.integers(1, length + 1, size=(rows, windows))
            lengths[-1, 0] = length
            counts = random.integers(1, windows + 1, size=rows)
            batch = one.batch(
                [
                    [random.integers(len(one.vocabulary), size=n) for n in some[:count]]
                    for some, count in zip(lengths, counts, strict=True)
                ]
            )
            worst = np.maximum(worst, np.abs(one.compute(batch) - other.compute(batch)).max())
    return float(worst)


def _speeds(models: Sequence[DocumentClassifier], documents: Sequence[Document]) -> list[float]:
    """Documents a second of each, on the first of the documents or on random long ones."""
    one = models[0]
    ids = one.ids(document.text for document in documents[:_TIMED])
    if not ids:
        shape = (_TIMED, min(one.settings.max_length, _LENGTHS[-1]))
        ids = [[row] for row in np.random.default_rng(0).integers(len(one.vocabulary), size=shape)]
    speeds = []
    for model in models:
        model.probabilities(ids[: _ROWS[-1]])
        seconds = []
        for _ in range(_TIMES):
            start = time.perf_counter()
            model.probabilities(ids)
            seconds.append(time.perf_counter() - start)
        speeds.append(len(ids) / min(seconds))
    return speeds


def _folder(classifier: Classifier, path: Path, weights: Weights) -> model_folder.Folder:
    """What is to be written, but for the graph."""
    settings = classifier.settings
    network = ExportedSettings(
        encoder=settings.encoder,
        weights=weights,
        max_length=settings.max_length,
        truncate=settings.truncate,
        windows=settings.windows,
        linear=settings.linear,
        multilabel=settings.multilabel,
    )
    parts: dict[str, model_folder.Part] = {
        model_folder.WORDS: classifier.vocabulary,
        model_folder.LABELS: classifier.labels,
    }
    if settings.linear and classifier.baseline is not None:
        parts[model_folder.BASELINE] = classifier.baseline
    return model_folder.Folder(
        path=path,
        task=classifier.task,
        settings={
            **asdict(classifier.tokenizer),
            "thresholds": classifier.thresholds,
            "network": network.model_dump(),
        },
        parts=parts,
        exported=True,
    )
