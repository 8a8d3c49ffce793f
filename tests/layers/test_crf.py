"""The CRF against all paths, one by one, in float64."""

from itertools import pairwise, product

import numpy as np
import pytest
import torch

from nlpseq.layers.crf import Crf
from nlpseq.text.transitions import transitions

LENGTHS = torch.tensor([4, 1, 3, 2])
IOBES = ["O", "B-X", "I-X", "E-X", "S-X"]


def make(K=3, allowed=None, scale=1.0):
    torch.manual_seed(K)
    crf = Crf(K, allowed).double()
    with torch.no_grad():
        for parameter in crf.parameters():
            parameter.normal_(0, scale)
    emissions = torch.randn(len(LENGTHS), int(LENGTHS.max()), K, dtype=torch.float64) * scale
    return crf, emissions


def paths(crf, emissions, allowed=None):
    """Each path of one sentence and its score, by the module's first equation."""
    T, start, end = (p.detach().numpy() for p in (crf.transitions, crf.start, crf.end))
    e = emissions.numpy()
    found = {}
    for y in product(range(crf.tags), repeat=len(e)):
        steps = list(pairwise(y))
        legal = allowed is None or (
            allowed.start[y[0]] and allowed.end[y[-1]] and all(allowed.between[s] for s in steps)
        )
        if legal:
            score = start[y[0]] + end[y[-1]] + sum(T[s] for s in steps)
            found[y] = score + sum(e[t, tag] for t, tag in enumerate(y))
    return found


def each_row(crf, emissions, allowed=None):
    for row, n in enumerate(LENGTHS.tolist()):
        scores = paths(crf, emissions[row, :n], allowed)
        weights = np.exp(np.array(list(scores.values())))
        yield row, n, dict(zip(scores, weights / weights.sum(), strict=True))


CASES = [(1, None), (3, None), (5, transitions(IOBES, "IOBES"))]


@pytest.mark.parametrize(("K", "allowed"), CASES, ids=["one tag", "free", "IOBES"])
def test_likelihood_marginals_and_best_path_are_those_of_all_paths(K, allowed):
    crf, emissions = make(K, allowed)
    marginals, decoded = crf.marginals(emissions, LENGTHS), crf.decode(emissions, LENGTHS)
    total = torch.zeros(len(LENGTHS), dtype=torch.float64)
    for row, n, likely in each_row(crf, emissions, allowed):
        expected = np.zeros((n, K))
        for y, p in likely.items():
            expected[range(n), y] += p
        np.testing.assert_allclose(marginals[row, :n], expected, atol=1e-12)
        assert tuple(decoded[row, :n].tolist()) == max(likely, key=likely.get)
        assert not marginals[row, n:].any()
        assert not decoded[row, n:].any()
    for number in range(5):
        rows = list(each_row(crf, emissions, allowed))
        y = torch.zeros(emissions.shape[:2], dtype=torch.int64)
        for row, n, likely in rows:
            y[row, :n] = torch.tensor(list(likely)[number % len(likely)])
            y[row, n:] = number  # padding, and no tag
            total[row] = np.log(likely[tuple(y[row, :n].tolist())])
        got = crf.log_likelihood(emissions, y, LENGTHS).detach()
        np.testing.assert_allclose(got, total, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("K", "allowed"), CASES, ids=["one tag", "free", "IOBES"])
def test_gradients_are_those_of_finite_differences(K, allowed):
    crf, emissions = make(K, allowed)
    tags = torch.tensor([[1, 2, 2, 3], [4, 0, 0, 0], [0, 1, 3, 0], [4, 4, 0, 0]]) % K
    parameters = dict(crf.named_parameters())

    def likelihood(emissions, *values):
        given = dict(zip(parameters, values, strict=True))
        return torch.func.functional_call(crf, given, (emissions, tags, LENGTHS))

    crf.forward = crf.log_likelihood
    values = [p.detach().clone().requires_grad_() for p in parameters.values()]
    assert torch.autograd.gradcheck(likelihood, (emissions.requires_grad_(), *values))


def test_a_sentence_has_the_same_answers_alone_and_in_a_batch():
    crf, emissions = make(5, transitions(IOBES, "IOBES"))
    crf, emissions = crf.float(), emissions.float()
    together = crf.marginals(emissions, LENGTHS), crf.decode(emissions, LENGTHS)
    for row, n in enumerate(LENGTHS.tolist()):
        one, length = emissions[row : row + 1, :n], LENGTHS[row : row + 1]
        torch.testing.assert_close(crf.marginals(one, length)[0], together[0][row, :n])
        assert torch.equal(crf.decode(one, length)[0], together[1][row, :n])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_emissions_of_half_precision(dtype):
    crf, emissions = make(5, transitions(IOBES, "IOBES"))
    half = emissions.to(dtype)
    assert torch.equal(crf.decode(half, LENGTHS), crf.decode(half.double(), LENGTHS))
    marginals = crf.marginals(half, LENGTHS)
    assert marginals.dtype == dtype
    torch.testing.assert_close(marginals, crf.marginals(half.double(), LENGTHS).to(dtype))


@pytest.mark.parametrize("scale", [10.0, 100.0])
def test_large_scores_are_stable(scale):
    crf, emissions = make(4, scale=scale)
    marginals = crf.marginals(emissions, LENGTHS)
    decoded = crf.decode(emissions, LENGTHS)
    assert torch.isfinite(marginals).all()
    for row, n in enumerate(LENGTHS.tolist()):
        scores = paths(crf, emissions[row, :n])
        assert tuple(decoded[row, :n].tolist()) == max(scores, key=scores.get)
        torch.testing.assert_close(marginals[row, :n].sum(1), torch.ones(n, dtype=torch.float64))


def test_an_illegal_path_has_a_finite_loss_and_no_probability():
    crf, emissions = make(5, transitions(IOBES, "IOBES"))
    inside_first = torch.full(emissions.shape[:2], 2)
    loss = crf.log_likelihood(emissions, inside_first, LENGTHS)
    assert (loss < -5000).all()
    assert torch.isfinite(loss).all()
    assert crf.marginals(emissions, LENGTHS)[:, 0, 2].max() == 0


def test_a_long_sentence():
    crf, _ = make(5, transitions(IOBES, "IOBES"))
    n = 50_000
    emissions = torch.randn(1, n, 5, dtype=torch.float64)
    length = torch.tensor([n])
    decoded = crf.decode(emissions, length)
    likelihood = crf.log_likelihood(emissions, decoded, length)
    assert torch.isfinite(likelihood).all()
    assert likelihood < 0
