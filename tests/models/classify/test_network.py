import pytest
import torch

from nlpseq.models.classify import ClassifierSettings
from nlpseq.models.classify.network import ClassifierNetwork
from nlpseq.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary([f"w{i}" for i in range(9)])
IDS = torch.tensor([[2, 3, 4, 2], [5, 0, 0, 0], [6, 7, 6, 0]])
LENGTHS = torch.tensor([4, 1, 3])


def make(labels=3, **settings):
    torch.manual_seed(1)
    options = ClassifierSettings(**{"dim": 5, "max_length": 6, "dropout": 0.0, **settings})
    network = ClassifierNetwork(options, VOCABULARY, labels).double()
    torch.nn.init.normal_(network.embedding.weight[2:])
    return network.eval()


@pytest.mark.parametrize(
    ("words", "labels", "settings", "parameters"),
    [
        # deck 000: embedding 10,000 x 8, 20 words, flattened; and embedding 32, LSTM 32
        (10_000, 2, {"encoder": "flatten", "dim": 8, "max_length": 20}, 80_161),
        (10_000, 2, {"dim": 32, "hidden": 32, "bidirectional": False}, 328_353),
        (
            10_000,
            2,
            {"encoder": "rnn", "dim": 32, "hidden": 32, "bidirectional": False},
            320_000 + 32 * 65 + 33,
        ),
        (
            10_000,
            2,
            {"encoder": "cnn", "dim": 128, "hidden": 32, "widths": [7], "layers": 2, "pool": 5},
            1_280_000 + 128 * 7 * 32 + 32 + 32 * 7 * 32 + 32 + 33,
        ),
        (11, 3, {"encoder": "mean", "dim": 5}, 11 * 5 + 5 * 3 + 3),
    ],
)
def test_parameters_of_the_course(words, labels, settings, parameters):
    vocabulary = Vocabulary([f"w{i}" for i in range(words - 2)])
    network = ClassifierNetwork(ClassifierSettings(**settings), vocabulary, labels)
    assert sum(p.numel() for p in network.parameters()) == parameters


@pytest.mark.parametrize(("labels", "settings", "logits"), [
    (2, {}, 1), (2, {"multilabel": True}, 2), (1, {"multilabel": True}, 1), (3, {}, 3),
])  # fmt: skip
def test_two_labels_need_one_logit(labels, settings, logits):
    assert make(labels, hidden=3, **settings)(IDS, LENGTHS).shape == (3, logits)


def test_the_quick_way_of_a_convolution_is_the_way_of_all():
    network = make(encoder="cnn", hidden=4, widths=[2, 3], layers=2, pool=2)
    quick = network(IDS, LENGTHS)
    states, lengths = network.encoder(network.embedding(IDS), LENGTHS)
    torch.testing.assert_close(quick, network.output(network.pool(states, lengths)))


def test_the_embedding_learns_by_the_quick_way_but_not_its_padding():
    network = make(encoder="cnn", hidden=4).train()
    network(IDS, LENGTHS).sum().backward()
    moved = network.embedding.weight.grad.abs().sum(1) > 0
    assert moved.nonzero().flatten().tolist() == [2, 3, 4, 5, 6, 7]


def test_a_document_is_the_mean_of_its_windows():
    network = make(encoder="mean")
    of = torch.tensor([0, 1, 1])
    a, b = network.features(IDS[1:2], LENGTHS[1:2]), network.features(IDS[2:], LENGTHS[2:])
    wanted = network.output((a + b) / 2)
    torch.testing.assert_close(network(IDS, LENGTHS, of)[1:], wanted)


def test_words_are_dropped_in_training_alone():
    network = make(encoder="mean", word_dropout=0.999)
    torch.testing.assert_close(network(IDS, LENGTHS), network(IDS, LENGTHS))
    usual = network(IDS, LENGTHS)
    unknown = network(torch.where(IDS > 0, VOCABULARY.unk, 0), LENGTHS)
    assert not torch.allclose(usual, unknown)
    torch.testing.assert_close(network.train()(IDS, LENGTHS), unknown)


def test_a_batch_of_one_is_normalised_by_the_running_figures():
    network = make(encoder="mean", batch_norm=True).train()
    before = network.norm.running_mean.clone()
    network(IDS[:1], LENGTHS[:1]).sum().backward()
    assert torch.equal(network.norm.running_mean, before)
    network(IDS, LENGTHS)
    assert not torch.equal(network.norm.running_mean, before)


def test_the_class_vector_stands_before_the_words():
    network = make(encoder="transformer", hidden=8, heads=2, pooling="cls")
    torch.nn.init.normal_(network.class_vector)
    x = torch.cat([network.class_vector.expand(3, 1, -1), network.embedding(IDS)], dim=1)
    states, _ = network.encoder(x, LENGTHS + 1)
    torch.testing.assert_close(network(IDS, LENGTHS), network.output(states[:, 0]))
