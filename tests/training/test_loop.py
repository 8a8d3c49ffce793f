import numpy as np
import pytest
import torch
from torch import nn

from nlpseq.errors import CallError, DataError
from nlpseq.training.history import Epoch, History
from nlpseq.training.loop import device_of, train
from nlpseq.training.settings import TrainingSettings

X = torch.linspace(-1, 1, 23).unsqueeze(1)
LENGTHS = np.arange(23) % 5 + 1


def fit(validate=None, **options):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(1, 3), nn.Dropout(0.2), nn.Linear(3, 1))

    def loss(rows):
        return ((network(X[rows]) - 2 * X[rows] - 1) ** 2).mean()

    settings = TrainingSettings(**{"epochs": 4, "batch_size": 5, "learning_rate": 0.05, **options})
    history = train(network, LENGTHS, loss, settings, validate=validate)
    return network, history


def weights(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def test_loss_falls():
    _, history = fit(epochs=30)
    assert history[-1].loss < history[0].loss / 2


def test_equal_settings_give_equal_weights():
    assert torch.equal(weights(fit()[0]), weights(fit()[0]))
    assert not torch.equal(weights(fit()[0]), weights(fit(seed=1)[0]))


def test_random_state_and_threads_outside_are_left_alone():
    torch.manual_seed(7)
    wanted = torch.rand(3)
    torch.manual_seed(7)
    threads = torch.get_num_threads()
    with torch.random.fork_rng():
        fit(threads=1)
    assert torch.equal(torch.rand(3), wanted)
    assert torch.get_num_threads() == threads


def test_the_best_epoch_is_kept():
    figures = iter([0.1, 0.9, 0.5, 0.9, 0.2])
    seen = []

    def validate():
        seen.append(weights(network_of()))
        return next(figures)

    torch.manual_seed(0)
    network = nn.Linear(1, 1)

    def network_of():
        return network

    history = train(
        network,
        LENGTHS,
        lambda rows: ((network(X[rows]) - X[rows]) ** 2).mean(),
        TrainingSettings(epochs=5, patience=9),
        validate=validate,
    )
    assert history.best.number == 2  # the first of two equals
    assert torch.equal(weights(network), seen[1])
    assert not torch.equal(seen[1], seen[4])
    assert not network.training


@pytest.mark.parametrize(("patience", "epochs"), [(1, 3), (2, 4), (9, 6)])
def test_patience_ends_a_training(patience, epochs):
    figures = iter([0.1, 0.5, 0.2, 0.3, 0.4, 0.4])
    _, history = fit(validate=lambda: next(figures), epochs=6, patience=patience)
    assert len(history) == epochs


def test_each_row_counts_once_an_epoch():
    network = nn.Linear(1, 1)
    seen = []

    def loss(rows):
        seen.extend(rows.tolist())
        return (network(X[rows]) ** 2).mean()

    train(network, LENGTHS, loss, TrainingSettings(epochs=1, batch_size=4))
    assert sorted(seen) == list(range(23))


def test_gradients_are_clipped_to_their_norm():
    steps = []
    for clip in (1e-8, None):
        network = nn.Linear(1, 1)
        start = weights(network)
        optimizer = TrainingSettings(epochs=1, batch_size=99, clip_norm=clip)
        train(network, LENGTHS, lambda rows, n=network: (n(X[rows]) * 1e3).mean(), optimizer)
        steps.append((weights(network) - start).abs().max().item())
    assert steps[0] < steps[1]  # Adam's epsilon shows where gradients are tiny


def test_a_loss_that_is_no_number_stops_with_a_remedy():
    network = nn.Linear(1, 1)
    with pytest.raises(DataError, match="learning_rate"):
        train(network, LENGTHS, lambda rows: network(X[rows]).mean() * torch.nan,
              TrainingSettings())  # fmt: skip


def test_unknown_devices_are_refused():
    assert device_of("cpu").type == "cpu"
    for name in ("gpu", "cuda:99", ""):
        with pytest.raises(CallError, match="no device"):
            device_of(name)


def test_best_without_development_data_is_the_last():
    assert History([Epoch(1, 0.1, None, 1, 1), Epoch(2, 0.2, None, 1, 1)]).best.number == 2
