"""The words of a map: the first ones, a list, or the neighbourhoods of some."""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.errors import CallError, DataError, UnknownWordError

if TYPE_CHECKING:
    from nlpseq.embeddings.vectors import Vectors

Matrix = npt.NDArray[np.float32]
Groups = npt.NDArray[np.int32]

_MIDDLE = 0.1  # of a cluster: the word in its very middle is often one that nobody knows


class Choice(NamedTuple):
    """The words of a map, the heads first, then in the order that labels are wanted in.

    A head is the word that a group is known by: the word whose neighbours were asked for, or
    the first word among the tenth of a cluster that is nearest to its middle.

    :param rows: shape (n,), int64, no row twice
    :param groups: shape (n,), int32, each row's group from 0
    :param heads: how many of the first rows are heads
    :param unknown: the words asked for that the vectors do not hold
    """

    rows: npt.NDArray[np.int64]
    groups: Groups
    heads: int
    unknown: list[str]


def choose(
    vectors: "Vectors",
    *,
    first: int | None = None,
    words: Sequence[str] | None = None,
    near: Sequence[str] | None = None,
    k: int = 50,
    clusters: int | None = None,
    seed: int = 0,
) -> Choice:
    """Choose the words of a map in one of three ways.

    :param first: the first rows, which are the most frequent words as a rule
    :param words: these words; unknown ones are returned in ``unknown``
    :param near: each of these words with its ``k`` nearest neighbours, a group a word; a
        neighbour of several belongs to the nearest
    :param clusters: group ``first`` or ``words`` by k-means over vectors of length 1
    :param seed: of the clusters
    :raises UnknownWordError: where no word of ``words``, or one of ``near``, is known
    """
    if sum(way is not None for way in (first, words, near)) != 1:
        raise CallError("a map shows the first words, a list of words or neighbourhoods")
    if isinstance(words, str) or isinstance(near, str):
        raise CallError("a list of words is wanted, not a text")
    if first is not None and first < 1:
        raise CallError(f"the first {first} words are none", remedy="ask for 1 or more")
    unknown: list[str] = []
    if near is not None:
        if clusters is not None:
            raise CallError("neighbourhoods are groups already", remedy="leave clusters out")
        return _neighbourhoods(vectors, near, k)
    if words is not None:
        known = {word: vectors.find(word) for word in words}
        unknown = [word for word, row in known.items() if row is None]
        found = dict.fromkeys(row for row in known.values() if row is not None)
        if unknown and not found:
            _require_row(vectors, unknown[0])
        rows = np.array(list(found), dtype=np.int64)
    else:
        rows = np.arange(min(first or 0, len(vectors)), dtype=np.int64)
    if not len(rows):
        raise CallError("there are no words to draw", remedy="give a list that holds words")
    if clusters is None:
        return Choice(rows, np.zeros(len(rows), dtype=np.int32), 0, unknown)
    groups, heads = _cluster(vectors.rows.take(rows), clusters, seed)
    order = np.append(heads, np.setdiff1d(np.arange(len(rows)), heads))
    return Choice(rows[order], groups[order], len(heads), unknown)


def _require_row(vectors: "Vectors", word: str) -> int:
    row = vectors.find(word)
    if row is None:
        vectors[word]  # names the nearest spelling, unless it can be put together of subwords
        raise UnknownWordError(f"the vectors hold no word {word!r}")
    return row


def _neighbourhoods(vectors: "Vectors", words: Sequence[str], k: int) -> Choice:
    if not words:
        raise CallError("there are no words to draw")
    if k < 1:
        raise CallError(f"{k} neighbours are none", remedy="ask for 1 or more")
    heads = dict.fromkeys(_require_row(vectors, word) for word in words)
    best: dict[int, tuple[float, int]] = {}
    near = vectors.near_each([vectors.words[head] for head in heads], k)
    for group, neighbours in enumerate(near):
        for word, score in neighbours:
            row = _require_row(vectors, word)
            if row not in heads and (row not in best or score > best[row][0]):
                best[row] = score, group
    rest = sorted(best)
    return Choice(
        np.array([*heads, *rest], dtype=np.int64),
        np.array([*range(len(heads)), *(best[row][1] for row in rest)], dtype=np.int32),
        len(heads),
        [],
    )


def _cluster(matrix: Matrix, number: int, seed: int) -> tuple[Groups, npt.NDArray[np.int64]]:
    """Each row's cluster, by order of appearance, and the heads of the clusters."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    if number < 1:
        raise CallError(f"{number} clusters are none", remedy="ask for 1 or more")
    require_seed(seed)
    require_finite(matrix)
    kmeans = KMeans(min(number, len(matrix)), random_state=seed)
    # One thread: several add up in the order that they end in. Fewer clusters than asked for,
    # where words share a vector, are what there is.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        distances = kmeans.fit_transform(unit(matrix))
    labels = kmeans.labels_
    found, appears = np.unique(labels, return_index=True)
    found = found[np.argsort(appears)]
    groups = np.zeros(len(matrix), dtype=np.int32)
    heads = []
    for group, label in enumerate(found):
        members = np.flatnonzero(labels == label)
        groups[members] = group
        far = distances[members, label]
        heads.append(members[np.argmax(far <= np.quantile(far, _MIDDLE, method="higher"))])
    return groups, np.array(heads, dtype=np.int64)


def require_seed(seed: int) -> None:
    """A CallError for a seed that NumPy and scikit-learn do not take."""
    if not 0 <= seed < 1 << 32:
        raise CallError(f"{seed} is no seed", remedy="a seed is from 0 to 4294967295")


def require_finite(matrix: Matrix) -> None:
    """A DataError for a vector that holds NaN or an infinity."""
    finite = np.isfinite(matrix).all(axis=1)
    if not finite.all():
        raise DataError(f"vector {int(np.argmin(finite))} holds a number that is not finite")


def unit(matrix: Matrix) -> Matrix:
    """The rows at length 1; a row of zeros stays."""
    largest = np.abs(matrix).max(axis=1, keepdims=True, initial=0)
    largest[largest == 0] = 1
    unit: Matrix = matrix / largest  # so that no square overflows
    norms = np.sqrt(np.square(unit).sum(axis=1, keepdims=True))
    norms[norms == 0] = 1
    unit /= norms
    return unit
