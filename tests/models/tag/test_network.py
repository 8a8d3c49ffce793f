import pytest
import torch

from nlpseq.models.tag import TaggerSettings
from nlpseq.models.tag.network import TaggerNetwork
from nlpseq.text.casing import CASES
from nlpseq.text.transitions import transitions
from nlpseq.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary([f"w{i}" for i in range(7)])
CHARACTERS = Vocabulary([*"abcde"])
TAGS = ["O", "B-A", "I-A"]
#: three distinct words, and two sentences of them
WORDS = (
    torch.tensor([2, 5, 1]),
    torch.tensor([0, 3, 7]),
    torch.tensor([[2, 3, 4], [6, 0, 0], [5, 5, 0]]),
    torch.tensor([3, 1, 2]),
)
ROWS, LENGTHS = torch.tensor([[0, 1, 2, 1], [2, 0, 0, 0]]), torch.tensor([4, 1])
SMALL = {"dim": 5, "hidden": 4, "character_dim": 3, "character_hidden": 6, "dropout": 0.0}


def make(**options):
    torch.manual_seed(1)
    small = {"dim": 5} if options.get("characters") == "none" else SMALL
    settings = TaggerSettings(**{**small, **options})
    characters = CHARACTERS if settings.characters != "none" else None
    allowed = transitions(TAGS, "IOB2")
    return TaggerNetwork(settings, VOCABULARY, characters, len(TAGS), allowed).eval()


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({}, 5 + 8 + 6),
        ({"characters": "lstm"}, 5 + 8 + 6),
        ({"casing": False}, 5 + 6),
        ({"casing": False, "characters": "none"}, 5),
    ],
    ids=str,
)
@pytest.mark.parametrize("encoder", [{}, {"encoder": "gru", "bidirectional": False}], ids=str)
def test_sizes(options, size, encoder):
    network = make(**options, **encoder)
    features = network.features(*WORDS)
    assert features.shape == (3, size)
    assert network(features, ROWS, LENGTHS).shape == (2, 4, 3)


def test_parameters_are_those_of_the_equations():
    network = make()
    features, hidden, tags = 5 + 8 + 6, 4, 3
    wanted = {
        "embedding": 9 * 5,
        "casing": len(CASES) * 8,
        "characters": 7 * 3 + 6 * 3 * 3 + 6,
        "encoder": 2 * (4 * hidden * (features + hidden) + 4 * hidden),
        "output": 2 * hidden * tags + tags,
        "crf": tags * tags + 2 * tags,
    }
    for name, number in wanted.items():
        learned = getattr(network, name).parameters()
        assert sum(p.numel() for p in learned if p.requires_grad) == number, name


def test_features_are_those_of_the_parts_side_by_side():
    network = make()
    ids, casing, *spelling = WORDS
    parts = [network.embedding(ids), network.casing(casing), network.characters(*spelling)]
    torch.testing.assert_close(network.features(*WORDS), torch.cat(parts, 1))


def test_emissions_are_those_of_the_encoder_s_states():
    network = make()
    features = network.features(*WORDS)
    states, _ = network.encoder(features[ROWS], LENGTHS)
    torch.testing.assert_close(network(features, ROWS, LENGTHS), network.output(states))


def test_neither_padding_nor_other_sentences_change_one():
    network = make(encoder="transformer", hidden=8, heads=2)
    features = network.features(*WORDS)
    together = network(features, ROWS, LENGTHS)
    alone = network(features, ROWS[1:, :1], LENGTHS[1:])
    torch.testing.assert_close(together[1, :1], alone[0])


def test_words_are_dropped_in_training_alone():
    network = make(word_dropout=0.999)
    usual = network.features(*WORDS)
    torch.testing.assert_close(usual, network.features(*WORDS))
    unknown = network.features(torch.full((3,), VOCABULARY.unk), *WORDS[1:])
    assert not torch.allclose(usual, unknown)
    torch.testing.assert_close(network.train().features(*WORDS), unknown)


@pytest.mark.parametrize("variational", [False, True])
def test_dropout_is_for_training_alone(variational):
    network = make(dropout=0.5, variational=variational)
    features = network.features(*WORDS)
    usual = network(features, ROWS, LENGTHS)
    torch.testing.assert_close(usual, network(features, ROWS, LENGTHS))
    assert not torch.allclose(usual, network.train()(features, ROWS, LENGTHS))


def test_without_a_crf_there_are_no_steps():
    assert make(crf=False).crf is None
    may = make().crf.may_between
    assert [TAGS[j] for j in may[0].nonzero().flatten()] == ["O", "B-A"]


@pytest.mark.parametrize(
    ("options", "learns"),
    [
        ({}, True),
        ({"embedding": "tuned"}, True),
        ({"embedding": "frozen"}, False),
        ({"embedding": "frozen", "thaw": 2}, True),
    ],
    ids=str,
)
def test_what_is_frozen_for_good_learns_nothing(options, learns):
    rows = torch.randn(9, 5)
    settings = TaggerSettings(**{**SMALL, **options})
    network = TaggerNetwork(settings, VOCABULARY, CHARACTERS, 3, None, rows)
    torch.testing.assert_close(network.embedding.weight.data, rows)
    assert network.embedding.weight.requires_grad is learns
