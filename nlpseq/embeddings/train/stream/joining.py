"""Phrases as a training wants them: found among all words, and rare ones left out afterwards."""

from typing import NamedTuple

from nlpseq.embeddings.train.settings import TrainSettings
from nlpseq.embeddings.train.stream import Stream
from nlpseq.embeddings.train.stream.phrases import CONNECTORS, join
from nlpseq.embeddings.train.stream.rare import without_rare


class Joining(NamedTuple):
    """How phrases are joined before training."""

    passes: int
    language: str | None = None  #: whose small words may stand inside them

    def __str__(self) -> str:
        return f"{self.passes} passes, connectors {self.language or 'none'}"

    def reading(self, settings: TrainSettings) -> TrainSettings:
        """What the corpus has to be read with: no word is left out."""
        return settings.model_copy(update={"min_count": 1, "max_vocab": None})

    def __call__(self, stream: Stream, settings: TrainSettings) -> tuple[Stream, int]:
        """The stream to train on, and how many phrases were found.

        :param stream: read so
        :raises DataError: where no word is frequent enough
        """
        connectors = CONNECTORS[self.language] if self.language else ()
        stream, found = join(stream, passes=self.passes, connectors=connectors)
        stream = without_rare(stream, min_count=settings.min_count, max_vocab=settings.max_vocab)
        return stream, sum(len(each.scores) for each in found)
