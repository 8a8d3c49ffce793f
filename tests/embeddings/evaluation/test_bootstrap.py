import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from nlpseq.embeddings.evaluation import analogies, bootstrap, corpus, similarity
from nlpseq.embeddings.evaluation.lookup import Options
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError


@given(st.integers(1, 12), st.integers(0, 99))
def test_ranks_of_drawn_items(n, seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 5, n).astype(float)
    counts = rng.multinomial(n, np.full(n, 1 / n), size=4)
    for row, drawn in zip(bootstrap._ranks(values, counts), counts, strict=True):
        assert np.repeat(row, drawn).tolist() == rankdata(np.repeat(values, drawn)).tolist()


@given(st.integers(3, 12), st.integers(0, 99))
def test_correlations_of_drawn_items(n, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 5, (2, n)).astype(float)
    counts = rng.multinomial(n, np.full(n, 1 / n), size=4)
    for found, drawn in zip(bootstrap._correlations(x, y, counts), counts, strict=True):
        expected = similarity.spearman(np.repeat(x, drawn), np.repeat(y, drawn))
        assert found == pytest.approx(0 if math.isnan(expected) else expected, abs=1e-9)


@pytest.mark.parametrize("n", [1, 7, 400])
def test_draws(n, monkeypatch):
    monkeypatch.setattr(bootstrap, "_AT_ONCE", 1000)
    parts = list(bootstrap._draws(n, 50, np.random.default_rng(0)))
    drawn = np.concatenate(parts)
    assert drawn.shape == (50, n)
    assert (drawn.sum(axis=1) == n).all()
    assert all(part.size <= 1000 for part in parts)
    assert n == 1 or len(np.unique(drawn, axis=0)) > 40


def noisy(noise, seed, V=120):
    """Vectors on a circle, and how far they stray."""
    angle = np.linspace(0, np.pi, V)
    angle = angle + np.random.default_rng(seed).normal(size=V) * noise
    matrix = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    return Vectors([f"w{i}" for i in range(V)], matrix)


PAIRS = "".join(f"w0,w{i},{120 - i}\n" for i in range(1, 120)) + "w0,x,50\n"


def test_similarity(file):
    path = file(PAIRS)
    good, bad = (similarity.evaluate(noisy(noise, 1), path) for noise in (0.1, 1))
    found = bootstrap.compare(good, bad, resamples=500)
    known = found.differences["spearman_known"]
    assert known.items == 119
    assert found.differences["spearman_all"].items == 120
    assert known.difference == pytest.approx(
        good.figures()["spearman_known"] - bad.figures()["spearman_known"]
    )
    assert 0 < known.low < known.difference < known.high
    assert known.p_value == pytest.approx(2 / 501)
    other = bootstrap.compare(bad, good, resamples=500).differences["spearman_known"]
    assert other.difference == -known.difference
    assert (other.low, other.high) == pytest.approx((-known.high, -known.low))


def test_luck_is_called_luck(file):
    path = file(PAIRS)
    one, other = (similarity.evaluate(noisy(0.5, seed), path) for seed in (1, 2))
    found = bootstrap.compare(one, other, resamples=500).differences["spearman_known"]
    assert found.low < 0 < found.high
    assert found.p_value > 0.05
    same = bootstrap.compare(one, one, resamples=50).differences["spearman_all"]
    assert same[1:] == (0, 0, 0, 1)


def test_a_seed_gives_the_same_figures(file):
    one, other = (similarity.evaluate(noisy(0.5, seed), file(PAIRS)) for seed in (1, 2))
    first, second, third = (
        bootstrap.compare(one, other, resamples=60, seed=seed) for seed in (3, 3, 4)
    )
    assert str(first) == str(second)
    assert first.figures() != third.figures()
    assert "resamples 60 seed 3" in first.signature


def test_analogies(file):
    matrix = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1]], dtype=np.float32)
    good = Vectors(["homem", "mulher", "rei", "rainha"], matrix)
    worse = Vectors(["homem", "mulher", "rei", "mesa", "rainha"], matrix[[0, 1, 2, 3, 0]])
    path = file("homem mulher rei rainha\n" * 7 + "rei rainha homem mulher\na b c d\n" * 3)
    found = bootstrap.compare(*(analogies.evaluate(v, path) for v in (good, worse)))
    known, all_ = found.differences["add_known"], found.differences["add_all"]
    assert (known.items, all_.items) == (10, 13)
    assert known.difference * 10 == pytest.approx(all_.difference * 13)
    assert known.low <= known.difference <= known.high
    assert "mul_all_p_value" in found.figures()


def test_too_little_to_draw_from(file):
    path = file("w0,w1,3\nw0,w2,4\n")
    one = similarity.evaluate(noisy(0, 0), path)
    found = bootstrap.compare(one, one)
    assert math.isnan(found.differences["spearman_known"].p_value)
    assert found.as_dict()["figures"]["spearman_known_low"] is None
    none = analogies.evaluate(noisy(0, 0), file("a b c d\n" * 5))
    assert math.isnan(bootstrap.compare(none, none).differences["add_known"].difference)
    assert bootstrap.compare(none, none).differences["add_all"].difference == 0


def test_what_does_not_compare(file):
    vectors = noisy(0, 0)
    one = similarity.evaluate(vectors, file(PAIRS))
    with pytest.raises(CallError, match="different tests"):
        bootstrap.compare(one, similarity.evaluate(vectors, file(PAIRS), Options(first=9)))
    with pytest.raises(CallError, match="different tests"):
        bootstrap.compare(one, similarity.evaluate(vectors, file("a,b,1\n")))
    text = corpus.evaluate(vectors, file("a b\n"))
    with pytest.raises(CallError, match="coverage is not compared"):
        bootstrap.compare(text, text)
