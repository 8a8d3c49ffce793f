import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.embeddings.train.kernels.drawing import (
    alias_table,
    draw_noise,
    draw_reach,
    keep_probability,
    longest,
    random_bits,
    states,
    thin,
)
from tests.embeddings.train.reference import STATE, Draws


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=50))
def test_alias_table_gives_the_distribution(weights):
    weights = np.array(weights)
    threshold, alias = alias_table(weights)
    assert threshold.dtype == np.uint32
    assert alias.dtype == np.int32
    own = (threshold.astype(np.float64) + 1) / 2**32
    shares = own.copy()
    np.add.at(shares, alias, 1 - own)
    np.testing.assert_allclose(shares / len(weights), weights / weights.sum(), atol=1e-8)


def test_alias_table_leaves_its_weights():
    weights = np.array([1.0, 5.0, 2.0])
    alias_table(weights)
    assert weights.tolist() == [1, 5, 2]


def test_keep_probability():
    keep = keep_probability(np.array([900, 90, 10]), 0.01)
    f = np.array([0.9, 0.09, 0.01])
    np.testing.assert_allclose(keep, np.sqrt(0.01 / f) + 0.01 / f, rtol=1e-6)
    assert keep.dtype == np.float32
    assert keep[0] < keep[1] < 1 < keep[2]


def test_the_draws_are_those_of_the_reference():
    counts = np.array([50, 20, 9, 3, 1])
    tables = [keep_probability(counts, 0.05), *alias_table(counts)]
    draws, state = Draws(*tables), np.array([STATE], dtype=np.uint64)
    document = np.array([0, 1, 0, 4, 2, 0, 0, 3] * 20, dtype=np.int32)
    text = np.zeros(len(document), np.int32)
    for _ in range(20):
        assert int(random_bits(state)) == draws.bits()
        assert [draw_noise(*tables[1:], state)] == draws.noise(1)
        assert draw_reach(5, state) == draws.reach(5)
        n = thin(document, tables[0], state, text)
        assert text[:n].tolist() == draws.thinned(document)
        assert 0 < n < len(document)


def test_draws_have_their_frequencies():
    counts = np.array([70, 20, 9, 1])
    threshold, alias = alias_table(counts)
    state = states(3, 0, 0, 1)[0]
    drawn = np.bincount([draw_noise(threshold, alias, state) for _ in range(20_000)])
    np.testing.assert_allclose(drawn / 20_000, counts / 100, atol=0.01)
    reaches = np.bincount([draw_reach(4, state) for _ in range(20_000)], minlength=5)
    np.testing.assert_allclose(reaches / 20_000, [0, 0.25, 0.25, 0.25, 0.25], atol=0.01)


def test_states_differ_by_seed_epoch_step_and_thread():
    drawn = [
        int(x)
        for key in [(1, 0, 0), (2, 0, 0), (1, 1, 0), (1, 0, 1)]
        for x in states(*key, threads=2).ravel()
    ]
    assert len(set(drawn)) == len(drawn) == 8
    assert 0 not in drawn
    assert np.array_equal(states(1, 2, 3, 2), states(1, 2, 3, 2))


def test_longest():
    assert longest(np.array([0, 3, 3, 10, 12])) == 7
    assert longest(np.array([4])) == 0
