"""What a method of training is to the job that runs it: arrays, and an epoch cut into steps."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.rows import Matrix
from nlpseq.embeddings.subwords import Subwords

_log = logging.getLogger(__name__)


class Trained(NamedTuple):
    """What one step did."""

    amount: int  #: tokens gone through; of GloVe cells of the co-occurrence matrix
    loss: float  #: the sum over the examples whose loss was taken
    examples: float  #: so many


class Trainer(ABC):
    """Arrays that are trained in place.

    A step is a function of the arrays, the seed, and its own number: random state is made anew
    for each, so that arrays and the number of the next step are all that a checkpoint needs.
    """

    #: what amounts count
    unit: ClassVar[str] = "words"
    #: all that training changes, by name: what a checkpoint keeps. Loaded in place.
    arrays: Mapping[str, npt.NDArray[Any]]
    #: those of them that the vectors are made of: what is kept of the best epoch
    made_of: ClassVar[tuple[str, ...]] = ("inputs",)
    #: steps of an epoch; one takes a second at most, between two looks at Ctrl-C
    steps: int
    #: the sum of the amounts of an epoch's steps
    amount: int

    @abstractmethod
    def step(self, epoch: int, step: int, pool: Executor) -> Trained:
        """Train on one part of the corpus; both numbers count from 0."""

    @abstractmethod
    def matrix(self) -> Matrix:
        """The word vectors as they are now, shape (V, D): a view where there is one."""

    def subwords(self) -> Subwords | None:
        """What vectors of unknown words are made of, where the method learns that."""
        return None

    def refine(self, times: int) -> None:
        """Cut epochs into so many times as many steps; before the first one."""
        self.steps *= times

    def take_subwords(self, saved: Subwords | None) -> None:
        """Start from the subwords of saved vectors: to be written by a method that has any.

        :raises CallError: where they cannot be the method's
        """
        if saved is not None:
            _log.warning("the method has no subwords: those to start from are left out")

    def place(self, rows: npt.NDArray[np.int64], vectors: Matrix) -> None:
        """Give words these vectors: :meth:`matrix` then has them there.

        A method whose matrix is no view of its arrays says itself what they have to be.

        :param rows: shape (n,), each once
        :param vectors: shape (n, D)
        """
        self.matrix()[rows] = vectors
