from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from nlpseq.embeddings.train.job import train
from nlpseq.embeddings.train.methods.glove import Glove, GloveSettings
from nlpseq.errors import DataError
from tests.embeddings.train.reference import stream


@pytest.fixture(scope="module")
def corpus():
    return stream([900, 1, 700, 400], V=600)


@pytest.fixture
def pool():
    with ThreadPoolExecutor(2) as pool:
        yield pool


def made(corpus, threads=1, seed=1, **options):
    settings = GloveSettings(**{"dim": 7, "window": 3, "x_max": 3, **options})
    return Glove(corpus, settings, seed, threads)


class Plain:
    """The module's equations, cell by cell, in float64."""

    def __init__(self, glove):
        D, width = glove.dim, glove.width
        w, c = (glove.arrays[name].astype(np.float64) for name in ("words", "contexts"))
        self.w, self.b = w[:, :D].copy(), w[:, D].copy()
        self.c, self.d = c[:, :D].copy(), c[:, D + 1].copy()
        assert (w[:, width : width + D] == 1).all()
        assert (w[:, width + D] == np.float32(0.05**2)).all()
        self.squares = [np.ones_like(x) for x in (self.w, self.c, self.b, self.d)]

    def train(self, cells, lr, x_max, alpha):
        loss = 0.0
        for i, j, log_x in cells.tolist():
            off = self.w[i] @ self.c[j] + self.b[i] + self.d[j] - log_x
            g = min(1.0, (np.exp(log_x) / x_max) ** alpha) * off
            loss += 0.5 * g * off
            gradients = [g * self.c[j], g * self.w[i], g, g]
            numbers = [(self.w, i, lr), (self.c, j, lr), (self.b, i, 1), (self.d, j, 1)]
            for (x, row, rate), s, gradient in zip(numbers, self.squares, gradients, strict=True):
                move = rate * np.clip(gradient, -100, 100)
                x[row] -= move / np.sqrt(s[row])
                s[row] += move**2
        return loss


@pytest.mark.parametrize("dim", [1, 7, 13, 50])
@pytest.mark.parametrize("alpha", [0.75, 0.3])
def test_updates_are_the_equations(corpus, pool, dim, alpha):
    glove = made(corpus, dim=dim, alpha=alpha)
    plain = Plain(glove)
    for epoch in range(2):
        done = glove.step(epoch, 0, pool)
        loss = plain.train(glove.cells, 0.05, 3, alpha)
        assert done.loss == pytest.approx(loss, rel=1e-4)
        assert done.amount == done.examples == glove.amount == len(glove.cells)
    np.testing.assert_allclose(glove.matrix(), plain.w + plain.c, rtol=1e-3, atol=1e-4)
    words, contexts = glove.arrays["words"], glove.arrays["contexts"]
    np.testing.assert_allclose(words[:, dim], plain.b, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(contexts[:, dim + 1], plain.d, rtol=1e-3, atol=1e-4)
    assert (words[:, dim + 1] == 1).all()
    assert (contexts[:, dim] == 1).all()
    squares = words[:, glove.width : glove.width + dim]
    np.testing.assert_allclose(squares, plain.squares[0], rtol=1e-3)


def test_large_gradients_are_held(corpus, pool):
    glove = made(corpus)
    for array in glove.arrays.values():
        array[:, : glove.dim] *= 1000
    plain = Plain(glove)
    glove.cells, glove.amount = glove.cells[:40], 40
    glove.step(0, 0, pool)
    plain.train(glove.cells, 0.05, 3, 0.75)
    assert plain.squares[0].max() > 25
    np.testing.assert_allclose(glove.matrix(), plain.w + plain.c, rtol=1e-3, atol=1e-2)


def test_no_gradient_that_is_no_number_is_held(corpus, pool):
    glove = made(corpus)
    glove.cells, glove.amount = glove.cells[:1], 1
    row, column = (int(glove.cells[0][name]) for name in ("row", "column"))
    glove.arrays["words"][row, 3] = np.nan
    assert np.isnan(glove.step(0, 0, pool).loss)
    assert np.isnan(glove.matrix()[[row, column]]).all()


def test_overflow_is_an_error():
    documents = [["o", "gato", "viu", "o", "rei"], ["a", "rainha", "viu", "o", "gato"]] * 5
    settings = GloveSettings(dim=5, min_count=1, learning_rate=1e30)
    with pytest.raises(DataError, match=r"the loss became (nan|inf)(?s:.*)learning_rate"):
        train(documents, settings)


def test_steps_go_once_through_the_cells(corpus, pool):
    whole, cut = made(corpus), made(corpus)
    cut.refine(7)
    whole.step(0, 0, pool)
    done = [cut.step(0, i, pool) for i in range(cut.steps)]
    assert cut.steps == 7
    assert sum(step.amount for step in done) == cut.amount
    assert cut.matrix().tobytes() == whole.matrix().tobytes()


def test_several_threads_learn_as_one_does(corpus, pool):
    losses = []
    for threads in (1, 2):
        glove = made(corpus, threads)
        epochs = [glove.step(epoch, 0, pool).loss / glove.amount for epoch in range(6)]
        assert epochs[-1] < 0.7 * epochs[0]
        losses.append(epochs[-1])
    assert losses[1] == pytest.approx(losses[0], rel=0.1)


def test_a_trainer_goes_on_from_arrays_alone(corpus, pool):
    whole, first, second = (made(corpus) for _ in range(3))
    for glove in (whole, first, second):
        glove.refine(3)
    for step in range(3):
        whole.step(0, step, pool)
    first.step(0, 0, pool)
    for name, array in first.arrays.items():
        second.arrays[name][...] = array
    for step in (1, 2):
        second.step(0, step, pool)
    assert second.matrix().tobytes() == whole.matrix().tobytes()


def test_equal_seeds_give_equal_vectors():
    documents = [["o", "gato", "viu", "o", "rei"], ["a", "rainha", "viu", "o", "gato"]] * 5
    settings = GloveSettings(dim=5, min_count=1, epochs=3)
    one, same, other = (train(documents, settings, seed=seed).matrix for seed in (1, 1, 2))
    assert one.tobytes() == same.tobytes()
    assert one.tobytes() != other.tobytes()


def test_one_word():
    vectors = train([["a", "a", "a"]] * 3, GloveSettings(dim=3, min_count=1, epochs=2))
    assert list(vectors.words) == ["a"]
    assert np.isfinite(vectors.matrix).all()


def test_documents_of_one_word_are_an_error():
    with pytest.raises(DataError, match="no two words stand in one document"):
        train([["a"], ["b"], ["a"]], GloveSettings(dim=3, min_count=1))


def test_placed_vectors_are_those_of_the_matrix(corpus):
    glove = made(corpus)
    rows, before = np.array([4, 2]), glove.matrix()
    vectors = np.random.default_rng(0).normal(size=(2, 7)).astype(np.float32)
    glove.place(rows, vectors)
    assert (glove.matrix()[rows] == vectors).all()
    others = np.delete(np.arange(len(before)), rows)
    assert (glove.matrix()[others] == before[others]).all()
