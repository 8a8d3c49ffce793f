import numpy as np

from nlpseq.embeddings.train.kernels.logistic import errors, loss, sigmoid


def test_sigmoid_is_right_to_a_millionth():
    x = np.linspace(-6, 6, 1201, dtype=np.float32)
    got = np.array([sigmoid(value) for value in x], dtype=np.float64)
    np.testing.assert_allclose(got, 1 / (1 + np.exp(-x.astype(np.float64))), atol=1e-6)
    assert sigmoid(np.float32(0)) == 0.5


def pairs(n=37, seed=0):
    random = np.random.default_rng(seed)
    s = random.uniform(-5.9, 5.9, n).astype(np.float32)
    weight = random.uniform(-1, 1, n).astype(np.float32)
    weight[[3, n - 1]] = 0
    return s, weight


def test_the_loss_is_its_equation():
    s, weight = (array.astype(np.float64) for array in pairs())
    p = 1 / (1 + np.exp(-s))
    expected = -np.sum(np.abs(weight) * np.log(np.where(weight > 0, p, 1 - p)))
    np.testing.assert_allclose(loss(*pairs()), expected, rtol=1e-5)


def test_errors_are_minus_the_gradient_of_the_loss():
    s, weight = pairs()
    step, expected = 1e-2, np.zeros(s.shape)
    for place in range(len(s)):
        up, down = s.copy(), s.copy()
        up[place] += step
        down[place] -= step
        width = float(up[place]) - float(down[place])
        expected[place] = (loss(down, weight) - loss(up, weight)) / width
    errors(s, weight)
    np.testing.assert_allclose(s, expected, atol=1e-4)
    assert np.array_equal(np.sign(s), np.sign(weight))
    assert s[3] == s[-1] == 0


def test_scores_beyond_six_count_as_six():
    weight = np.tile(np.array([1, -1], np.float32), 20)
    far, edge = (np.tile(np.array([-x, x], np.float32), 20) for x in (1e9, 6))
    errors(far, weight)
    errors(edge, weight)
    assert np.array_equal(far, edge)


def test_what_is_no_number_stays_so():
    s = np.full(9, np.nan, np.float32)
    errors(s, np.ones(9, np.float32))
    assert np.isnan(s).all()
