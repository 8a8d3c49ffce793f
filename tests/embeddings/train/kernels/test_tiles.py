import numpy as np
import pytest

from nlpseq.embeddings.train.kernels import tiles
from nlpseq.embeddings.train.kernels.tiles import LANES, TILE

WIDTHS = [LANES, 2 * LANES, 7 * LANES]


def matrices(width, n, rows=9, seed=0):
    random = np.random.default_rng(seed)
    h, dh, u = (random.normal(size=(k, width)).astype(np.float32) for k in (TILE, TILE, rows))
    u[-1] = 0
    g = random.normal(size=(TILE, n)).astype(np.float32)
    return h, dh, u, g


def exact(*arrays):
    return [array.astype(np.float64) for array in arrays]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "columns", [[3, 0], [7, 1, 2, 5, 1, 8], [4, 4, 4, 8], [], [7, 1, 2, 5, 0, 3, 4, 6]]
)
def test_scores(width, columns):
    h, _, u, _ = matrices(width, 6)
    s = np.full((TILE, 8), 77, np.float32)
    tiles.scores(h, u, np.array(columns, np.int64), len(columns), s)
    np.testing.assert_allclose(s[:, : len(columns)], h @ u[columns].T, rtol=1e-4, atol=1e-4)
    assert (s[:, len(columns) :] == 77).all()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("columns", [[3, 0], [7, 1, 2, 5, 1, 6], [4, 4], [2, 4, 4, 4, 4, 4]])
def test_update_follows_its_equation_a_column_after_the_other(width, columns):
    h, dh, u, g = matrices(width, len(columns))
    want_dh, want_u = exact(dh, u)
    for c, row in enumerate(columns):
        want_dh += np.outer(g[:, c], want_u[row])
        want_u[row] += g[:, c] @ h
    kept = h.copy()
    tiles.update(h, dh, u, np.array(columns, np.int64), len(columns), g.copy())
    np.testing.assert_allclose(dh, want_dh, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(u, want_u, rtol=1e-4, atol=1e-4)
    assert np.array_equal(h, kept)
    assert not u[-1].any()


@pytest.mark.parametrize("columns", [[3, 0], [7, 1, 2, 5], [4, 4, 8, 8]])
def test_gather_adds_rows_to_the_local_ones(columns):
    h, _, u, g = matrices(3 * LANES, len(columns))
    kept = u.copy()
    want = h + g.astype(np.float64) @ u[columns]
    tiles.gather(h, u, np.array(columns, np.int64), len(columns), g)
    np.testing.assert_allclose(h, want, rtol=1e-4, atol=1e-4)
    assert np.array_equal(u, kept)


@pytest.mark.parametrize("columns", [[3, 0], [7, 1, 2, 5], [4, 4, 1, 4]])
def test_scatter_adds_the_local_rows_to_others(columns):
    h, _, u, g = matrices(3 * LANES, len(columns))
    kept, (want,) = h.copy(), exact(u)
    np.add.at(want, columns, g.T.astype(np.float64) @ h)
    tiles.scatter(h, u, np.array(columns, np.int64), len(columns), g)
    np.testing.assert_allclose(u, want, rtol=1e-4, atol=1e-4)
    assert np.array_equal(h, kept)


def test_what_is_no_number_stays_so():
    h, _, u, _ = matrices(LANES, 2)
    h[0, 0], h[1, 0] = np.nan, np.inf
    s = np.zeros((TILE, 2), np.float32)
    tiles.scores(h, np.abs(u) + 1, np.array([1, 2]), 2, s)
    assert np.isnan(s[0]).all()
    assert np.isinf(s[1]).all()
    assert np.isfinite(s[2:]).all()
