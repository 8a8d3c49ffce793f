"""Word vectors: words, a matrix, and the questions that one asks of them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, get_args

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings import store
from nlpseq.embeddings.query import Ids, Method
from nlpseq.embeddings.questions import Neighbour as Neighbour
from nlpseq.embeddings.questions import Questions
from nlpseq.embeddings.rows import Matrix, Precision, Rows
from nlpseq.embeddings.subwords import Subwords
from nlpseq.embeddings.words import Words
from nlpseq.errors import CallError, DataError, UnknownWordError
from nlpseq.progress import Progress, silent
from nlpseq.text.normalize import RECIPES, Recipe

if TYPE_CHECKING:
    from nlpseq.embeddings.formats import Format
    from nlpseq.embeddings.saving import Target

How = Literal["exact", "recipe", "case", "subwords"]


class Found(NamedTuple):
    """How a word was found, and its row; None where its vector is made of subwords."""

    how: How
    row: int | None


class Vectors:
    """Word vectors, in memory or mapped from a file; read only.

    :param words: the words of the rows, each once
    :param matrix: shape (V, D), float32; or rows of another precision
    :param recipe: how words were normalised in training; a look-up that does not find a word
        as it stands applies it
    :param counts: shape (V,): how often training saw each word, where that is known
    :param subwords: what the vectors of unknown words are made of
    :param about: where they are from: ``source``, ``licence``, ``training`` and the like
    """

    def __init__(
        self,
        words: Words | Iterable[str],
        matrix: Matrix | Rows,
        recipe: Recipe = "none",
        *,
        counts: npt.NDArray[np.int64] | None = None,
        subwords: Subwords | None = None,
        about: Mapping[str, str] | None = None,
    ) -> None:
        self.words = words if isinstance(words, Words) else Words.of(words)
        self.rows = matrix if isinstance(matrix, Rows) else Rows(matrix)
        shape = self.rows.data.shape
        if shape[0] != len(self.words):
            raise ValueError(f"{len(self.words)} words and a matrix of shape {shape}")
        if counts is not None and len(counts) != len(self.words):
            raise ValueError(f"{len(self.words)} words and {len(counts)} counts")
        if recipe not in get_args(Recipe):
            raise CallError(
                f"no recipe {recipe!r}", remedy=f"the recipes are {', '.join(get_args(Recipe))}"
            )
        self.recipe: Recipe = recipe
        self.counts = counts
        self.subwords = subwords
        self.about = dict(about or {})
        self._norms: Matrix | None = None
        self._questions = Questions(self)

    @property
    def dim(self) -> int:
        """D, the numbers of one vector."""
        return self.rows.dim

    @property
    def matrix(self) -> Matrix:
        """All rows, shape (V, D), float32: the ones in the file, or a copy of another precision."""
        return self.rows.block(0, len(self))

    @property
    def norms(self) -> Matrix:
        """The length of each row, shape (V,)."""
        if self._norms is None:
            self._norms = store.norms_of(self.rows)
        return self._norms

    def __len__(self) -> int:
        return len(self.words)

    def __repr__(self) -> str:
        return f"Vectors({len(self):,} words x {self.dim})"

    @classmethod
    def open(
        cls,
        source: Path | str,
        *,
        recipe: Recipe | None = None,
        first: int | None = None,
        only: Iterable[str] | None = None,
        repair: bool = False,
        format: "Format | None" = None,
        cache: bool = True,
        threads: int | None = None,
        progress: Progress = silent,
    ) -> Self:
        """Open vectors; what they are is told by content, plain or compressed.

        A store is mapped. Any other format is converted into the user's cache once, with a
        notice, and mapped from there; with ``cache=False``, with ``first`` or with ``only`` it is
        read into memory.

        :param source: a path; ``hf://owner/name``; or a name out of the catalogue
        :param recipe: how the words of a foreign file were normalised
        :param first: read so many words at most
        :param only: read these words alone
        :param repair: leave out what is faulty, and say so, instead of an error
        :param format: of the file, where content is not enough or not to be believed; ``gensim``
            (a pickle, which can run code) has to be given
        :param threads: to parse with; by default all cores
        :raises DataError: with file and line where the file is not what it should be
        """
        from nlpseq.embeddings import opening

        opened = opening.open_source(
            source,
            opening.Options(first, only, repair, format, cache, threads),
            progress,
        )
        return cls._of(opened, recipe, str(source))

    @classmethod
    def _of(cls, stored: store.Stored, recipe: Recipe | None, source: str) -> Self:
        about = dict(stored.about)
        kept = about.pop("recipe", "none")
        if kept not in get_args(Recipe):
            raise DataError(
                f"the recipe {kept!r} is not known", where=source, remedy="install a newer nlpseq"
            )
        vectors = cls(
            stored.words,
            stored.rows,
            recipe or kept,  # type: ignore[arg-type]  # __init__ checks it
            counts=stored.counts,
            subwords=stored.subwords,
            about=about,
        )
        vectors._norms = stored.norms
        return vectors

    def save(
        self,
        path: Path | str,
        *,
        format: "Target | None" = None,
        precision: Precision = "float32",
    ) -> None:
        """Write vectors; the format is told by the name where none is given.

        ``.safetensors`` is the store, ``.bin`` word2vec binary, anything else word2vec text,
        compressed where the name ends in ``.gz``, ``.bz2``, ``.xz`` or ``.zst``. The store alone
        keeps recipe, counts, subwords and what the vectors are about.

        :param precision: of a store: ``float32``, ``float16``, or ``int8`` with one scale a row
        """
        from nlpseq.embeddings import saving

        saving.save(self, Path(path), format, precision)

    def to_gensim(self) -> Any:
        """A ``gensim.models.KeyedVectors``; see :mod:`nlpseq.embeddings.interchange`."""
        from nlpseq.embeddings import interchange

        return interchange.to_gensim(self)

    @staticmethod
    def from_gensim(keyed: Any, recipe: Recipe = "none") -> "Vectors":
        """Vectors out of gensim's ``KeyedVectors``, ``Word2Vec`` or ``FastText``."""
        from nlpseq.embeddings import interchange

        return interchange.from_gensim(keyed, recipe)

    def to_spacy(self, nlp: Any) -> Any:
        """Give a pipeline of spaCy these vectors; the pipeline."""
        from nlpseq.embeddings import interchange

        return interchange.to_spacy(self, nlp)

    def resolve(self, word: str, *, ignore_case: bool = False) -> Found | None:
        """How a word is found: as it stands, as the recipe writes it, in another case, or by
        its subwords; None where it is not.
        """
        row = self.words.find(word)
        if row is not None:
            return Found("exact", row)
        row = self.words.find(RECIPES[self.recipe](word))
        if row is not None:
            return Found("recipe", row)
        if ignore_case:
            for other in (word.lower(), word.capitalize(), word.title(), word.upper()):
                if (row := self.words.find(other)) is not None:
                    return Found("case", row)
        if self.subwords is not None and self.subwords.ngrams(RECIPES[self.recipe](word)):
            return Found("subwords", None)
        return None

    def find(self, word: str) -> int | None:
        """The row of a word: exact first, then as the recipe writes it; or None."""
        found = self.resolve(word)
        return found.row if found else None

    def __contains__(self, word: str) -> bool:
        return self.find(word) is not None

    def __getitem__(self, word: str) -> Matrix:
        """The vector of a word, shape (D,); of an unknown one from its subwords, where there are.

        :raises UnknownWordError: naming the nearest spelling
        """
        return self.vector(word)

    def vector(self, word: str, *, ignore_case: bool = False) -> Matrix:
        """As ``vectors[word]``, in any case on request."""
        found = self.resolve(word, ignore_case=ignore_case)
        if found is None:
            near = self.words.spelled_like(word)
            raise UnknownWordError(
                f"the vectors hold no word {word!r}",
                remedy=f"did you mean {near!r}?" if near else "is it spelled as in their text?",
            )
        if found.row is not None:
            vector: Matrix = self.rows.take([found.row])[0]
            return vector
        assert self.subwords is not None
        made = self.subwords.vector(RECIPES[self.recipe](word))
        assert made is not None  # resolve() found n-grams
        return made

    def select(
        self,
        *,
        first: int | None = None,
        min_count: int | None = None,
        prefix: str | None = None,
        words: Iterable[str] | None = None,
    ) -> Ids:
        """Rows that meet every condition given, rising: what a question may be answered with.

        :param first: among the first rows, the most frequent words as a rule
        :param min_count: seen so often in training, or more
        :param prefix: words that start so
        :param words: out of a list; the unknown ones are passed over
        :raises CallError: for ``min_count`` where the vectors know no counts
        """
        kept = np.ones(len(self), dtype=np.bool_)
        if first is not None:
            kept[max(0, first) :] = False
        if min_count is not None:
            if self.counts is None:
                raise CallError(
                    "these vectors do not know how often a word was seen",
                    where="min_count",
                    remedy="leave it out, or take the store that training wrote",
                )
            kept &= np.asarray(self.counts) >= min_count
        if prefix is not None:
            kept &= self.words.starting_with(prefix)
        if words is not None:
            listed = np.zeros(len(self), dtype=np.bool_)
            listed[[row for word in words if (row := self.find(word)) is not None]] = True
            kept &= listed
        return np.flatnonzero(kept)

    def near(
        self,
        word: str | npt.ArrayLike,
        k: int = 10,
        *,
        among: Ids | None = None,
        ignore_case: bool = False,
    ) -> list[Neighbour]:
        """The ``k`` words of highest cosine with a word or a vector of shape (D,), exactly.

        A word is not its own neighbour.

        :param among: rows that may be answers, out of :meth:`select`; by default all
        """
        return self.near_each([word], k, among=among, ignore_case=ignore_case)[0]

    def near_each(
        self,
        words: Iterable[str | npt.ArrayLike],
        k: int = 10,
        *,
        among: Ids | None = None,
        ignore_case: bool = False,
    ) -> list[list[Neighbour]]:
        """:meth:`near` for many, in few passes over the matrix: much faster than one by one."""
        return self._questions.near_each(words, k, among, ignore_case)

    def analogy(
        self,
        a: str,
        b: str,
        c: str,
        k: int = 1,
        method: Method = "add",
        *,
        among: Ids | None = None,
        ignore_case: bool = False,
    ) -> list[Neighbour]:
        """``a`` is to ``b`` as ``c`` is to ?; none of the three is an answer.

        ``add`` is 3CosAdd, argmax cos(x, b) - cos(x, a) + cos(x, c); ``mul`` is 3CosMul,
        argmax cos(x, b) cos(x, c) / (cos(x, a) + 0.001) with cosines shifted to [0, 1]
        (Levy and Goldberg 2014, equations 3 and 4).
        """
        return self.analogies([(a, b, c)], k, method, among=among, ignore_case=ignore_case)[0]

    def analogies(
        self,
        questions: Iterable[Sequence[str]],
        k: int = 1,
        method: Method = "add",
        *,
        among: Ids | None = None,
        ignore_case: bool = False,
        leave_out: bool = True,
    ) -> list[list[Neighbour]]:
        """:meth:`analogy` for many triples, in few passes over the matrix.

        :param leave_out: whether the three words of a question are no answers to it
        """
        return self._questions.analogies(questions, k, method, among, ignore_case, leave_out)
