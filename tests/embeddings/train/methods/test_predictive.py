"""How skip-gram, CBOW and fastText go through a stream."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.embeddings.train.methods.skip_gram import SkipGram
from nlpseq.embeddings.train.settings import SkipGramSettings
from nlpseq.embeddings.train.stream import Stream
from nlpseq.embeddings.words import Words

LENGTHS = st.lists(st.integers(0, 9), min_size=1, max_size=20).filter(any)


def trainer_of(lengths, *, threads=1, times=1):
    offsets = np.cumsum([0, *lengths])
    ids = np.arange(offsets[-1], dtype=np.int32) % 2
    stream = Stream(Words.of(["rei", "rainha"]), np.array([3, 2]), ids, offsets)
    trainer = SkipGram(stream, SkipGramSettings(dim=5, min_count=1), 1, threads)
    trainer.refine(times)
    return trainer


@given(LENGTHS, st.integers(1, 4), st.integers(1, 7))
def test_each_thread_goes_through_its_stretch_and_all_together_through_everything(
    lengths, threads, times
):
    trainer = trainer_of(lengths, threads=threads, times=times)
    steps = [trainer.parts(step) for step in range(trainer.steps)]
    runs = [steps[step][thread] for thread in range(threads) for step in range(trainer.steps)]
    assert runs[0][0] == 0
    assert sum(lengths[runs[-1][1] :]) == 0  # but for empty documents
    assert all(before[1] == after[0] for before, after in pairwise(runs))


def test_stretches_are_equally_long():
    trainer = trainer_of([1] * 60, threads=3, times=4)
    assert trainer.parts(0) == [(0, 5), (20, 25), (40, 45)]
    assert trainer.parts(3) == [(15, 20), (35, 40), (55, 60)]


def test_a_step_tells_how_many_words_it_went_through():
    trainer = trainer_of([4, 0, 2, 5, 3], threads=2, times=2)
    with ThreadPoolExecutor(2) as pool:
        assert sum(trainer.step(0, step, pool).amount for step in range(trainer.steps)) == 14


def test_the_rate_falls_from_step_to_step():
    trainer = trainer_of([3, 3], times=2)
    trainer.epochs, trainer.learning_rate, trainer.last_rate = 2, 0.4, 0.1
    rates = [trainer.rate(epoch, step) for epoch in (0, 1) for step in (0, 1, 2)]
    assert rates == pytest.approx([0.4, 0.3, 0.2, 0.2, 0.1, 0.04])
