"""Tagged sentences: words with a tag each, out of the columns of CoNLL files."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from nlpseq.errors import DataError
from nlpseq.text.corpus.conll import Sentence, read_conll
from nlpseq.text.corpus.holding_out import held_out
from nlpseq.text.corpus.repairs import Repairs, fault
from nlpseq.text.tags import Detector, Scheme, illegal, is_tag, legalised, spans
from nlpseq.text.tags import tagged as tags_of


@dataclass(frozen=True, slots=True)
class Tagged:
    """The words of a sentence and their tags, and the place that they were read from."""

    words: list[str]
    tags: list[str]
    file: str = ""
    line: int = 0  #: of the first word; word i stands on line + i

    def __len__(self) -> int:
        return len(self.words)

    def where(self, i: int = 0) -> str | None:
        """``file:line`` of word ``i``, or None for a sentence that came from no file."""
        return f"{self.file}:{self.line + i}" if self.file else None


class Settled(NamedTuple):
    """Sentences whose tags are all legal in one scheme."""

    sentences: list[Tagged]
    scheme: Scheme | None  #: None: tags that are no entities', such as parts of speech

    def within(self, scheme: Scheme) -> list[Tagged]:
        """The sentences with their entities in another scheme; plain tags as they are."""
        if self.scheme is None or self.scheme == scheme:
            return self.sentences
        return [
            replace(s, tags=tags_of(spans(s.tags, self.scheme), len(s), scheme))
            for s in self.sentences
        ]


def column(sentence: Sentence, number: int) -> list[str]:
    """One column of a sentence.

    :param number: from 1
    :raises DataError: where there is no such column
    """
    width = len(sentence.columns)
    if not 1 <= number <= width:
        raise DataError(
            f"no column {number}, {'there is one' if width == 1 else f'there are {width}'}",
            where=sentence.where(),
            remedy="columns are counted from 1: the word, then others, one of them the tag",
        )
    return sentence.columns[number - 1]


def tagged(sentence: Sentence, *, word_column: int = 1, tag_column: int | None = None) -> Tagged:
    """Two columns of a sentence.

    :param word_column: from 1
    :param tag_column: from 1; by default the last, which is not the first
    :raises DataError: where there is no such column
    """
    if tag_column is None:
        tag_column = max(2, len(sentence.columns))
    words, tags = column(sentence, word_column), column(sentence, tag_column)
    return Tagged(words, tags, sentence.file, sentence.line)


def read_tagged(
    path: Path | str,
    *,
    word_column: int = 1,
    tag_column: int | None = None,
    encoding: str = "utf-8",
    repairs: Repairs | None = None,
) -> Iterator[Tagged]:
    """Stream the sentences of a CoNLL file; see :func:`read_conll` and :func:`tagged`."""
    for sentence in read_conll(path, encoding=encoding, repairs=repairs):
        yield tagged(sentence, word_column=word_column, tag_column=tag_column)


def settled(
    sentences: Iterable[Tagged],
    *,
    scheme: Scheme | None = None,
    repairs: Repairs | None = None,
) -> Settled:
    """Find out the scheme of tags, and see that all of them are legal in it.

    Tags of which none could be an entity's are of no scheme: parts of speech, for example.

    :param scheme: the one that is meant; by default the one in which the fewest are illegal
    :param repairs: illegal tags are mended and counted here: the entities stay as conlleval
        reads them
    :raises DataError: naming the place of a tag that is illegal, or of no scheme among others
    """
    sentences = list(sentences)
    if scheme is None:
        if not any(_of_entity(tag) for sentence in sentences for tag in sentence.tags):
            return Settled(sentences, None)
        detector = Detector()
        for sentence in sentences:
            detector.add(sentence.tags, sentence.where)
        scheme = detector.result().nearest
    return Settled([_legal(sentence, scheme, repairs) for sentence in sentences], scheme)


def _of_entity(tag: str) -> bool:
    # I alone may be a part of speech
    return tag == "O" or ("-" in tag and is_tag(tag))


def _legal(sentence: Tagged, scheme: Scheme, repairs: Repairs | None) -> Tagged:
    wrong = illegal(sentence.tags, scheme, sentence.where)
    for i, reason in wrong:
        fault(
            repairs,
            reason,
            where=sentence.where(i) or f"tag {i + 1}",
            done=f"illegal tag mended to {scheme}",
            remedy="mend the file, or ask for a repair",
        )
    return replace(sentence, tags=legalised(sentence.tags, scheme)) if wrong else sentence


def fingerprint(sentences: Iterable[Tagged], *, size: int = 4) -> str:
    """Two hexadecimal digits a byte that change with any word or tag, or their order."""
    digest = hashlib.blake2b(digest_size=size)
    for sentence in sentences:
        digest.update(json.dumps([sentence.words, sentence.tags]).encode())
    return digest.hexdigest()


def hold_out(
    sentences: Sequence[Tagged], number: int, *, seed: int
) -> tuple[list[Tagged], list[Tagged]]:
    """Two parts, of which the second has ``number`` sentences; each keeps its order.

    They are chosen by a hash of (seed, words): the choice does not depend on their order.

    :raises CallError: where that would leave a part empty
    """
    return held_out(sentences, number, seed=seed, text=lambda sentence: " ".join(sentence.words))
