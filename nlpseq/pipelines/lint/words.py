"""Words of a corpus: how many there are, how rare, and how many of them vectors hold."""

import heapq
from itertools import islice
from typing import TYPE_CHECKING

from nlpseq.embeddings.coverage import WAYS, Coverage, coverage
from nlpseq.pipelines.lint.findings import Findings
from nlpseq.text.counting import WordCounts

if TYPE_CHECKING:
    from nlpseq.embeddings.vectors import Vectors

_MISSING = 10  # that are listed
_BATCH = 10_000


def report_words(counts: WordCounts, findings: Findings, corpus: str) -> None:
    """The size of the vocabulary and the share of its words that occur once, as a note."""
    size = once = 0
    for _, count in counts.items():
        size += 1
        once += count == 1
    if size:
        share = once / size
        findings.note(
            "vocabulary",
            corpus,
            f"{size:,} different words, of which {share:.1%} occur once",
            {"words": size, "once": once},
        )


def report_coverage(
    counts: WordCounts, vectors: "Vectors", name: str, findings: Findings, corpus: str
) -> None:
    """The share of the running words that have a vector, and the most frequent without, as a note.

    :param name: of the vectors
    """
    by_word, by_token = dict.fromkeys(WAYS, 0), dict.fromkeys(WAYS, 0)
    missing: list[tuple[int, str]] = []
    rest = counts.items()
    while pairs := list(islice(rest, _BATCH)):
        found = [vectors.resolve(word) for word, _ in pairs]
        part = coverage(found, [count for _, count in pairs])
        for way in WAYS:
            by_word[way] += part.by_word[way]
            by_token[way] += part.by_token[way]
        lacking = [(n, word) for (word, n), one in zip(pairs, found, strict=True) if one is None]
        missing = heapq.nlargest(_MISSING, [*missing, *lacking], key=lambda pair: pair[0])
    whole = Coverage(by_word, by_token)
    message = f"vectors {name}: {whole}, {whole.words:.1%} of different words"
    if missing:
        listed = ", ".join(f"{word!r} {count:,}" for count, word in missing)
        message += f"; most frequent without one: {listed}"
    findings.note("coverage", corpus, message, {"tokens": whole.tokens, "words": whole.words})
