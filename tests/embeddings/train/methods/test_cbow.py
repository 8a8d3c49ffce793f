import numpy as np
import pytest

from nlpseq.embeddings.train.methods.cbow import Cbow, CbowSettings
from tests.embeddings.train.reference import (
    KEEP_ALL,
    STATE,
    Draws,
    groups,
    randomise,
    sigmoid,
    stream,
    tables,
    take_all,
)


def reference(
    ids, offsets, draws, v, u, window, negatives, number, corrected, rate, last_rate
):  # fmt: skip
    """The module's equations, centre by centre, in float64; also the loss of each group."""
    losses = []
    noise = draws.noise(number)
    for text, i, lr in groups(ids, offsets, draws, rate, last_rate):
        if len(text) < 2:
            continue
        size = min(4, len(text) - i)
        contexts = []
        for centre in range(i, i + size):
            reach = draws.reach(window)
            around = range(max(0, centre - reach), min(len(text), centre + reach + 1))
            contexts.append([j for j in around if j != centre])
        # four columns for the centres, whether or not there are as many
        columns = [*text[i : i + size], *[None] * (4 - size), *noise]
        noise = draws.noise(number)
        h = [np.mean([v[text[j]] for j in js], axis=0) for js in contexts]
        g = np.zeros((4, len(columns)))
        loss = 0.0
        for t in range(size):
            for c, word in enumerate(columns):
                if c < 4 and c != t:
                    continue
                score = h[t] @ u[word]
                if c == t:
                    g[t, c] = lr * (1 - sigmoid(score))
                    loss += np.log1p(np.exp(-score))
                elif word != columns[t]:
                    g[t, c] = -lr * negatives / number * sigmoid(score)
                    loss += negatives / number * np.log1p(np.exp(score))
        dh = np.zeros((4, v.shape[1]))
        for c, word in enumerate(columns):
            if word is not None:
                dh += np.outer(g[:, c], u[word])
                for t in range(size):
                    u[word] += g[t, c] * h[t]
        for t, js in enumerate(contexts):
            for j in js:
                v[text[j]] += dh[t] / len(js) if corrected else dh[t]
        losses.append((loss, size))
    return losses


def both(given, *, rate=0.05, last_rate=0.01, t=0.02, scale=1.0, threads=1, **options):
    settings = CbowSettings(**{"dim": 7, "window": 3, "negatives": 5, "draws": 6, **options})
    trainer = Cbow(given, settings.model_copy(update={"subsample": t}), threads=threads)
    take_all(trainer)
    randomise(trainer, scale)
    V, D = len(given.words), settings.dim
    v, u = (trainer.arrays[name][:V, :D].astype(np.float64) for name in ("inputs", "outputs"))
    before = v.copy(), u.copy()
    draws = Draws(*tables(given.counts, t))
    losses = reference(
        given.ids, given.offsets, draws, v, u, settings.window, settings.negatives,
        settings.draws, settings.corrected, rate, last_rate,
    )  # fmt: skip
    random = np.array([STATE], dtype=np.uint64)
    found = trainer.train_part(given.offsets, rate, last_rate, random, threads - 1)
    assert int(random[0]) == draws.state
    for array in trainer.arrays.values():
        assert not array[V].any()
        assert not array[:, D:].any()
    got = [trainer.arrays[name][:V, :D] for name in ("inputs", "outputs")]
    return got, (v, u), before, (found, losses)


@pytest.mark.parametrize("D", [1, 7, 33])
@pytest.mark.parametrize("window", [1, 2, 5])
@pytest.mark.parametrize(("negatives", "number"), [(1, 1), (5, 7), (3, 16)])
@pytest.mark.parametrize("corrected", [False, True])
def test_the_kernel_follows_the_equations(D, window, negatives, number, corrected):
    given = stream([17, 0, 1, 40, 2, 3, 90, 0, 5], seed=D + window)
    options = {"dim": D, "window": window, "negatives": negatives, "draws": number}
    got, expected, before, _ = both(given, scale=0.5, corrected=corrected, **options)
    for ours, theirs, start in zip(got, expected, before, strict=True):
        assert not np.allclose(theirs, start, atol=1e-3)
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("copies", [0, 2, 97, 512])
def test_copies_of_frequent_rows_change_what_the_rows_would(copies):
    given = stream([300, 1, 5100, 40, 0, 5001, 3], V=211)
    options = {"dim": 3, "window": 2, "draws": 2, "scale": 0.3, "t": 0.05, "rate": 0.02}
    got, expected, before, _ = both(given, copies=copies, threads=2, **options)
    for ours, theirs, start in zip(got, expected, before, strict=True):
        assert not np.allclose(theirs, start, atol=1e-2)
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3)


def test_a_vocabulary_of_many_words():
    given = stream([301, 257, 3], V=701)
    got, expected, before, _ = both(given, dim=25, scale=0.3, t=0.01)
    for ours, theirs, start in zip(got, expected, before, strict=True):
        assert not np.allclose(theirs, start, atol=1e-2)
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("V", [1, 2])
def test_noise_that_is_the_centre_and_words_that_come_twice(V):
    given = stream([60, 2, 1], V=V)
    got, expected, _, _ = both(given, dim=3, t=KEEP_ALL, scale=0.3, rate=0.02)
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_the_loss_is_taken_of_one_group_in_64():
    given = stream([600, 300])
    _, _, _, ((loss, centres), losses) = both(given, scale=0.4, t=KEEP_ALL, rate=0.01)
    taken = losses[63::64]
    assert len(taken) == 3
    assert centres == sum(n for _, n in taken)
    assert loss == pytest.approx(sum(x for x, _ in taken), rel=1e-3)
