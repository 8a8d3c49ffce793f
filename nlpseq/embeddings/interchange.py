"""Interchange: vectors as gensim's and spaCy's objects, and back from gensim's.

Neither package is needed by anything else; each is imported when it is asked for.
"""

from importlib import import_module
from typing import Any

import numpy as np

from nlpseq.embeddings.formats.gensim_kv import parts_of
from nlpseq.embeddings.rows import Matrix, Rows
from nlpseq.embeddings.subwords import Subwords
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError, DataError
from nlpseq.text.normalize import Recipe

_COUNT = "count"  # what gensim calls it


def to_gensim(vectors: Vectors) -> Any:
    """A ``gensim.models.KeyedVectors`` of the same words, with their counts as ``count``.

    A float32 matrix is shared, not copied, and read only: what changes it in place, such as
    ``unit_normalize_all``, needs ``keyed.vectors = keyed.vectors.copy()`` before. Recipe and
    subwords stay behind, since a ``KeyedVectors`` has no place for them.

    :raises CallError: where gensim is not installed
    """
    keyed = _imported("gensim.models", "gensim").KeyedVectors(vectors.dim)
    keyed.index_to_key = list(vectors.words)
    keyed.key_to_index = {word: row for row, word in enumerate(keyed.index_to_key)}
    keyed.next_index = len(vectors)
    keyed.vectors = _shared(vectors)
    if vectors.counts is not None:
        keyed.expandos[_COUNT] = np.array(vectors.counts, dtype=np.int64)
    return keyed


def from_gensim(keyed: Any, recipe: Recipe = "none") -> Vectors:
    """Vectors out of gensim's ``KeyedVectors``, or of a model that has them as ``wv``.

    A float32 matrix is shared, not copied: train no further while the vectors are in use. The
    n-grams of a ``FastText`` come along. Counts come where they are some: gensim gives those
    of a file without any the numbers V, V - 1, ... 1, which are left out.

    :param recipe: how the words were normalised in training
    :raises CallError: where it is anything else
    :raises DataError: for a word that stands there twice or is no Unicode text, or a number that
        is not finite
    """
    keyed = getattr(keyed, "wv", keyed)
    if not (hasattr(keyed, "index_to_key") and hasattr(keyed, "vectors")):
        raise CallError(
            f"a {type(keyed).__name__} is no KeyedVectors of gensim 4",
            remedy="vectors in a file are opened with Vectors.open(path)",
        )
    keys, matrix, counts = parts_of(keyed)
    if matrix.ndim != 2 or len(matrix) != len(keys) or 0 in matrix.shape:
        raise DataError(f"{len(keys):,} words and vectors of shape {matrix.shape}")
    matrix = np.asarray(matrix, dtype=np.float32)
    words = [str(key) for key in keys]
    _check_finite(matrix, words)
    return Vectors(words, matrix, recipe, counts=counts, subwords=_subwords(keyed))


def to_spacy(vectors: Vectors, nlp: Any) -> Any:
    """Give a pipeline of spaCy the vectors, in the place of those that it has, and return it.

    A float32 matrix is shared, not copied, and read only. spaCy applies no recipe: where one
    lowers case, a word is also found capitalised and in capitals. A component that was trained
    with other vectors no longer fits.

    :param nlp: ``spacy.blank("pt")``, say
    :raises CallError: where spaCy is not installed, or ``nlp`` is no pipeline
    """
    module = _imported("spacy.vectors", "spacy")
    if not hasattr(nlp, "vocab"):
        raise CallError(
            f"a {type(nlp).__name__} is no pipeline of spaCy", remedy='such as spacy.blank("pt")'
        )
    vocab = nlp.vocab
    made = module.Vectors(
        strings=vocab.strings,
        data=_shared(vectors),
        keys=[vocab.strings.add(word) for word in vectors.words],
        name=f"{vocab.lang}_nlpseq.vectors",
    )
    if vectors.recipe != "none":  # spaCy has attr="LOWER" for it, and forgets it on saving
        for row, word in enumerate(vectors.words):
            for form in (word.capitalize(), word.upper()):
                if (key := vocab.strings.add(form)) not in made:
                    made.add(key, row=row)
    vocab.vectors = made
    unknown = import_module("spacy.util").OOV_RANK
    for lexeme in vocab:  # those that were there before; new ones are ranked as they are made
        lexeme.rank = made.key2row.get(lexeme.orth, unknown)
    return nlp


def _imported(module: str, package: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise CallError(
            f"{package} cannot be loaded: {error}", remedy=f"pip install 'nlpseq[{package}]'"
        ) from error


def _shared(vectors: Vectors) -> Matrix:
    matrix = vectors.matrix.view()
    matrix.flags.writeable = False
    return matrix


def _check_finite(matrix: Matrix, words: list[str]) -> None:
    # NaN and infinity come through, and no second matrix is made
    if np.isfinite(matrix.min()) and np.isfinite(matrix.max()):
        return
    for word, row in zip(words, matrix, strict=True):
        if not np.isfinite(row).all():
            raise DataError(f"the vector of {word!r} holds something that is no finite number")


def _subwords(keyed: Any) -> Subwords | None:
    """The n-grams of gensim's FastText, which are hashed as fastText's."""
    rows = getattr(keyed, "vectors_ngrams", None)
    if rows is None or not len(rows) or not 0 < keyed.max_n >= keyed.min_n:
        return None
    return Subwords(Rows(np.asarray(rows, dtype=np.float32)), keyed.min_n, keyed.max_n)
