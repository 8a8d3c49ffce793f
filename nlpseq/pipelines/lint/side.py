"""One side of a split, as it is read: what its texts have in common with each other and dev's."""

from collections.abc import Iterator, Sequence
from typing import Self

from nlpseq.pipelines.lint.findings import Faults, Findings
from nlpseq.pipelines.lint.labels import Labels
from nlpseq.pipelines.lint.lengths import Lengths
from nlpseq.pipelines.lint.options import Options
from nlpseq.pipelines.lint.seen import First, Seen, hash_of
from nlpseq.text.corpus.duplicates import near_duplicates
from nlpseq.text.corpus.sources import place
from nlpseq.text.counting import WordCounts

_HELD = 1 << 17  # characters that wait to be cut at once


class Side:
    """Takes the texts of one side and says what is wrong with each. Use it in a ``with`` statement.

    :param name: the file, folder or pattern that it is
    :param against: the dev side, where this is the other one
    :param keep: keep the texts, for the other side to be held against them
    """

    def __init__(
        self,
        name: str,
        options: Options,
        findings: Findings,
        *,
        against: "Side | None" = None,
        keep: bool = False,
    ) -> None:
        self.name = name
        self.options = options
        self.findings = findings
        self.faults = Faults(findings)
        self.labels = Labels("label")
        self.types = Labels("entity type")
        self.schemes: set[str] = set()
        self.lengths = Lengths()
        self.words = WordCounts()
        self._against = against
        self._keep = keep
        self._seen = Seen()
        self._texts: list[str] = []
        self._kept: list[tuple[int, str]] = []
        self._waiting: list[tuple[str, str]] = []
        self._characters = 0
        self._here = (0, "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.words.close()

    def compare(self, text: str, file: str, line: int, label: int) -> First | None:
        """Hold one more text against those before it and those of dev.

        :param label: a number for its label or tags; 0 where there is none
        :returns: where it stood first, if it did
        """
        key, where = hash_of(text), place(file, line)
        self._here = key, where
        if self._against is not None and (same := self._against._seen.get(key)):
            self.findings.problem("split", where, f"this text is in the dev part too: {same.where}")
        first = self._seen.add(key, file, line, label)
        if self._keep and first is None:
            self._texts.append(text)
            self._kept.append((key, where))
        return first

    def cut(self, text: str, where: str) -> None:
        """Count the words of a text; many are cut at once."""
        self._waiting.append((text, where))
        self._characters += len(text)
        if self._characters > _HELD:
            self.flush()

    def flush(self) -> None:
        """Cut what waits."""
        texts = [text for text, _ in self._waiting]
        cuts = self.options.tokenizer.stream_words(texts)
        for (_, where), words in zip(self._waiting, cuts, strict=True):
            self.count(words, where)
        self._waiting, self._characters = [], 0

    def count(self, words: Sequence[str], where: str) -> None:
        """Count the words of a text that is cut already."""
        self.words.add(words)
        self.lengths.add(len(words), where)

    def consume(self, texts: Iterator[str]) -> None:
        """Read all texts to the end.

        :param texts: each once, right after it was compared; n equal ones on both sides would make
            n² pairs
        """
        if self._against is None:
            for _ in texts:
                pass
            return
        dev = self._against
        for pair in near_duplicates(dev._texts, texts):
            key, where = self._here
            other, other_where = dev._kept[pair.held]
            if other != key:
                self.findings.problem(
                    "split",
                    where,
                    f"{pair.similarity:.0%} like a text of the dev part: {other_where}",
                )
