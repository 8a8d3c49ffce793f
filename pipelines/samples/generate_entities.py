"""Generate the sample sentences of nlpseq with their entities, in Portuguese and Spanish.

The sentences are invented: law and news in Brazilian Portuguese (``pt``), news in Spanish (``es``).
Nothing is copied from an existing data set: a *grammar* writes each sentence.  Types are PER, ORG
and LOC, for Portuguese also LEI (a law: ``artigo 5º da Constituição Federal``), for Spanish also
MISC (events, prizes, works).  People are common first names and surnames put together; institutions
and places are those that there are, or made of parts.

Four files are written, ``entities-pt-train.conll``, ``entities-pt-dev.conll`` and the same for
``es``: a word and its tag (IOB2) a line, with a space between, and an empty line after a sentence.

What makes the task worth measuring:

* About half the entities of dev are not in train, and many of them hold a word that is new: in a
  rule, what stands after ``||`` is for dev alone.  So characters and casing matter.
* The same word is of several types (``Santos`` is a surname and a town, ``Coimbra`` stands in
  ``Universidade de Coimbra``), or of none (``a Corte``), and a heading is all upper case.
* Some entities touch: ``Presentes: Ana Lopes Rui Braga``.

A grammar is a list of rules, ``name: alternative | alternative || alternative of dev alone``, in
``entities_words.py``.  ``{name}`` is what the rule of that name writes, ``{2-90}`` a number, and
``_`` at the start nothing.  A rule in upper case writes an entity, of the type before its ``_``.

Run it as ``python pipelines/samples/generate_entities.py [FOLDER]``; FOLDER defaults to the folder
of this file.  It needs the standard library alone, and writes the same bytes on each run.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from entities_words import GRAMMARS

SEED = 13
TRAIN_SIZE, DEV_SIZE = 1_500, 300
DEV_NEW_SHARE = 0.2  # of what dev draws, where a rule has something of its own for it

# The share of each kind of sentence; each is a rule of the grammar.
KINDS = {
    "plain": 0.24, "report": 0.54, "speech": 0.08, "dateline": 0.02, "heading": 0.09, "list": 0.03,
}  # fmt: skip

SLOT = re.compile(r"\{([\w-]+)\}")
NUMBER = re.compile(r"(\d+)-(\d+)")
RULE = re.compile(r"^(\w+): ", re.MULTILINE)
OPENING = re.compile(r"(?:^|[“«¿¡])\w")
WORD = re.compile(r"\w+|[^\w\s]")  # how nlpseq cuts words, as far as these texts go


@dataclass(frozen=True)
class Rule:
    """The alternatives that a slot is filled from."""

    shared: tuple[str, ...]
    dev: tuple[str, ...]


@dataclass(frozen=True)
class Sentence:
    """A text and its entities, as (start, end, type)."""

    text: str
    entities: tuple[tuple[int, int, str], ...]

    def rows(self) -> Iterator[tuple[str, str]]:
        """Cut the text into words, each with its tag."""
        for match in WORD.finditer(self.text):
            tag = "O"
            for start, end, kind in self.entities:
                if start <= match.start() < end:
                    tag = f"{'B' if match.start() == start else 'I'}-{kind}"
            yield match[0], tag


def parse(grammar: str) -> dict[str, Rule]:
    """Read the rules of a grammar; raise ValueError if a slot has none."""
    _, *fields = RULE.split(grammar)
    rules: dict[str, Rule] = {}
    for name, body in zip(fields[::2], fields[1::2], strict=True):
        shared, _, dev = body.partition("||")
        rules[name] = Rule(alternatives(shared), alternatives(dev) if dev else ())
    for slot in SLOT.findall(grammar):
        if slot not in rules and not NUMBER.fullmatch(slot):
            raise ValueError(f"no rule for {{{slot}}}")
    return rules


def alternatives(text: str) -> tuple[str, ...]:
    """Split a list of alternatives, which may run over several lines."""
    return tuple(item.removeprefix("_") for item in " ".join(text.split()).split(" | "))


class Writer:
    """Writes the sentences of one side."""

    def __init__(self, rules: dict[str, Rule], rng: Random, new_share: float) -> None:
        self.rules, self.rng, self.new_share = rules, rng, new_share
        self.text = ""
        self.entities: list[tuple[int, int, str]] = []
        self.used: set[str] = set()

    def sentence(self) -> Sentence:
        """Write the next sentence."""
        self.text, self.entities, self.used = "", [], set()
        [kind] = self.rng.choices(list(KINDS), list(KINDS.values()))
        self.expand(kind)
        if kind == "heading":
            return Sentence(self.text.upper(), tuple(self.entities))
        text = OPENING.sub(lambda match: match[0].upper(), self.text)
        return Sentence(text, tuple(self.entities))

    def expand(self, slot: str) -> None:
        """Append what a slot stands for."""
        start = len(self.text)
        if ends := NUMBER.fullmatch(slot):
            self.text += str(self.rng.randint(int(ends[1]), int(ends[2])))
            return
        for i, part in enumerate(SLOT.split(self.choice(self.rules[slot]))):
            if i % 2:
                self.expand(part)
            else:
                self.text += part if self.text else part.lstrip()
        if slot.isupper():
            self.entities.append((start, len(self.text), slot.partition("_")[0]))

    def choice(self, rule: Rule) -> str:
        """Draw an alternative; one without slots comes but once in a sentence."""
        new = rule.dev and self.rng.random() < self.new_share
        known = rule.dev if new else rule.shared
        chosen = self.rng.choice([item for item in known if item not in self.used] or known)
        if chosen and "{" not in chosen:
            self.used.add(chosen)
        return chosen


def sentences(language: str) -> tuple[list[Sentence], list[Sentence]]:
    """Write the sentences of train and of dev, none of them twice."""
    rules = parse(GRAMMARS[language])
    taken: dict[str, Sentence] = {}
    for split, size, new_share in (("train", TRAIN_SIZE, 0.0), ("dev", DEV_SIZE, DEV_NEW_SHARE)):
        writer = Writer(rules, Random(f"{SEED} {language} {split}"), new_share)
        end = len(taken) + size
        while len(taken) < end:
            sentence = writer.sentence()
            # what differs in case or marks alone counts as the same
            taken.setdefault(" ".join(re.findall(r"\w+", sentence.text.lower())), sentence)
    drawn = list(taken.values())
    return drawn[:TRAIN_SIZE], drawn[TRAIN_SIZE:]


def main(arguments: list[str]) -> None:
    """Write the files."""
    folder = Path(arguments[0]) if arguments else Path(__file__).resolve().parent
    folder.mkdir(parents=True, exist_ok=True)
    for language in GRAMMARS:
        for split, drawn in zip(("train", "dev"), sentences(language), strict=True):
            blocks = ("".join(f"{word} {tag}\n" for word, tag in each.rows()) for each in drawn)
            content = "".join(f"{block}\n" for block in blocks)
            (folder / f"entities-{language}-{split}.conll").write_bytes(content.encode("utf-8"))


if __name__ == "__main__":
    main(sys.argv[1:])
