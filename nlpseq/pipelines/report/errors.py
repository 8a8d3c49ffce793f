"""What a model got wrong, most certain first; of a translator what it made of some texts."""

from collections.abc import Callable, Iterator, Sequence
from heapq import nsmallest
from itertools import islice
from typing import Any, NamedTuple

from nlpseq.metrics.classification import NO_ANSWER
from nlpseq.metrics.spans import faults
from nlpseq.models.base import Model
from nlpseq.models.classify.answers import Classification, Labels
from nlpseq.models.tag.answers import Tagging
from nlpseq.models.translate.answers import Translation
from nlpseq.pipelines.stages.corpora import Corpus, Documents, ParallelCorpus, TaggedCorpus
from nlpseq.settings import Settings
from nlpseq.text.corpus import Document
from nlpseq.text.corpus.tagged import Tagged
from nlpseq.text.tags import Scheme, Span, spans

MOST = 20  #: examples that are shown
LOOKED_AT = 2000  #: development examples that are answered to find them
LONGEST = 300  #: characters of a text
NOTHING = "(none)"
_WORDS, _BEFORE = 40, 12  # of a longer text: how many are shown, and how many before an error


class Example(Settings):
    """An answer beside what is true."""

    text: str
    true: str
    predicted: str
    confidence: float | None  #: a probability; of a translation log P; None where nobody knows it
    kind: str = ""  #: of :data:`nlpseq.metrics.spans.FAULTS`


class Errors(NamedTuple):
    """Some examples, and how they were come by."""

    examples: list[Example]
    wrong: int  #: how many errors there are
    looked_at: int  #: of how many development examples


def errors(model: Model[Any, Any], corpus: Corpus) -> Errors:
    """The errors on development examples of which the model is most certain; those without an
    answer come last. Of translations there is no telling right from wrong: some of them, as
    far apart as they can be.
    """
    if isinstance(corpus, ParallelCorpus):
        apart = corpus.dev[:: max(1, len(corpus.dev) // MOST)][:MOST]
        answers = model.predict(corpus.inputs(apart))
        examples = [
            _example(pair.source, pair.target, answer.text or NO_ANSWER, answer.score)
            for pair, answer in zip(apart, answers, strict=True)
            if isinstance(answer, Translation)
        ]
        return Errors(examples, 0, len(examples))
    look: Callable[[Any, Any], Iterator[Example]]
    if isinstance(corpus, Documents):
        look = _of_document
    elif isinstance(corpus, TaggedCorpus):
        scheme = corpus.scheme
        look = _of_words if scheme is None else lambda s, a: _of_entities(s, a, scheme)
    else:  # of a task that says nothing of its errors
        return Errors([], 0, 0)
    dev: list[Any] = list(islice(corpus.dev, LOOKED_AT))
    answered = zip(dev, model.predict(corpus.inputs(dev)), strict=True)
    found = [example for true, answer in answered for example in look(true, answer)]
    return Errors(nsmallest(MOST, found, key=_doubt), len(found), len(dev))


def _doubt(example: Example) -> float:
    return 1.0 if example.confidence is None else -example.confidence


def _of_document(document: Document, answer: Classification | Labels) -> Iterator[Example]:
    if isinstance(answer, Classification):
        true = str(document.label)
        if answer.label != true:
            yield _example(document.text, true, answer.label or NO_ANSWER, answer.probability)
        return
    gold, found = set(document.labels), set(answer.labels or ())
    if gold == found and answer.labels is not None:
        return
    p = answer.probabilities  # empty where there is no answer
    sure = [p[label] if label in found else 1 - p[label] for label in gold ^ found if label in p]
    named = [", ".join(sorted(labels)) or NOTHING for labels in (gold, found)]
    predicted = NO_ANSWER if answer.labels is None else named[1]
    yield _example(document.text, named[0], predicted, max(sure, default=None))


def _of_words(sentence: Tagged, answer: Tagging) -> Iterator[Example]:
    for i, (tag, found) in enumerate(zip(sentence.tags, answer.tags, strict=False)):
        if tag != found:
            text = _around(sentence.words, i)
            word = cut(sentence.words[i], LONGEST // 2)
            yield _example(text, f"{word}: {tag}", found, answer.confidences[i])


def _of_entities(sentence: Tagged, answer: Tagging, scheme: Scheme) -> Iterator[Example]:
    found = spans(answer.tags, scheme)
    for fault in faults(spans(sentence.tags, scheme), found):
        span = fault.predicted or fault.gold[0]
        confidence = None
        if fault.predicted:
            confidence = min(answer.confidences[span.start : span.end])
        true = [_named(sentence, each) for each in fault.gold]
        yield _example(
            _around(sentence.words, span.start),
            "; ".join(true) or NOTHING,
            _named(sentence, fault.predicted) if fault.predicted else NOTHING,
            confidence,
            fault.kind,
        )


def _named(sentence: Tagged, span: Span) -> str:
    return f"{span.type}: {' '.join(sentence.words[span.start : span.end])}"


def _around(words: Sequence[str], at: int) -> str:
    """A text, or as much of a long one as is told of a word."""
    first = max(0, at - _BEFORE) if len(words) > _WORDS else 0
    text = " ".join(words[first : first + _WORDS])
    return f"{'…' if first else ''}{text}{'…' if first + _WORDS < len(words) else ''}"


def _example(
    text: str, true: str, predicted: str, confidence: float | None, kind: str = ""
) -> Example:
    return Example(
        text=cut(text), true=cut(true), predicted=cut(predicted), confidence=confidence, kind=kind
    )


def cut(text: str, longest: int = LONGEST) -> str:
    """``text``, or as much of it as there is place for."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
