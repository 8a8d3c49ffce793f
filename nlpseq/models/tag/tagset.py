"""The tags that a tagger tells apart, and those that people see."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nlpseq.errors import DataError
from nlpseq.text.corpus.tagged import Tagged
from nlpseq.text.tags import Scheme, Span, spans, tagged
from nlpseq.text.transitions import Transitions, transitions
from nlpseq.text.vocabulary import Vocabulary

_MOST = 1000  # labels: a CRF has a score for each two tags


@dataclass(frozen=True)
class Tagset:
    """Entities of some types, learned in one scheme and given back in another; or plain tags.

    :param labels: the types of entities, or the tags
    :param scheme: of the tags that people see; None: these are plain
    :param inside: the scheme that entities are learned in
    :raises DataError: for more than 1,000 labels, or no tag at all
    """

    labels: Vocabulary
    scheme: Scheme | None
    inside: Scheme

    def __post_init__(self) -> None:
        number, what = len(self.labels), "tags" if self.scheme is None else "types of entities"
        if number > _MOST:
            raise DataError(
                f"{number:,} {what}, more than {_MOST:,}",
                remedy="is the column of the tags another one?",
            )
        if self.scheme is None and not number:
            raise DataError("there is no tag to give")

    @cached_property
    def tags(self) -> list[str]:
        """What the network has a score for."""
        if self.scheme is None:
            return list(self.labels.words)
        ends = [f"-{label}" if label else "" for label in self.labels.words]
        return ["O", *(prefix + end for end in ends for prefix in self._prefixes)]

    @cached_property
    def _prefixes(self) -> list[str]:
        """What an entity's tags open with in the scheme inside."""
        prefixes = {
            tag[0]
            for length in (1, 2, 3)
            for tag in tagged([Span(0, length, "")], length, self.inside)
        }
        if self.inside == "IOB1":
            prefixes.add("B")
        return sorted(prefixes)

    @cached_property
    def allowed(self) -> Transitions | None:
        """The steps from tag to tag that there are; None: all."""
        if self.scheme is None:
            return None
        # of two types a scheme asks whether they are the same, so that two tell of all
        number = len(self._prefixes)
        pair = ["O", *(f"{prefix}-{kind}" for kind in "ab" for prefix in self._prefixes)]
        start, between, end = transitions(pair, self.inside)
        types, prefixes = np.divmod(np.arange(len(self.tags)) - 1, number)  # of O: -1
        first = np.where(types < 0, 0, 1 + prefixes)
        other = np.where(types < 0, 0, 1 + prefixes + number)
        same = types[:, None] == types
        steps = np.where(same, between[np.ix_(first, first)], between[np.ix_(first, other)])
        return Transitions(start[first], steps, end[first])

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {tag: i for i, tag in enumerate(self.tags)}

    def encode(self, tags: Sequence[str]) -> npt.NDArray[np.int64]:
        """The ids of a sentence's tags, or of a piece's, shape (words,)."""
        if self.scheme is not None:
            tags = tagged(spans(tags, self.scheme), len(tags), self.inside)
        return np.array([self._ids[tag] for tag in tags], dtype=np.int64)

    def decode(self, ids: Sequence[int]) -> tuple[list[str], list[Span] | None]:
        """The tags that people see, and the entities; None where tags are plain."""
        found = [self.tags[i] for i in ids]
        if self.scheme is None:
            return found, None
        entities = spans(found, self.inside)
        return tagged(entities, len(found), self.scheme), entities

    def check(self, sentence: Tagged) -> None:
        """Raise a DataError, naming the place, for a tag that training never saw, and for more or
        fewer tags than words.
        """
        if len(sentence.tags) != len(sentence):
            raise DataError(
                f"{len(sentence):,} words and {len(sentence.tags):,} tags",
                where=sentence.where(),
                remedy="each word has one tag",
            )
        for i, tag in enumerate(sentence.tags):
            label = tag if self.scheme is None else tag.partition("-")[2]
            if self.scheme is not None and tag == "O":
                continue
            if self.labels.get(label) is None:
                what = "tag" if self.scheme is None else "type of entity"
                raise DataError(
                    f"the {what} {label!r} was not in the training data",
                    where=sentence.where(i),
                    remedy=f"there were: {', '.join(self.labels.words)}",
                )


def labels_of(sentences: Sequence[Tagged], scheme: Scheme | None) -> list[str]:
    """The types of entities in some sentences, or their tags, in order of the alphabet."""
    every = {tag for sentence in sentences for tag in sentence.tags}
    if scheme is None:
        return sorted(every)
    return sorted({tag.partition("-")[2] for tag in every if tag != "O"})
