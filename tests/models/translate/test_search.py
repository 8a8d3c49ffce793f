import itertools
import math

import pytest
import torch

from nlpseq.models.translate import SearchSettings
from nlpseq.models.translate.search import Search, length_penalty
from nlpseq.text.vocabulary import SPECIALS, Vocabulary

from .conftest import network_of

WORDS = Vocabulary(["x", "y"], specials=SPECIALS)
SOURCE = torch.tensor([[4, 5, 5, 4, 3], [5, 3, 0, 0, 0], [4, 4, 3, 0, 0], [5, 5, 5, 3, 0]])
LENGTHS = torch.tensor([5, 2, 3, 4])
LIMIT = 4


def network(name, scale=1.0):
    made = network_of(name, WORDS)
    made.output.bias.data.mul_(scale)
    return made


def find(model, limit=LIMIT, rows=slice(None), **settings):
    search = Search(WORDS, SearchSettings(**settings), limit)
    numbers = range(len(SOURCE))[rows]
    return search(model, SOURCE[rows], LENGTHS[rows], numbers)


def likelihood(model, row, ids):
    """log P(ids and their end | source), with teacher forcing."""
    target = torch.tensor([[WORDS.bos, *ids]])
    one = slice(row, row + 1)
    states = model(SOURCE[one], LENGTHS[one], target, torch.tensor([len(ids) + 1])).context[0]
    told = model.logits(states).log_softmax(1)
    return told.gather(1, torch.tensor([*ids, WORDS.eos]).unsqueeze(1)).sum().item()


def exhaustive(model, row, exponent, limit=LIMIT):
    """Every translation, the best first."""
    ordinary = range(len(SPECIALS), len(WORDS))
    every = [
        list(ids) for n in range(1, limit + 1) for ids in itertools.product(ordinary, repeat=n)
    ]
    scores = [(likelihood(model, row, ids), ids) for ids in every]
    return sorted(scores, key=lambda one: -one[0] / length_penalty(len(one[1]) + 1, exponent))


@pytest.mark.parametrize("exponent", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("name", ["gru", "lstm", "pre-norm", "post-norm"])
@torch.no_grad()
def test_a_wide_beam_finds_what_a_search_of_all_finds(name, exponent):
    model = network(name)
    found = find(model, beam=32, n_best=5, length_penalty=exponent)
    for row, hypotheses in enumerate(found):
        wanted = exhaustive(model, row, exponent)[:5]
        assert [h.ids for h in hypotheses] == [ids for _, ids in wanted]
        for hypothesis, (score, _) in zip(hypotheses, wanted, strict=True):
            assert hypothesis.score == pytest.approx(score, abs=1e-5)


@pytest.mark.parametrize("name", ["gru", "pre-norm"])
@pytest.mark.parametrize("settings", [{}, {"beam": 3, "n_best": 2}, {"temperature": 1.3}], ids=str)
@torch.no_grad()
def test_a_score_is_the_probability_of_the_whole(name, settings):
    model = network(name)
    for row, hypotheses in enumerate(find(model, **settings)):
        assert hypotheses
        for ids, score in hypotheses:
            assert 1 <= len(ids) <= LIMIT
            assert min(ids) >= len(SPECIALS)
            assert score == pytest.approx(likelihood(model, row, ids), abs=1e-5)


@pytest.mark.parametrize("settings", [{}, {"beam": 3, "n_best": 3}, {"temperature": 1.3}], ids=str)
def test_no_sentence_depends_on_those_beside_it(network_settings, settings):
    together = find(network_settings, 20, **settings)
    for row in range(len(SOURCE)):
        [alone] = find(network_settings, 20, slice(row, row + 1), **settings)
        assert [h.ids for h in alone] == [h.ids for h in together[row]]
        for one, other in zip(alone, together[row], strict=True):
            assert one.score == pytest.approx(other.score, abs=1e-4)


@pytest.fixture(params=["gru", "post-norm"])
def network_settings(request):
    return network(request.param)


def test_a_greedy_search_takes_the_likeliest_word(network_settings):
    with torch.no_grad():
        for row, [(ids, _)] in enumerate(find(network_settings)):
            for t, word in enumerate([*ids, WORDS.eos][:LIMIT]):
                prefix = torch.tensor([[WORDS.bos, *ids[:t]]])
                one, n = slice(row, row + 1), torch.tensor([t + 1])
                states = network_settings(SOURCE[one], LENGTHS[one], prefix, n).context[0, -1]
                logits = network_settings.logits(states)
                logits[[WORDS.pad, WORDS.unk, WORDS.bos, *([] if t else [WORDS.eos])]] = -torch.inf
                assert logits.argmax() == word


def test_a_beam_of_many_does_better_than_greed():
    better = 0
    for name in ("gru", "lstm", "pre-norm", "post-norm"):
        model = network(name)
        greedy = find(model, 6)
        beam = find(model, 6, beam=8, length_penalty=0.0)
        for [one], [other] in zip(greedy, beam, strict=True):
            assert other.score >= one.score - 1e-5
            better += other.score > one.score + 1e-3
    assert better


def test_what_is_drawn_follows_the_probabilities():
    model = network("gru")
    draws = 400
    search = Search(WORDS, SearchSettings(temperature=1.0, seed=7), 1)
    many = SOURCE[:1].expand(draws, -1), LENGTHS[:1].expand(draws)
    drawn = [h.ids[0] for [h] in search(model, *many, range(draws))]
    with torch.no_grad():
        decoding = model.start(SOURCE[:1], LENGTHS[:1])
        p = decoding.step(torch.tensor([WORDS.bos]))[0, len(SPECIALS) :].softmax(0)
    share = drawn.count(len(SPECIALS)) / draws
    assert abs(share - p[0].item()) < 4 * math.sqrt(p[0].item() * p[1].item() / draws)
    again = [h.ids[0] for [h] in search(model, *many, range(draws))]
    assert again == drawn
    other = Search(WORDS, SearchSettings(temperature=1.0, seed=8), 1)
    assert [h.ids[0] for [h] in other(model, *many, range(draws))] != drawn


def test_a_low_temperature_is_greed(network_settings):
    cold = find(network_settings, temperature=1e-3)
    assert [h.ids for [h] in cold] == [h.ids for [h] in find(network_settings)]


def test_longer_hypotheses_are_favoured_by_the_penalty():
    assert length_penalty(1, 0.7) == 1
    assert length_penalty(7, 1.0) == 2
    lengths = []
    for exponent in (0.0, 5.0):
        found = find(network("pre-norm"), 12, beam=6, length_penalty=exponent)
        lengths.append(sum(len(best.ids) for [best] in found))
    assert lengths[0] < lengths[1]
