"""How good vectors are after each epoch: figures on test files, of which the best epoch is kept."""

import hashlib
import math
from collections.abc import Iterable
from pathlib import Path

from nlpseq.embeddings.evaluation import analogies, similarity
from nlpseq.embeddings.evaluation.lookup import DEFAULTS, Lookup, Options
from nlpseq.embeddings.evaluation.report import Source
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError, DataError


class Evaluation:
    """Test files on which vectors are tried after each epoch of training.

    A file of similarity counts with Spearman's correlation, one of analogies with the accuracy of
    3CosAdd, both over what the vectors know; an epoch counts with the mean over the files.

    :param similarity: pairs of words with scores, as
        :func:`nlpseq.embeddings.evaluation.similarity.read` has them
    :param analogies: questions, as :func:`nlpseq.embeddings.evaluation.analogies.read` has them
    :raises CallError: where no file is given
    """

    def __init__(
        self,
        similarity: Iterable[Path | str] = (),
        analogies: Iterable[Path | str] = (),
        options: Options = DEFAULTS,
    ) -> None:
        self.similarity, self.analogies = [*map(Path, similarity)], [*map(Path, analogies)]
        self.options = options
        if not self.similarity and not self.analogies:
            raise CallError("nothing to evaluate on", remedy="give a file of pairs or of questions")

    def check(self, vectors: Vectors) -> str:
        """Read all files, before hours are spent; a hash of what they hold.

        :raises DataError: where a file is not what it should be, or the vectors know too little
            of it for a figure
        """
        found = hashlib.sha256(str(self.options).encode())
        for path in self.similarity:
            source = Source(path)
            self._require(vectors, similarity.read(source).words, 2, "pairs", path)
            found.update(f"similarity {source.digest}".encode())
        for path in self.analogies:
            source = Source(path)
            self._require(vectors, analogies.read(source).words, 1, "questions", path)
            found.update(f"analogies {source.digest}".encode())
        return found.hexdigest()

    def _require(
        self, vectors: Vectors, items: Iterable[tuple[str, ...]], least: int, what: str, path: Path
    ) -> None:
        items = list(items)
        lookup = Lookup(vectors, (word for item in items for word in item), self.options)
        known = sum(all(lookup.known[lookup.numbers(item)]) for item in items)
        if known < least:
            raise DataError(
                f"of {len(items):,} {what} the vocabulary knows {known}",
                where=str(path),
                remedy="is it of the same language, and normalised as the corpus is?",
            )

    def __call__(self, vectors: Vectors) -> tuple[dict[str, float | None], float]:
        """The figure of each file, None where there is none, and their mean, which counts it as 0.

        A correlation is none where all cosines are equal.
        """
        figures: dict[str, float | None] = {}
        for path in self.similarity:
            result = similarity.evaluate(vectors, path, self.options)
            figures[str(path)] = _number(result.figures()["spearman_known"])
        for path in self.analogies:
            answers = analogies.evaluate(vectors, path, self.options)
            figures[str(path)] = _number(answers.figures()["add_known"])
        return figures, sum(figure or 0.0 for figure in figures.values()) / len(figures)


def _number(figure: float) -> float | None:
    return None if math.isnan(figure) else round(figure, 6)
