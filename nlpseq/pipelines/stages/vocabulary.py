"""``vocabulary``: the words that the model knows, out of the training documents and the vectors."""

from dataclasses import replace
from pathlib import Path

from pydantic import Field

from nlpseq.pipelines.stages.base import Artefacts, Figures, Job, Stage
from nlpseq.text.vocabulary import Vocabulary

_FILE = "vocabulary.txt"


class VocabularyStage(Stage):
    """Counts the words of the training examples; development ones are not looked at."""

    kind = "vocabulary"
    gives = ("vocabulary",)
    keeps = True

    min_count: int = Field(1, ge=1, description="rarer words are unknown")
    max_size: int | None = Field(None, ge=3, description="specials counted; null: all")

    from_vectors: int | None = Field(
        None,
        ge=1,
        description="also this many of the vectors' first words, so that what no training "
        "document says has a meaning too",
    )

    @property
    def needs(self) -> tuple[str, ...]:
        return ("corpus", "vectors") if self.from_vectors else ("corpus",)

    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        assert before.corpus is not None
        vocabulary = Vocabulary.build(
            before.corpus.words(before.corpus.tokenizer),
            min_count=self.min_count,
            max_size=self.max_size,
        )
        if self.from_vectors:
            assert before.vectors is not None
            vocabulary = vocabulary.extended(before.vectors.words[: self.from_vectors])
        return replace(before, vocabulary=vocabulary), {"words": len(vocabulary)}

    def keep(self, made: Artefacts, folder: Path) -> None:
        assert made.vocabulary is not None
        made.vocabulary.save(folder / _FILE)

    def restore(self, before: Artefacts, folder: Path, job: Job) -> Artefacts:
        return replace(before, vocabulary=Vocabulary.load(folder / _FILE))
