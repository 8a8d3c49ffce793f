"""Categorisation: do clusters of vectors fall together with categories that people made."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np

from nlpseq.embeddings.evaluation.lookup import DEFAULTS, Ids, Lookup, Options
from nlpseq.embeddings.evaluation.report import Result, Source, ratio, shown, signature
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import DataError

_STARTS = 10  # of k-means, the best of which counts


class Member(NamedTuple):
    """A word and its category."""

    category: str
    word: str


@dataclass(frozen=True, eq=False)
class Categorisation(Result):
    """How pure the clusters are that k-means makes of the words."""

    kind: ClassVar[str] = "categorisation"

    table_of: Ids  #: shape (clusters, categories): how many known words are in both
    words: int  #: of the file, known or not

    def figures(self) -> dict[str, float]:
        """Purity: the share of words that are in their cluster's most frequent category.

        ``largest`` is what one cluster of everything would have, the baseline.
        """
        known = int(self.table_of.sum())
        right = int(self.table_of.max(axis=1, initial=0).sum())
        return {
            "words": self.words,
            "known": known,
            "coverage": ratio(known, self.words),
            "categories": self.table_of.shape[1],
            "purity_known": ratio(right, known),
            "purity_all": ratio(right, self.words),
            "largest": ratio(int(self.table_of.sum(axis=0).max(initial=0)), known),
        }

    def table(self) -> list[list[str]]:
        """Known words beside all words."""
        figures = self.figures()
        return [
            ["", "known words", "unknown wrong"],
            ["words", f"{figures['known']:,}", f"{figures['words']:,}"],
            ["coverage", shown(figures["coverage"]), ""],
            ["categories", f"{figures['categories']:,}", ""],
            ["purity", shown(figures["purity_known"]), shown(figures["purity_all"])],
            ["one cluster", shown(figures["largest"]), ""],
        ]


def evaluate(
    vectors: Vectors, path: Path | str, options: Options = DEFAULTS, seed: int = 0
) -> Categorisation:
    """Cluster the words of a file, see :func:`read`, into as many clusters as categories.

    k-means on vectors of length 1, the best of ten starts; purity as in Manning, Raghavan and
    Schütze 2008, section 16.3.
    """
    source = Source(path)
    members = read(source)
    lookup = Lookup(vectors, (member.word for member in members), options)
    numbers = np.array(lookup.numbers(member.word for member in members))
    known = np.flatnonzero(lookup.known[numbers])
    names = sorted({members[i].category for i in known})
    place = {name: i for i, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    if len(known):
        from sklearn.cluster import KMeans  # slow to import

        units = lookup.units(numbers[known])
        # fewer than the categories, where words of several of them have one vector
        clusters = min(len(names), len(np.unique(units, axis=0)))
        means = KMeans(clusters, n_init=_STARTS, random_state=seed).fit(units)
        for cluster, i in zip(means.labels_, known, strict=True):
            counts[cluster, place[members[i].category]] += 1
    facts = (f"words {len(members)}", f"k-means of {_STARTS} starts seed {seed}")
    sign = signature(Categorisation.kind, source, vectors, options, *facts)
    return Categorisation(str(source.path), sign, counts, len(members))


def read(source: Source) -> list[Member]:
    """Read categories: ``category<tab>word`` a line, or ``: category`` above lines of its words.

    :raises DataError: with file and line for a line that is neither, and for a word that stands
        in its category twice; where there are fewer than two categories
    """
    seen: set[Member] = set()
    for number, member in _members(source):
        if member in seen:
            raise DataError(
                f"the word {member.word!r} stands in {member.category!r} twice",
                where=source.where(number),
            )
        seen.add(member)
    if len({member.category for member in seen}) < 2:
        raise DataError(
            "the file holds fewer than two categories",
            where=str(source.path),
            remedy="give a category, a tab and a word a line; or ': category' above its words",
        )
    return sorted(seen)


def _members(source: Source) -> Iterator[tuple[int, Member]]:
    section: str | None = None
    for number, line in source:
        if line.startswith(":") and "\t" not in line:
            section = line[1:].strip()
            continue
        if section is not None:
            yield from ((number, Member(section, word)) for word in line.split())
            continue
        category, _, word = (part.strip() for part in line.partition("\t"))
        if not category or not word or "\t" in word:
            raise DataError(
                "a category, a tab and a word are wanted",
                where=source.where(number),
                remedy="or give ': category' above its words",
            )
        yield number, Member(category, word)
