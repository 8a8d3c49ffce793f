import numpy as np

from nlpseq.embeddings.train.kernels.copies import give, rows_of, take

V, HOT, D = 5, 3, 8


def test_two_threads_move_the_shared_rows_by_the_mean():
    matrix = np.random.default_rng(0).normal(size=(V + 4 * HOT, D)).astype(np.float32)
    first, second = V, V + 2 * HOT
    for own in (first, second):
        take((matrix,), HOT, own)
    before = matrix[:V].copy()
    matrix[first : first + HOT] += 2
    matrix[second : second + HOT] -= 1
    half = np.float32(0.5)
    give((matrix,), HOT, first, half)
    np.testing.assert_allclose(matrix[:HOT], before[:HOT] + 1, rtol=1e-6)
    give((matrix,), HOT, second, half)
    np.testing.assert_allclose(matrix[:HOT], before[:HOT] + 0.5, rtol=1e-6)
    assert (matrix[HOT:V] == before[HOT:]).all()
    assert (matrix[second : second + HOT] == matrix[:HOT]).all()
    give((matrix,), HOT, first, half)  # it has changed nothing since, but learns what the other has
    np.testing.assert_allclose(matrix[first : first + HOT], before[:HOT] + 0.5, rtol=1e-6)


def test_no_copies_are_no_change():
    matrix = np.ones((V, D), np.float32)
    take((matrix,), 0, V)
    give((matrix,), 0, V, np.float32(1))
    assert (matrix == 1).all()


def test_rows_of_a_text():
    text = np.array([0, 4, 2, 3, 1], np.int32)
    rows = np.zeros_like(text)
    rows_of(text, 4, HOT, 10, rows)
    assert rows.tolist() == [10, 4, 12, 3, 0]
    rows_of(text, 5, 0, 10, rows)
    assert rows.tolist() == text.tolist()
