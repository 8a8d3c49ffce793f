"""What a tagger answers. A text without a word has no tags, and a reason says so."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from nlpseq.text.tags import Span


class Entity(NamedTuple):
    """A stretch of a text, ``text[start:end]``, and its type."""

    start: int  #: in characters
    end: int
    text: str
    type: str
    confidence: float  #: the probability of its least certain tag


class Tagging(NamedTuple):
    """The words of a text with their tags, and the entities that they make."""

    entities: tuple[Entity, ...] | None  #: None where tags are no entities', or there is no word
    words: tuple[str, ...]
    tags: tuple[str, ...]
    confidences: tuple[float, ...]  #: the probability of each tag, given the sentence
    reason: str | None = None

    def fields(self) -> Sequence[str]:
        """Of a line of TSV: places, types and texts of the entities; or the tags."""
        if self.entities is None:
            return (" ".join(self.tags),)
        return (" | ".join(f"{e.start}-{e.end} {e.type} {e.text}" for e in self.entities),)

    def record(self) -> dict[str, Any]:
        """As JSON: the entities, or words and tags."""
        if self.reason:
            return {"entities": None, "reason": self.reason}
        if self.entities is None:
            return {"words": self.words, "tags": self.tags, "confidences": self.confidences}
        return {"entities": [entity._asdict() for entity in self.entities]}


EMPTY = Tagging(None, (), (), (), "the text is empty")


class Read(NamedTuple):
    """A text that was cut into words."""

    text: str
    words: tuple[str, ...]  #: as they are written
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of_words(cls, words: Sequence[str]) -> "Read":
        """Words that someone else cut; their text has one blank between two."""
        starts, at = [], 0
        for word in words:
            starts.append(at)
            at += len(word) + 1
        ends = [start + len(word) for start, word in zip(starts, words, strict=True)]
        return cls(" ".join(words), tuple(words), starts, ends)

    def answer(
        self, tags: Sequence[str], confidences: Sequence[float], spans: Sequence[Span] | None
    ) -> Tagging:
        """The answer to it.

        :param spans: the entities in words; None where tags are no entities'
        """
        if not self.words:
            return EMPTY
        entities = None
        if spans is not None:
            entities = tuple(self._entity(span, confidences) for span in spans)
        return Tagging(entities, self.words, tuple(tags), tuple(confidences))

    def _entity(self, span: Span, confidences: Sequence[float]) -> Entity:
        start, end = self.starts[span.start], self.ends[span.end - 1]
        least = min(confidences[span.start : span.end])
        return Entity(start, end, self.text[start:end], span.type, least)
