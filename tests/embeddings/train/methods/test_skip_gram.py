import numpy as np
import pytest
from pydantic import ValidationError

from nlpseq.embeddings.train.methods.skip_gram import SkipGram, SkipGramSettings
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


def reference(ids, offsets, draws, v, u, window, negatives, number, rate, last_rate):
    """The module's equations, pair by pair, in float64; also the loss of each group."""
    losses = []
    noise = draws.noise(number)
    for text, i, lr in groups(ids, offsets, draws, rate, last_rate):
        windows = {}
        for centre in range(i, min(i + 4, len(text))):
            reach = draws.reach(window)
            windows[centre] = range(max(0, centre - reach), min(len(text), centre + reach + 1))
        span = range(min(w[0] for w in windows.values()), max(w[-1] for w in windows.values()) + 1)
        if len(span) < 2:
            continue
        columns = [(text[j], j) for j in span] + [(word, None) for word in noise]
        noise = draws.noise(number)
        v_old = {centre: v[text[centre]].copy() for centre in windows}
        u_old = [u[word].copy() for word, _ in columns]
        weights, g = np.zeros((4, len(columns))), np.zeros((4, len(columns)))
        loss = 0.0
        for t, (centre, around) in enumerate(windows.items()):
            for c, (word, j) in enumerate(columns):
                score = v_old[centre] @ u_old[c]
                if j is not None:
                    weights[t, c] = j in around and j != centre
                    g[t, c] = lr * weights[t, c] * (1 - sigmoid(score))
                    loss += weights[t, c] * np.log1p(np.exp(-score))
                else:
                    others = [k for k in around if k != centre and text[k] != word]
                    weights[t, c] = len(others) * negatives / number
                    g[t, c] = -lr * weights[t, c] * sigmoid(score)
                    loss += weights[t, c] * np.log1p(np.exp(score))
        # a column after the other
        dh = np.zeros((4, v.shape[1]))
        for c, (word, _) in enumerate(columns):
            dh += np.outer(g[:, c], u[word])
            for t, centre in enumerate(windows):
                u[word] += g[t, c] * v_old[centre]
        for t, centre in enumerate(windows):
            v[text[centre]] += dh[t]
        losses.append((loss, sum(len(w) - 1 for w in windows.values())))
    return losses


def both(given, *, rate=0.05, last_rate=0.01, t=0.02, scale=1.0, state=STATE, threads=1, **options):
    settings = SkipGramSettings(**{"dim": 7, "window": 3, "negatives": 5, "draws": 6, **options})
    trainer = SkipGram(given, settings.model_copy(update={"subsample": t}), threads=threads)
    take_all(trainer)
    randomise(trainer, scale)
    V, D = len(given.words), settings.dim
    v, u = (trainer.arrays[name][:V, :D].astype(np.float64) for name in ("inputs", "outputs"))
    before = v.copy(), u.copy()
    draws = Draws(*tables(given.counts, t), state)
    losses = reference(
        given.ids, given.offsets, draws, v, u, settings.window, settings.negatives,
        settings.draws, rate, last_rate,
    )  # fmt: skip
    random = np.array([state], dtype=np.uint64)
    found = trainer.train_part(given.offsets, rate, last_rate, random, threads - 1)
    assert int(random[0]) == draws.state
    assert not trainer.arrays["outputs"][V].any()
    for array in trainer.arrays.values():
        assert not array[:, D:].any()
    got = [trainer.arrays[name][:V, :D] for name in ("inputs", "outputs")]
    return got, (v, u), before, (found, losses)


@pytest.mark.parametrize("D", [1, 7, 13, 33])
@pytest.mark.parametrize("window", [1, 2, 5])
@pytest.mark.parametrize(("negatives", "number"), [(1, 1), (5, 7), (3, 16)])
def test_the_kernel_follows_the_equations(D, window, negatives, number):
    given = stream([17, 0, 1, 40, 2, 3, 90, 0, 5], seed=D + window)
    options = {"dim": D, "window": window, "negatives": negatives, "draws": number}
    got, expected, before, _ = both(given, scale=0.5, **options)
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
def test_noise_that_is_a_context_and_words_that_come_twice(V):
    given = stream([60, 2, 1], V=V)
    got, expected, _, _ = both(given, dim=3, t=KEEP_ALL, scale=0.3)
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_scores_beyond_six_count_as_six():
    given = stream([30, 30])
    got, expected, before, _ = both(given, dim=13, scale=5.0, t=KEEP_ALL, rate=0.01)
    assert np.abs(before[0] @ before[1].T).max() > 60
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-3)


def test_the_loss_is_taken_of_one_group_in_64():
    given = stream([600, 300])
    _, _, _, ((loss, pairs), losses) = both(given, scale=0.4, t=KEEP_ALL)
    taken = losses[63::64]
    assert len(taken) == 3
    assert pairs == sum(n for _, n in taken)
    assert loss == pytest.approx(sum(x for x, _ in taken), rel=1e-4)


def test_a_run_in_the_middle_is_trained_alone():
    given = stream([20, 30, 25])
    settings = SkipGramSettings(dim=5, window=2, draws=4, subsample=KEEP_ALL)
    whole, part = SkipGram(given, settings), SkipGram(given, settings)
    alone = given._replace(ids=given.ids[20:50], offsets=np.array([0, 30]))
    part.stream = alone
    for trainer, offsets in ((whole, given.offsets[1:3]), (part, alone.offsets)):
        randomise(trainer, 0.5)
        trainer.train_part(offsets, 0.05, 0.01, np.array([STATE], dtype=np.uint64), 0)
    for name, array in whole.arrays.items():
        assert array.tobytes() == part.arrays[name].tobytes()


def test_the_start_is_small_and_even():
    given = stream([3], V=400)
    trainer = SkipGram(given, SkipGramSettings(dim=5), seed=3)
    matrix = trainer.matrix()
    assert matrix.shape == (400, 5)
    assert -0.2 <= matrix.min() < -0.19
    assert 0.19 < matrix.max() <= 0.2
    assert abs(matrix.mean()) < 0.01
    assert not trainer.arrays["outputs"].any()
    other = SkipGram(given, SkipGramSettings(dim=5), seed=4).matrix()
    assert not np.array_equal(matrix, other)


@pytest.mark.parametrize(
    "option",
    [
        {"dim": 0},
        {"dim": 10_000},
        {"window": 0},
        {"negatives": 0},
        {"draws": 0},
        {"min_count": 0},
        {"max_vocab": 0},
        {"subsample": 0.0},
        {"epochs": 0},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"dims": 3},
    ],
)
def test_options_that_cannot_be(option):
    with pytest.raises(ValidationError, match=next(iter(option))):
        SkipGramSettings(**option)
