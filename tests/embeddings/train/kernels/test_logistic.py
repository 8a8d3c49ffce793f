import numpy as np

from nlpseq.embeddings.train.kernels.logistic import errors, loss, sigmoid


def test_sigmoid_is_right_to_a_millionth():
    x = np.linspace(-6, 6, 1201, dtype=np.float32)
    got = np.array([sigmoid(value) for value in x], dtype=np.float64)
    np.testing.assert_allclose(got, 1 / (1 + np.exp(-x.astype(np.float64))), atol=1e-6)
    assert sigmoid(np.float32(0)) == 0.5


def pairs(seed=0):
    random = np.random.default_rng(seed)
    s = random.uniform(-5.9, 5.9, (4, 6)).astype(np.float32)
    weight = random.random((4, 6)).astype(np.float32)
    weight[1, 2] = weight[3] = 0
    return s, weight


def test_errors_are_minus_the_gradient_of_the_loss():
    s, weight = pairs()
    step, expected = 1e-2, np.zeros(s.shape)
    for place in np.ndindex(s.shape):
        up, down = s.copy(), s.copy()
        up[place] += step
        down[place] -= step
        width = float(up[place]) - float(down[place])
        expected[place] = (loss(down, weight, 2, 6) - loss(up, weight, 2, 6)) / width
    errors(s, weight, 2, 6)
    np.testing.assert_allclose(s, expected, atol=1e-4)
    assert s[1, 2] == 0
    assert not s[3].any()
    assert (s[0, :2] > 0).all()
    assert (s[0, 2:] < 0).all()


def test_columns_beyond_are_left():
    s, weight = pairs()
    before = s.copy()
    errors(s, weight, 1, 3)
    assert np.array_equal(s[:, 3:], before[:, 3:])


def test_scores_beyond_six_count_as_six():
    weight = np.ones((4, 2), np.float32)
    far, edge = (np.full((4, 2), x, np.float32) for x in (-1e9, -6))
    errors(far, weight, 1, 2)
    errors(edge, weight, 1, 2)
    assert np.array_equal(far, edge)
