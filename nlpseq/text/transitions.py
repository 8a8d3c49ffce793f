"""Which tag may follow which: what a scheme says about the neighbours in a sentence."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.text.tags import Scheme, illegal


class Transitions(NamedTuple):
    """True where a step is legal; of K tags."""

    start: npt.NDArray[np.bool_]  #: shape (K,): tags that a sentence may start with
    between: npt.NDArray[np.bool_]  #: shape (K, K): [i, j], whether j may follow i
    end: npt.NDArray[np.bool_]  #: shape (K,): tags that it may end with


def transitions(tags: Sequence[str], scheme: Scheme) -> Transitions:
    """The steps that a scheme allows.

    A step is legal where some sentence of these tags and types has it. So a path of legal steps is
    a legal sentence, and the other way round.

    :raises DataError: naming a tag of no scheme at all
    """
    K = len(tags)
    starts, ends = np.zeros((K + 1, K), dtype=bool), np.zeros((K, K + 1), dtype=bool)
    for j, tag in enumerate(tags):
        # what completes an entity that tag stands in: it tells whether the tag before it is right
        kind = tag.partition("-")[2]
        suffix = f"-{kind}" if kind else ""
        closings = [[], *([f"{prefix}{suffix}"] for prefix in "IEL")]
        openings = [[], *([f"{prefix}{suffix}"] for prefix in "BI")]
        for i, before in enumerate([None, *tags]):
            lead = [before] if before is not None else []
            starts[i, j] = any(_right(lead, tag, after, scheme) for after in closings)
        for i, after in enumerate([*tags, None]):
            tail = [after] if after is not None else []
            ends[j, i] = any(_right(before, tag, tail, scheme) for before in openings)
    return Transitions(starts[0], starts[1:] & ends[:, :-1], ends[:, -1])


def _right(before: list[str], tag: str, after: list[str], scheme: Scheme) -> bool:
    """Whether a tag, but not necessarily its neighbours, is legal."""
    return all(i != len(before) for i, _ in illegal([*before, tag, *after], scheme))
