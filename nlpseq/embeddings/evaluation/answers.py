"""The best rows for many analogies over few words.

A test asks about the same few hundred words again and again. The cosines of a block of rows with
each of them are reckoned once; then a question is two sums of columns, for 3CosMul of their
logarithms. In float64, so that no rounding decides an answer.
"""

from collections.abc import Iterator
from typing import get_args

import numpy as np

from nlpseq.embeddings.evaluation.lookup import Floats, Ids, Lookup
from nlpseq.embeddings.query import Method
from nlpseq.embeddings.rows import Rows
from nlpseq.progress import Progress

METHODS: tuple[Method, ...] = get_args(Method)

_COSINES = 1 << 22  # that are held at a time
_LEAST, _MOST = 1 << 6, 1 << 14  # rows of a block
_DECIMALS = 12  # rows that are equal get equal cosines, and the first of them is the answer


def best(
    rows: Rows, lookup: Lookup, questions: Ids, title: str, progress: Progress
) -> dict[str, Ids]:
    """The best row for each question, by each method; -1 where there is none.

    :param questions: shape (q, 3): the places of a, b and c in the look-up's words
    :param title: what progress calls it
    :returns: for each method the answers, shape (q,), none of them a, b or c; and under the
        method's name with ``_given`` the answers that may be
    """
    answers = {
        way: _Running(len(questions)) for method in METHODS for way in (method, f"{method}_given")
    }
    used, places = np.unique(questions, return_inverse=True)
    given = [frozenset(lookup.rows[word]) for word in used]
    asked = [
        (int(a), int(b), int(c), given[a] | given[b] | given[c])
        for a, b, c in places.reshape(questions.shape)
    ]
    units = lookup.units(used)
    with progress.task(title, lookup.stop) as task:
        for start, cosines in _blocks(rows, units, lookup.stop):
            for method in METHODS:
                _ask(asked, start, *_terms(cosines, method), answers[method],
                     answers[f"{method}_given"])  # fmt: skip
            task.advance(cosines.shape[1])
    return {way: np.array(running.rows, dtype=np.int64) for way, running in answers.items()}


class _Running:
    """The best row of each question so far."""

    def __init__(self, questions: int) -> None:
        self.rows = [-1] * questions
        self.scores = [-np.inf] * questions


def _ask(
    asked: list[tuple[int, int, int, frozenset[int]]],
    start: int,
    plus: Floats,
    minus: Floats,
    without: _Running,
    within: _Running,
) -> None:
    """Go through the rows of a block.

    :param plus: shape (W, m): what each row gets for b and for c
    :param minus: shape (W, m): what it loses for a
    """
    scores = np.empty(plus.shape[1])
    for i, (a, b, c, given) in enumerate(asked):
        np.add(plus[b], plus[c], out=scores)
        np.subtract(scores, minus[a], out=scores)
        row = int(scores.argmax())
        if scores[row] > within.scores[i]:
            within.scores[i], within.rows[i] = float(scores[row]), start + row
        while scores[row] > without.scores[i]:
            if start + row not in given:
                without.scores[i], without.rows[i] = float(scores[row]), start + row
                break
            scores[row] = -np.inf
            row = int(scores.argmax())


def _terms(cosines: Floats, method: Method) -> tuple[Floats, Floats]:
    """3CosAdd and the logarithm of 3CosMul as sums (Levy and Goldberg 2014, equations 3 and 4)."""
    if method == "add":
        return cosines, cosines
    shifted = np.maximum((cosines + 1) / 2, 10.0**-_DECIMALS)
    return np.log(shifted), np.log(shifted + 0.001)


def _blocks(rows: Rows, units: Floats, stop: int) -> Iterator[tuple[int, Floats]]:
    """Cosines of blocks of rows with the words, shape (W, m); of a row of zeros 0."""
    size = min(max(_COSINES // max(len(units), 1), _LEAST), _MOST)
    for start in range(0, stop, size):
        block = rows.block(start, min(start + size, stop)).astype(np.float64)
        lengths = np.sqrt(np.einsum("ij,ij->i", block, block))
        lengths[lengths == 0] = 1
        with np.errstate(invalid="ignore"):
            cosines = (units @ block.T) / lengths
        # a damaged row is no answer to anything
        yield start, np.round(np.nan_to_num(cosines, nan=-1), _DECIMALS)
