import torch
from torch import nn

from nlpseq.training.history import Epoch, History
from nlpseq.training.settings import TrainingSettings
from nlpseq.training.weights import average, copied, kept_epochs


def history(*figures):
    return History(Epoch(i, 1.0, figure, 1.0, 1.0, 1.0) for i, figure in enumerate(figures, 1))


def test_the_epochs_kept():
    figures = history(0.1, 0.5, 0.3, 0.5, 0.2)
    assert kept_epochs(TrainingSettings(), figures) == [2]
    assert kept_epochs(TrainingSettings(keep="last"), figures) == []
    assert kept_epochs(TrainingSettings(keep="average", average=3), figures) == [2, 4, 3]
    assert kept_epochs(TrainingSettings(keep="average"), figures) == [2, 4, 3, 5, 1]


def test_the_epochs_kept_without_development_data():
    epochs = history(None, None, None)
    assert kept_epochs(TrainingSettings(), epochs) == []
    assert kept_epochs(TrainingSettings(keep="average", average=2), epochs) == [3, 2]


def test_a_figure_below_zero_can_be_the_best():
    assert history(-3.0, -2.0, -2.5).best.number == 2


def test_the_average_is_the_mean_of_floats_and_the_first_of_whole_numbers():
    networks = [nn.BatchNorm1d(3) for _ in range(3)]
    for i, network in enumerate(networks):
        network.weight.data.copy_(torch.tensor([0.1, 1.0, 7.0]) * (i + 1))
        network.num_batches_tracked.fill_(10 - i)
    mean = average([copied(network) for network in networks])
    torch.testing.assert_close(mean["weight"], torch.tensor([0.2, 2.0, 14.0]))
    assert mean["num_batches_tracked"] == 10


def test_what_is_equal_in_all_stays_as_it_is():
    frozen = {"embedding": torch.rand(1000)}
    assert torch.equal(average([frozen, frozen, frozen])["embedding"], frozen["embedding"])
