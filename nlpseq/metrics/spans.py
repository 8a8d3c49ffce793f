"""Figures of entities: a predicted one is right where words and type are exactly those of gold, as
conlleval reckons (Tjong Kim Sang and Buchholz 2000).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nlpseq import __version__
from nlpseq.text.tags import Span

#: what can be wrong with an entity, each of one kind: the figure that counts it → for people
FAULTS = {
    "boundary_errors": "boundary",
    "type_errors": "type",
    "both_wrong": "both",
    "spurious": "spurious",
    "missed": "missed",
}


class Scores(NamedTuple):
    """Precision, recall and F1; 0 where there is nothing to divide by."""

    precision: float
    recall: float
    f1: float
    gold: int  #: entities that there are
    predicted: int  #: entities that were found, rightly or not

    @classmethod
    def of(cls, right: int, gold: int, predicted: int) -> "Scores":
        """From counts."""
        precision = right / predicted if predicted else 0.0
        recall = right / gold if gold else 0.0
        f1 = 2 * right / (gold + predicted) if right else 0.0
        return cls(precision, recall, f1, gold, predicted)


class Fault(NamedTuple):
    """A predicted entity that is not right, or one of gold that no predicted one touches."""

    kind: str  #: of :data:`FAULTS`
    predicted: Span | None
    gold: list[Span]  #: that the predicted one touches, or the one that was missed


@dataclass(frozen=True)
class SpanReport:
    """Figures on one set of tagged sentences, and how they were reckoned."""

    #: f1 (micro), precision, recall, macro_f1 (mean of the types that are in gold or answers),
    #: boundary_errors, type_errors, both_wrong, spurious (predicted entities that are not right,
    #: each of one kind), missed (gold entities that no predicted one touches), recall_seen and
    #: recall_unseen (where it is known which words training had), entities, sentences
    figures: dict[str, float]
    types: dict[str, Scores]
    signature: str

    def __str__(self) -> str:
        """Figures, a line a type, and what is wrong with the wrong ones."""
        width = max(map(len, self.types), default=0)
        f = self.figures
        lines = [
            f"F1 {f['f1']:.4f}   precision {f['precision']:.4f}   recall {f['recall']:.4f}   "
            f"macro-F1 {f['macro_f1']:.4f}   entities {f['entities']:,.0f}   "
            f"sentences {f['sentences']:,.0f}",
            "",
            f"{'':{width}}  precision  recall      f1     gold  predicted",
            *(
                f"{name:{width}}  {s.precision:9.4f}  {s.recall:6.4f}  {s.f1:6.4f}  "
                f"{s.gold:7,}  {s.predicted:9,}"
                for name, s in self.types.items()
            ),
            "",
            f"wrong: boundary {f['boundary_errors']:,.0f}   type {f['type_errors']:,.0f}   "
            f"both {f['both_wrong']:,.0f}   spurious {f['spurious']:,.0f}   "
            f"missed {f['missed']:,.0f}",
        ]
        if "recall_seen" in f:
            lines.append(
                f"recall: of entities whose words training had {f['recall_seen']:.4f}, "
                f"of others {f['recall_unseen']:.4f}"
            )
        return "\n".join([*lines, "", self.signature])


def span_report(
    gold: Iterable[Sequence[Span]],
    predicted: Iterable[Sequence[Span]],
    *,
    seen: Callable[[int, Span], bool] | None = None,
    scheme: str = "spans",
    data: str = "unnamed",
) -> SpanReport:
    """Precision, recall and F1 of entities, and in what way wrong ones are wrong.

    :param gold: the entities of each sentence, none of them twice
    :param predicted: those of as many sentences
    :param seen: whether training had all words of a gold entity, by the number of its sentence
        from 0; recall is then told apart
    :param scheme: that tags were read by, for the signature
    :param data: what the sentences are, for the signature
    :raises ValueError: where there are not as many sentences
    """
    there, found, right = Counter[str](), Counter[str](), Counter[str]()
    wrong = dict.fromkeys(FAULTS, 0)
    sentences = 0
    known, unknown = [0, 0], [0, 0]  # right, all
    for number, (true, answers) in enumerate(zip(gold, predicted, strict=True)):
        sentences += 1
        hits = set(true) & set(answers)
        there.update(span.type for span in true)
        found.update(span.type for span in answers)
        right.update(span.type for span in hits)
        for fault in faults(true, answers):
            wrong[fault.kind] += 1
        if seen is not None:
            for span in true:
                side = known if seen(number, span) else unknown
                side[0] += span in hits
                side[1] += 1
    types = {
        name: Scores.of(right[name], there[name], found[name]) for name in sorted(there | found)
    }
    total = Scores.of(right.total(), there.total(), found.total())
    figures = {
        "f1": total.f1,
        "precision": total.precision,
        "recall": total.recall,
        "macro_f1": sum(s.f1 for s in types.values()) / len(types) if types else 0.0,
        **{name: float(count) for name, count in wrong.items()},
        **(
            {} if seen is None else {"recall_seen": _share(known), "recall_unseen": _share(unknown)}
        ),
        "entities": float(total.gold),
        "sentences": float(sentences),
    }
    signature = (
        f"nlpseq {__version__} | spans | exact | {scheme} | types {len(types)} | "
        f"entities {total.gold} | sentences {sentences} | data {data}"
    )
    return SpanReport(figures, types, signature)


def faults(gold: Sequence[Span], predicted: Sequence[Span]) -> Iterator[Fault]:
    """What is wrong with the entities of one sentence: first those predicted, then those missed."""
    right, at, touched = set(gold) & set(predicted), _by_word(gold), _by_word(predicted)
    for span in predicted:
        if span not in right:
            around = sorted({each for i in range(span.start, span.end) for each in at.get(i, ())})
            yield Fault(_kind(span, around), span, around)
    for span in gold:
        if not any(i in touched for i in range(span.start, span.end)):
            yield Fault("missed", None, [span])


def _share(counts: list[int]) -> float:
    return counts[0] / counts[1] if counts[1] else 0.0


def _by_word(spans: Iterable[Span]) -> dict[int, list[Span]]:
    """Word → the entities that it is in."""
    found: dict[int, list[Span]] = {}
    for span in spans:
        for i in range(span.start, span.end):
            found.setdefault(i, []).append(span)
    return found


def _kind(span: Span, around: Iterable[Span]) -> str:
    """What is wrong with an entity that is not in gold: the least of its faults.

    :param around: the entities of gold that it touches
    """
    if any((each.start, each.end) == (span.start, span.end) for each in around):
        return "type_errors"
    if any(each.type == span.type for each in around):
        return "boundary_errors"
    return "both_wrong" if around else "spurious"
