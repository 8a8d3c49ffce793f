"""The stages of a pipeline, one module a kind."""

from nlpseq.pipelines.stages.base import Artefacts, Figures, Job, Stage
from nlpseq.pipelines.stages.classifier import ClassifierStage
from nlpseq.pipelines.stages.corpus import CorpusStage
from nlpseq.pipelines.stages.evaluate import EvaluateStage
from nlpseq.pipelines.stages.export import ExportStage
from nlpseq.pipelines.stages.vectors import VectorsStage
from nlpseq.pipelines.stages.vocabulary import VocabularyStage

__all__ = [
    "KINDS",
    "Artefacts",
    "ClassifierStage",
    "CorpusStage",
    "EvaluateStage",
    "ExportStage",
    "Figures",
    "Job",
    "Stage",
    "VectorsStage",
    "VocabularyStage",
]

#: kind, as a pipeline file names it → class
KINDS: dict[str, type[Stage]] = {
    "corpus": CorpusStage,
    "vocabulary": VocabularyStage,
    "vectors": VectorsStage,
    "classifier": ClassifierStage,
    "evaluate": EvaluateStage,
    "export": ExportStage,
}
