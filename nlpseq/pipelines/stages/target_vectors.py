"""``target-vectors``: word vectors for what texts become."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nlpseq.embeddings.vectors import Vectors
from nlpseq.pipelines.stages.base import Artefacts
from nlpseq.pipelines.stages.corpora import Corpus, ParallelCorpus
from nlpseq.pipelines.stages.vectors import VectorsStage
from nlpseq.text.tokenize import Tokenizer


class TargetVectorsStage(VectorsStage):
    """Vectors for the targets of pairs: trained on ``text``, or on the training targets, or opened
    from a file.
    """

    kind = "target-vectors"
    gives = ("target_vectors",)

    @property
    def needs(self) -> tuple[str, ...]:
        return ("pairs",) if super().needs else ()

    def _with(self, vectors: Vectors, before: Artefacts) -> Artefacts:
        return replace(before, target_vectors=vectors)

    def _of(self, made: Artefacts) -> Vectors | None:
        return made.target_vectors

    def _documents(self, corpus: Corpus, tokenizer: Tokenizer) -> Iterator[Sequence[str]]:
        assert isinstance(corpus, ParallelCorpus)
        return corpus.targets(tokenizer)
