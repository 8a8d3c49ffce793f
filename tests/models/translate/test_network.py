import pytest
import torch

from nlpseq.models.translate import TranslatorSettings
from nlpseq.models.translate.network import Rows
from nlpseq.models.translate.transformer import TransformerNetwork

from .conftest import VOCABULARY, network_of

SOURCE = torch.tensor([[4, 5, 6, 7, 3], [8, 3, 0, 0, 0], [5, 5, 3, 0, 0]])
SOURCE_LENGTHS = torch.tensor([5, 2, 3])
TARGET = torch.tensor([[2, 4, 6, 5], [2, 7, 0, 0], [2, 8, 8, 0]])
TARGET_LENGTHS = torch.tensor([4, 2, 3])


def states_of(network, target=TARGET, rows=slice(None)):
    return network(SOURCE[rows], SOURCE_LENGTHS[rows], target[rows], TARGET_LENGTHS[rows]).context


@torch.no_grad()
def test_step_by_step_is_as_all_at_once(network):
    torch.manual_seed(4)
    target = torch.randint(4, 9, (3, 37))  # longer than what memory is taken for at first
    target[:, 0] = VOCABULARY.bos
    lengths = torch.full((3,), 37)
    wanted = network.logits(network(SOURCE, SOURCE_LENGTHS, target, lengths).context)
    decoding = network.start(SOURCE, SOURCE_LENGTHS)
    for t in range(37):
        torch.testing.assert_close(decoding.step(target[:, t]), wanted[:, t], rtol=0, atol=1e-5)


@torch.no_grad()
def test_many_sentences_are_read_as_each_alone(network):
    torch.manual_seed(5)
    lengths = torch.randint(1, 8, (35,)).sort().values
    source = torch.randint(4, 9, (35, 7)).masked_fill(torch.arange(7) >= lengths[:, None], 0)
    ids = torch.full((35,), VOCABULARY.bos)
    found = network.start(source, lengths).step(ids)
    for i in range(35):
        one = slice(i, i + 1)
        alone = network.start(source[one, : lengths[i]], lengths[one]).step(ids[one])
        torch.testing.assert_close(found[one], alone, rtol=0, atol=1e-5)


@torch.no_grad()
def test_a_step_uses_the_weights_of_now(network):
    ids = TARGET[:, 0]
    network.start(SOURCE, SOURCE_LENGTHS).step(ids)
    optimizer = torch.optim.Adam(network.parameters(), 0.1, fused=True)
    with torch.enable_grad():
        states_of(network).square().sum().backward()
    optimizer.step()  # fused, as training does: torch counts no change of the weights
    given = SOURCE, SOURCE_LENGTHS, TARGET[:, :1], torch.tensor([1, 1, 1])
    wanted = network.logits(network(*given).context[:, 0])
    found = network.start(SOURCE, SOURCE_LENGTHS).step(ids)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5)


@torch.no_grad()
def test_rows_go_on_as_they_would_alone(network):
    decoding = network.start(SOURCE, SOURCE_LENGTHS)
    decoding.step(TARGET[:, 0])
    decoding.take(torch.tensor([0, 0, 1, 1, 2, 2]))  # two rows for each sentence
    decoding.step(torch.tensor([4, 5, 4, 5, 4, 5]))
    decoding.take(torch.tensor([1, 0, 4, 5]), torch.tensor([0, 2]))  # without the second
    found = decoding.step(torch.tensor([6, 7, 6, 7]))
    for row, (i, target) in enumerate(
        [(0, [2, 5, 6]), (0, [2, 4, 7]), (2, [2, 4, 6]), (2, [2, 5, 7])]
    ):
        one = slice(i, i + 1)
        given = torch.tensor([target]), torch.tensor([3])
        states = network(SOURCE[one], SOURCE_LENGTHS[one], *given).context[0]
        wanted = network.logits(states[-1:])[0]
        torch.testing.assert_close(found[row], wanted, rtol=0, atol=1e-5)


def test_what_comes_later_changes_no_earlier_state(network):
    before = states_of(network)
    for t in range(1, 4):
        later = TARGET.clone()
        later[0, t] = 8
        after = states_of(network, later)
        assert torch.equal(after[0, :t], before[0, :t])
        assert not torch.equal(after[0, t], before[0, t])


def test_every_state_knows_every_word_of_the_source(network):
    before = states_of(network)
    for j in range(5):
        source = SOURCE.clone()
        source[0, j] = 8
        after = network(source, SOURCE_LENGTHS, TARGET, TARGET_LENGTHS).context
        assert (after[0] != before[0]).any(1).all()


def test_padding_and_other_rows_change_nothing(network):
    together = states_of(network)
    for row in range(3):
        one, m, n = slice(row, row + 1), SOURCE_LENGTHS[row], TARGET_LENGTHS[row]
        alone = network(
            SOURCE[one, :m], SOURCE_LENGTHS[one], TARGET[one, :n], TARGET_LENGTHS[one]
        ).context[0]
        torch.testing.assert_close(together[row, :n], alone)


def test_weights_are_of_true_words_and_sum_to_one(network):
    weights = network(SOURCE, SOURCE_LENGTHS, TARGET, TARGET_LENGTHS, weights=True).weights
    assert weights.shape == (3, 4, 5)
    for row, (m, n) in enumerate(zip(SOURCE_LENGTHS, TARGET_LENGTHS, strict=True)):
        torch.testing.assert_close(weights[row, :n].sum(1), torch.ones(n))
        assert not weights[row, :, m:].any()


def test_matrices_that_are_tied_are_one():
    V, size = len(VOCABULARY), 8
    rest = sum(p.numel() for p in network_of("other sizes", dim=size).parameters()) - 3 * V * size
    for tied, matrices in (("none", 3), ("output", 2), ("joint", 1)):
        network = network_of("other sizes", dim=size, tied=tied)
        assert sum(p.numel() for p in network.parameters()) == rest + matrices * V * size
        assert (network.output_weight is network.target_embedding.weight) is (tied != "none")
        assert (network.source_embedding is network.target_embedding) is (tied == "joint")


@pytest.mark.parametrize("mode", ["tuned", "frozen"])
def test_embeddings_start_from_rows(mode):
    source, target = torch.randn(9, 6), torch.randn(9, 6)
    settings = TranslatorSettings(hidden=8, dim=6, embedding=mode, target_embedding=mode)
    network = TransformerNetwork(settings, VOCABULARY, VOCABULARY, Rows(source, target))
    for layer, rows in ((network.source_embedding, source), (network.target_embedding, target)):
        assert torch.equal(layer.weight, rows)
        assert layer.weight.requires_grad is (mode == "tuned")
