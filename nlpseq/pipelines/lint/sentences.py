"""Sentences of CoNLL columns: their tags, and what is wrong with them."""

import zlib
from collections.abc import Iterator
from pathlib import Path

from nlpseq.errors import DataError
from nlpseq.files import PACKED, called
from nlpseq.pipelines.lint.characters import bad_characters
from nlpseq.pipelines.lint.side import Side
from nlpseq.text.corpus.conll import Sentence, read_conll
from nlpseq.text.tags import Detection, Detector, Scheme, is_tag, spans

_ENDINGS = (".conll", ".conllu", ".iob", ".iob2", ".bio")
_SLIPS = 0.01  # share of illegal tags up to which they are slips in a scheme, and no other one
_COMPARED = 5  # words: shorter sentences come again by nature


def is_conll(path: Path) -> bool:
    """Whether a file's name says that it holds CoNLL columns."""
    return _ending(path) in _ENDINGS


def _ending(path: Path) -> str:
    suffixes = [s for s in path.suffixes if s.lower() not in (*PACKED, ".zip")]
    return suffixes[-1].lower() if suffixes else ""


def sentences(path: Path, side: Side) -> Iterator[str]:
    """The different sentences of a file, as texts, each after it was checked; all are checked.

    :raises DataError: where the rest of the file cannot be read, or it lacks the column of tags
    """
    universal = _ending(path) == ".conllu"
    detector = Detector()
    number = again = tagged = inside = 0
    for sentence in read_conll(path, encoding=side.options.encoding, repairs=side.faults):
        number += 1
        words, tags = _words(sentence, universal), _tags(sentence, universal, side)
        where = sentence.where() or called(path)
        for i, word in enumerate(sentence.words if not universal else sentence.columns[1]):
            if wrong := bad_characters(word, replaced=side.faults.replaced):
                side.findings.problem(
                    "characters", sentence.where(i) or where, f"the word holds {wrong}"
                )
        side.faults.replaced = False
        side.count(words, where)
        if tags is not None:
            tagged += 1
            inside += len(tags) - tags.count("O")
            _check_tags(sentence, tags, detector, side)
        if len(words) < _COMPARED:
            continue
        text = " ".join(words)
        label = 0 if tags is None else zlib.crc32("\t".join(tags).encode()) or 1
        first = side.compare(text, sentence.file, sentence.line, label)
        again += first is not None
        if first and first.label and label and first.label != label:
            side.findings.problem(
                "label conflict", where, f"the same sentence is tagged otherwise at {first.where}"
            )
        if first is None:
            yield text
    findings, name = side.findings, called(path)
    columns = "CoNLL-U" if universal else "CoNLL"
    findings.note("records", name, f"format {columns}, {number:,} sentences", number)
    if again:
        message = f"{again:,} sentences of {_COMPARED} words or more stand there again"
        findings.note("repeated", name, message, again)
    if tagged:
        _report(detector.result(), inside, name, side)
    else:
        findings.note("scheme", name, "no column of tags: name it with --tag-column")


def _words(sentence: Sentence, universal: bool) -> list[str]:
    if not universal:
        return sentence.words
    if len(sentence.columns) < 2:
        raise DataError(
            "one column, CoNLL-U has ten",
            where=sentence.where(),
            remedy="is this a file of CoNLL-U?",
        )
    # 1-2 is a word that its parts follow, 1.1 one that is not written
    numbers, words = sentence.columns[:2]
    return [word for number, word in zip(numbers, words, strict=True) if number.isdecimal()]


def _tags(sentence: Sentence, universal: bool, side: Side) -> list[str] | None:
    column, width = side.options.tag_column, len(sentence.columns)
    if column is None:
        return None if universal or width == 1 else sentence.columns[-1]
    if column > width:
        raise DataError(
            f"no column {column}, there are {width}",
            where=sentence.where(),
            remedy="columns are counted from 1",
        )
    return sentence.columns[column - 1]


def _check_tags(sentence: Sentence, tags: list[str], detector: Detector, side: Side) -> None:
    unknown = [i for i, tag in enumerate(tags) if not is_tag(tag)]
    for i in unknown:
        where = sentence.where(i) or side.name
        side.findings.problem("tags", where, f"{tags[i]!r} is a tag of no scheme")
    if unknown:
        return
    detector.add(tags, sentence.where)
    scheme = _readable({tag[0] for tag in tags})
    if scheme is not None:
        entities = spans(tags, scheme)
        places = [(e.type or "(none)", sentence.where(e.start) or side.name) for e in entities]
        for kind, where in places:
            side.types.add((kind,), where)


def _readable(prefixes: set[str]) -> Scheme | None:
    """A scheme that has these prefixes: the entities are the same in each that has them."""
    letters: dict[Scheme, set[str]] = {
        "IOB2": set("OBI"),
        "IOBES": set("OBIES"),
        "BILOU": set("OBILU"),
    }
    return next((scheme for scheme, known in letters.items() if prefixes <= known), None)


def _report(detection: Detection, inside: int, name: str, side: Side) -> None:
    """The scheme, and the tags that are illegal in it.

    :param inside: how many tags are not O
    """
    findings, count, nearest = side.findings, detection.illegal, detection.nearest
    if not detection.entities:
        findings.problem("classes", name, "no entity at all: each tag is O")
        return
    side.schemes.add(nearest)
    if count <= _SLIPS * inside:
        slips = f", but for {count:,} illegal tag{'s' if count > 1 else ''}" if count else ""
        findings.note("scheme", name, f"scheme {nearest}{slips}", nearest)
    else:
        findings.problem(
            "scheme",
            name,
            f"mixed or unknown scheme: {nearest} is the nearest, "
            f"and {count:,} of {inside:,} tags are illegal in it",
        )
    for fault in detection.faults:
        findings.problem("tags", fault.where, fault.reason)
    findings.more("tags", count - len(detection.faults))
