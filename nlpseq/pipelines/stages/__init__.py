"""The stages of a pipeline, one module a kind."""

from nlpseq.pipelines.stages.base import Artefacts, Figures, Job, Stage
from nlpseq.pipelines.stages.classifier import ClassifierStage
from nlpseq.pipelines.stages.corpus import CorpusStage
from nlpseq.pipelines.stages.evaluate import EvaluateStage
from nlpseq.pipelines.stages.export import ExportStage
from nlpseq.pipelines.stages.pairs import PairsStage
from nlpseq.pipelines.stages.sentences import SentencesStage
from nlpseq.pipelines.stages.tagger import TaggerStage
from nlpseq.pipelines.stages.target_vectors import TargetVectorsStage
from nlpseq.pipelines.stages.translator import TranslatorStage
from nlpseq.pipelines.stages.units import UnitsStage
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
    "PairsStage",
    "SentencesStage",
    "Stage",
    "TaggerStage",
    "TargetVectorsStage",
    "TranslatorStage",
    "UnitsStage",
    "VectorsStage",
    "VocabularyStage",
]

#: kind, as a pipeline file names it → class
KINDS: dict[str, type[Stage]] = {
    "corpus": CorpusStage,
    "sentences": SentencesStage,
    "pairs": PairsStage,
    "vocabulary": VocabularyStage,
    "vectors": VectorsStage,
    "target-vectors": TargetVectorsStage,
    "classifier": ClassifierStage,
    "units": UnitsStage,
    "tagger": TaggerStage,
    "translator": TranslatorStage,
    "evaluate": EvaluateStage,
    "export": ExportStage,
}
