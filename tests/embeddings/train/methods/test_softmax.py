import numpy as np
import pytest
from pydantic import ValidationError

from nlpseq.embeddings.train import train
from nlpseq.embeddings.train.methods import softmax
from nlpseq.embeddings.train.methods.softmax import Softmax
from nlpseq.embeddings.train.settings import CbowSettings, SkipGramSettings
from nlpseq.errors import CallError
from tests.embeddings.train.reference import (
    KEEP_ALL,
    STATE,
    Draws,
    groups,
    randomise,
    stream,
    tables,
)


def pairs(text, i, draws, window):
    """The inputs and the outputs of each centre of a group, as places in the text."""
    size = min(4, len(text) - i)
    around = []
    for centre in range(i, i + size):
        reach = draws.reach(window)
        span = range(max(0, centre - reach), min(len(text), centre + reach + 1))
        around.append([j for j in span if j != centre])
    return around


def loss_of(text, i, around, v, u, bag):
    """- sum log p over a group, as the module's equations have it; also the words predicted."""
    total, words = 0.0, 0
    for t, contexts in enumerate(around):
        centre = i + t
        h = np.mean([v[text[j]] for j in contexts], axis=0) if bag else v[text[centre]]
        scores = u @ h
        norm = np.log(np.exp(scores).sum())
        targets = [centre] if bag else contexts
        total += sum(norm - scores[text[j]] for j in targets)
        words += len(targets)
    return total, words


def gradient(function, array, step=1e-5):
    found = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        kept = array[place]
        array[place] = kept + step
        up = function()
        array[place] = kept - step
        found[place] = (up - function()) / (2 * step)
        array[place] = kept
    return found


def trained(given, bag, *, rate, D=3, window=2, corrected=True, scale=0.5):
    if bag:
        settings = CbowSettings(dim=D, window=window, loss="softmax", corrected=corrected)
    else:
        settings = SkipGramSettings(dim=D, window=window, loss="softmax")
    trainer = Softmax(given, settings.model_copy(update={"subsample": KEEP_ALL}))
    randomise(trainer, scale)
    V = len(given.words)
    v, u = (trainer.arrays[name][:V, :D].astype(np.float64) for name in ("inputs", "outputs"))
    random = np.array([STATE], dtype=np.uint64)
    found = trainer.train_part(given.offsets, rate, rate, random, 0)
    got = [trainer.arrays[name][:V, :D] for name in ("inputs", "outputs")]
    for array in trainer.arrays.values():
        assert not array[V:].any()
        assert not array[:, D:].any()
    draws = Draws(*tables(given.counts, KEEP_ALL))
    return got, v, u, found, draws


@pytest.mark.parametrize("bag", [False, True])
@pytest.mark.parametrize("lengths", [[4], [3], [1, 2]])
def test_a_step_follows_the_gradient_of_the_loss(bag, lengths):
    given = stream(lengths, V=9, seed=3)
    # so small a rate that a group's step is the gradient, also where a word comes twice
    got, v, u, (loss, words), draws = trained(given, bag, rate=1e-3)
    expected = np.zeros(v.shape), np.zeros(u.shape)
    total = predicted = 0
    for text, i, _ in groups(given.ids, given.offsets, draws, 0, 0):
        around = pairs(text, i, draws, 2)
        if len(text) < 2:
            continue
        group = loss_of(text, i, around, v, u, bag)
        total, predicted = total + group[0], predicted + group[1]
        for sums, array in zip(expected, (v, u), strict=True):
            sums -= gradient(
                lambda text=text, i=i, around=around: loss_of(text, i, around, v, u, bag)[0], array
            )
    assert loss == pytest.approx(total, rel=1e-4)
    assert words == predicted
    for ours, before, change in zip(got, (v, u), expected, strict=True):
        assert np.abs(change).max() > 0.1
        np.testing.assert_allclose((ours - before) / 1e-3, change, atol=5e-3)


def reference(given, draws, v, u, window, bag, corrected, rate):
    """The module's equations in float64, group by group, pair of columns by pair of columns."""
    for text, i, _ in groups(given.ids, given.offsets, draws, 0, 0):
        around = pairs(text, i, draws, window)
        if len(text) < 2:
            continue
        if bag:
            h = [np.mean([v[text[j]] for j in contexts], axis=0) for contexts in around]
        else:
            h = [v[text[i + t]].copy() for t in range(len(around))]
        dh = np.zeros((len(around), v.shape[1]))
        changes = np.zeros_like(u)
        for t, contexts in enumerate(around):
            p = np.exp(u @ h[t])
            targets = [text[i + t]] if bag else [text[j] for j in contexts]
            g = rate * (np.bincount(targets, minlength=len(u)) - len(targets) * p / p.sum())
            dh[t] = g @ u
            changes += np.outer(g, h[t])
        u += changes
        for t, contexts in enumerate(around):
            for j in contexts if bag else [i + t]:
                v[text[j]] += dh[t] / (len(contexts) if bag and corrected else 1)


@pytest.mark.parametrize(("bag", "corrected"), [(False, False), (True, False), (True, True)])
def test_the_kernel_follows_the_equations(bag, corrected):
    given = stream([41, 1, 30, 2], V=501, seed=1)
    got, v, u, _, draws = trained(given, bag, rate=0.2, D=13, window=3, corrected=corrected)
    before = v.copy(), u.copy()
    reference(given, draws, v, u, 3, bag, corrected, 0.2)
    for ours, theirs, start in zip(got, (v, u), before, strict=True):
        assert np.abs(theirs - start).max() > 0.1
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", [SkipGramSettings, CbowSettings])
def test_it_is_one_option_away(kind):
    documents = [["gato", "mia"], ["cachorro", "late"], ["rei", "reina"]] * 20
    options = {"dim": 5, "min_count": 1, "epochs": 2, "subsample": KEEP_ALL}
    first, second = (train(documents, kind(loss="softmax", **options), seed=3) for _ in range(2))
    assert first.matrix.tobytes() == second.matrix.tobytes()
    assert not np.array_equal(first.matrix, train(documents, kind(**options), seed=3).matrix)


def test_too_many_words(monkeypatch):
    monkeypatch.setattr(softmax, "MOST", 5)
    with pytest.raises(CallError, match="over 6 words takes too long"):
        Softmax(stream([9], V=6), SkipGramSettings(loss="softmax"))


@pytest.mark.parametrize("option", ["negatives", "draws", "copies"])
def test_noise_has_no_effect(option):
    with pytest.raises(ValidationError, match=f"{option} has no effect on the softmax"):
        SkipGramSettings(loss="softmax", **{option: 3})
