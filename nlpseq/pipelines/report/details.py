"""What a report tells of one run beside its figures: bounded, plain JSON."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from pydantic import Field, ValidationError

from nlpseq.embeddings.coverage import Coverage
from nlpseq.errors import DataError
from nlpseq.metrics.classification import NO_ANSWER, ClassificationReport
from nlpseq.metrics.multilabel import MultilabelReport
from nlpseq.metrics.spans import SpanReport
from nlpseq.pipelines.report.errors import Errors, Example, cut, errors
from nlpseq.pipelines.stages import Artefacts, Stage
from nlpseq.settings import Settings

LABELS = 50  #: of a table or a matrix, at most
_NAME = 100  # characters of a label, a figure or an option


class LabelFigures(Settings):
    """Figures of one label, or of one type of entities."""

    name: str
    precision: float
    recall: float
    f1: float
    gold: int  #: how often there is one
    predicted: int | None  #: how often one was found, rightly or not; None where nobody counted


class Confusion(Settings):
    """How often each label was taken for each."""

    labels: list[str]  #: of the rows: what is true
    columns: list[str]  #: what was predicted: the same, and perhaps no answer
    counts: list[list[int]]


class Shares(Settings):
    """Numbers of words by the way that they were found in the vectors."""

    by_word: dict[str, int]
    by_token: dict[str, int]


class Input(Settings):
    """A file that was read, or several."""

    option: str  #: that names it, as ``corpus.train``
    path: str
    hash: str  #: of the content


class Details(Settings):
    """What :func:`details` and :func:`origin` give, read again."""

    signature: str = ""
    labels: list[LabelFigures] = Field(default_factory=list)
    more_labels: int = 0  #: that the tables have no place for
    confusion: Confusion | None = None
    examples: list[Example] = Field(default_factory=list)
    wrong: int = 0  #: errors, of which the examples are some
    looked_at: int = 0  #: development examples in which they were looked for
    #: what is embedded → of its words
    coverage: dict[str, Shares] = Field(default_factory=dict)
    #: stage → option → value
    options: dict[str, dict[str, Any]] = Field(default_factory=dict)
    inputs: list[Input] = Field(default_factory=list)

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Details":
        """Those of an outcome.

        :raises DataError: where they are none
        """
        try:
            return cls.model_validate(kept)
        except ValidationError as error:
            raise DataError(
                "the details are not what a run has kept",
                where="details" + "".join(f".{part}" for part in error.errors()[0]["loc"]),
                remedy="run it again with --force",
            ) from error


def details(artefacts: Artefacts) -> dict[str, Any]:
    """What is to be told of an evaluated model, apart from its figures.

    Figures of each label, the confusion of labels, the errors of which the model is most certain
    (it answers up to 2,000 development examples once more for that), how much of its words the
    vectors hold.
    """
    report, model = artefacts.report, artefacts.model
    places = np.array([], dtype=np.int64)
    labels: list[LabelFigures] = []
    confusion = None
    if isinstance(report, ClassificationReport):
        places = _most(report.confusion.sum(axis=1))
        confusion = _confusion(report, places)
        labels = _of_labels(report, places)
    elif isinstance(report, MultilabelReport):
        places = _most(report.support)
        labels = _of_labels(report, places)
    elif isinstance(report, SpanReport):
        places = _most([scores.gold for scores in report.types.values()])
        types = list(report.types.items())
        labels = [
            LabelFigures(name=cut(name, _NAME), **scores._asdict())
            for name, scores in (types[i] for i in places)
        ]
    known = report.types if isinstance(report, SpanReport) else getattr(report, "labels", [])
    found = Errors([], 0, 0)
    if model is not None and artefacts.corpus is not None:
        found = errors(model, artefacts.corpus)
    return Details(
        signature=report.signature if report else "",
        labels=labels,
        more_labels=len(known) - len(places),
        confusion=confusion,
        examples=found.examples,
        wrong=found.wrong,
        looked_at=found.looked_at,
        coverage=_coverage(model),
    ).model_dump(mode="json", exclude={"options", "inputs"})


def origin(steps: Iterable[tuple[Stage, Mapping[str, str]]]) -> dict[str, Any]:
    """What a run is made from: the options of its stages, and the files that they read.

    :param steps: each stage, and its options that name files → the hash of their content
    """
    options: dict[str, dict[str, Any]] = {}
    inputs: list[Input] = []
    for stage, hashes in steps:
        options[stage.name] = stage.model_dump(mode="json", by_alias=True, exclude_none=True)
        paths = stage.inputs()
        inputs += [
            Input(option=f"{stage.name}.{option}", path=paths.get(option, ""), hash=mark)
            for option, mark in hashes.items()
        ]
    found = Details(options=options, inputs=inputs)
    return found.model_dump(mode="json", include={"options", "inputs"})


def _most(counts: Any) -> Any:
    """The places of the labels that are most often true, in their own order."""
    order = np.argsort(-np.asarray(counts), kind="stable")
    return np.sort(order[: LABELS if len(order) <= LABELS else LABELS - 1])


def _of_labels(report: ClassificationReport | MultilabelReport, places: Any) -> list[LabelFigures]:
    predicted: list[int | None]
    if isinstance(report, ClassificationReport):
        gold = report.confusion.sum(axis=1).tolist()
        predicted = report.confusion.sum(axis=0).tolist()
    else:
        gold, predicted = report.support, [None] * len(report.labels)
    return [
        LabelFigures(
            name=cut(report.labels[i], _NAME),
            precision=report.precision[i],
            recall=report.recall[i],
            f1=report.f1[i],
            gold=gold[i],
            predicted=predicted[i],
        )
        for i in places
    ]


def _confusion(report: ClassificationReport, places: Any) -> Confusion:
    """The matrix of the labels at some places; the others are one label together."""
    number = len(report.labels)
    group = np.full(number, len(places))  # label → its row, and the last one for all others
    group[places] = np.arange(len(places))
    names = [cut(report.labels[i], _NAME) for i in places]
    if len(places) < number:
        names.append(f"({number - len(places):,} other labels)")
    width = len(names) + (report.confusion.shape[1] > number)
    columns = np.append(group, len(names))[: report.confusion.shape[1]]
    counts = np.zeros((len(names), width), dtype=np.int64)
    np.add.at(counts, (group[:, None], columns[None, :]), report.confusion)
    named = [*names, NO_ANSWER][:width]
    return Confusion(labels=names, columns=named, counts=counts.tolist())


def _coverage(model: Any) -> dict[str, Shares]:
    sides = {"source": "coverage", "target": "target_coverage"}
    found = {side: getattr(model, name, None) for side, name in sides.items()}
    known = {side: c for side, c in found.items() if isinstance(c, Coverage)}
    return {side: Shares(by_word=c.by_word, by_token=c.by_token) for side, c in known.items()}
