import contextlib
import threading

import numpy as np
import pytest
import torch
from torch import nn

from nlpseq.errors import CallError, DataError
from nlpseq.training.checkpoint import Checkpoint
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


def test_random_numbers_are_new_at_each_step_and_the_same_in_each_training():
    def drawn(**options):
        network, numbers = nn.Linear(1, 1), []

        def loss(rows):
            numbers.append(torch.rand(1).item())
            return (network(X[rows]) ** 2).mean()

        train(network, LENGTHS, loss, TrainingSettings(epochs=3, batch_size=5, **options))
        return numbers

    assert len(set(drawn())) == 15
    assert drawn() == drawn()
    assert not set(drawn()) & set(drawn(seed=1))


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
    assert History([Epoch(1, 0.1, None, 1, 1, 1), Epoch(2, 0.2, None, 1, 1, 1)]).best.number == 2


def linear(settings, *, validate=None, batches=None, rows=23):
    """y = w x + b in float64 on rows of a course of its own, no randomness inside."""
    torch.manual_seed(0)
    network = nn.Linear(1, 1).double()
    x = X.double()

    def loss(rows):
        return ((network(x[rows]) - 2 * x[rows] - 1) ** 2).mean()

    history = train(network, LENGTHS[:rows], loss, settings, validate=validate, batches=batches)
    return weights(network).numpy(), history


def cut(size):
    return lambda epoch: [np.arange(23)[i : i + size] for i in range(0, 23, size)]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_accumulated_batches_equal_the_large_batch(optimizer):
    """Also the last ones of the epoch, 3 × 3 + 2 rows: each row weighs the same."""
    options = {"epochs": 2, "optimizer": optimizer, "learning_rate": 0.1}
    small, one = linear(TrainingSettings(accumulate=4, **options), batches=cut(3))
    large, other = linear(TrainingSettings(**options), batches=cut(12))
    np.testing.assert_allclose(small, large, rtol=1e-12)
    assert [e.loss for e in one] == pytest.approx([e.loss for e in other], rel=1e-12)


def test_batches_may_be_given_and_differ_by_epoch():
    seen = []

    def batches(epoch):
        return (np.array([epoch, i]) for i in range(epoch + 1))

    network = nn.Linear(1, 1)

    def loss(rows):
        seen.append(rows.tolist())
        return (network(X[rows]) ** 2).mean()

    history = train(
        network, LENGTHS, loss, TrainingSettings(epochs=2, schedule="cosine"), batches=batches
    )
    assert [row for row in seen if row[0] == 1] == [[1, 0], [1, 1]]
    assert [row for row in seen if row[0] == 2] == [[2, 0], [2, 1], [2, 2]]
    assert history[-1].rows_per_second == pytest.approx(6 / history[-1].seconds)


def kept(figures, **options):
    """The weights after each epoch, those at the end, and the history."""
    torch.manual_seed(0)
    network, after, figures = nn.Linear(1, 1), [], iter(figures)

    def validate():
        after.append(weights(network))
        return next(figures)

    history = train(
        network, LENGTHS, lambda rows: ((network(X[rows]) - X[rows]) ** 2).mean(),
        TrainingSettings(patience=9, **options), validate=validate,
    )  # fmt: skip
    return after, weights(network), history


def test_the_average_of_the_best_is_kept():
    after, end, history = kept(
        [0.1, 0.9, 0.5, 0.9, 0.2], epochs=5, keep="average", average=3, batch_size=4
    )
    torch.testing.assert_close(end, (after[1] + after[2] + after[3]) / 3)
    assert history.best.number == 2


def test_the_last_is_kept_on_request():
    after, end, history = kept([0.9, 0.1, 0.2], epochs=3, keep="last")
    assert torch.equal(end, after[2])
    assert history.best.number == 1


def test_the_average_without_development_data_is_of_the_last():
    """Three epochs of one update each, by hand: θ ← θ − η g."""
    runs = [
        linear(TrainingSettings(epochs=n, batch_size=23, optimizer="sgd", learning_rate=0.1))[0]
        for n in (2, 3)
    ]
    settings = TrainingSettings(
        epochs=3, batch_size=23, optimizer="sgd", learning_rate=0.1, keep="average", average=2
    )
    np.testing.assert_allclose(linear(settings)[0], np.mean(runs, axis=0), rtol=1e-12)


def test_the_history_tells_each_epochs_rate():
    figures = iter([0.5, 0.4, 0.6, 0.5, 0.5])
    _, history = fit(
        validate=lambda: next(figures), epochs=5, schedule="plateau", learning_rate=0.08
    )
    assert [e.learning_rate for e in history] == [0.08, 0.08, 0.04, 0.04, 0.02]
    _, history = fit(epochs=3, schedule="step", decay=0.1, warmup=10)  # of 5 updates an epoch
    assert [e.learning_rate for e in history] == pytest.approx([0.025, 0.005, 0.0005])


@pytest.mark.parametrize(
    "options",
    [
        {"optimizer": "adam"},
        {"optimizer": "adam", "weight_decay": 0.1},
        {"optimizer": "adamw", "weight_decay": 0.1},
        {"optimizer": "sgd", "weight_decay": 0.1, "momentum": 0.9},
        {"optimizer": "rmsprop", "weight_decay": 0.1},
    ],
)
def test_a_layer_thawed_after_an_epoch_moves_from_then_on(options, tmp_path):
    class CutOffError(Exception):
        pass

    def thaw(checkpoint, stop):
        torch.manual_seed(0)
        frozen, network = nn.Embedding(5, 1), nn.Linear(1, 1)
        frozen.weight.requires_grad_(False)
        seen, ids = [], torch.arange(23) % 5

        def loss(rows):
            seen.append(frozen.weight.detach().clone())
            if len(seen) > stop:
                raise CutOffError
            return ((network(frozen(ids[rows])) - X[rows]) ** 2).mean()

        def on_epoch(number):
            frozen.weight.requires_grad_(number > 2)

        settings = TrainingSettings(epochs=3, batch_size=5, learning_rate=0.1, **options)
        with contextlib.suppress(CutOffError):
            train(nn.ModuleList([frozen, network]), LENGTHS, loss, settings,
                  on_epoch=on_epoch, checkpoint=checkpoint)  # fmt: skip
        return [bool((weight != seen[0]).any()) for weight in seen]

    moved = [False] * 11 + [True] * 4  # before each of the 3 · 5 steps
    assert thaw(None, 99) == moved
    assert thaw(Checkpoint(tmp_path / "c", "", seconds=0), 7) == moved[:8]
    assert thaw(Checkpoint(tmp_path / "c", "", seconds=0), 99) == moved[7:]


def test_bf16_trains_weights_of_float32():
    network, history = fit(epochs=30, precision="bf16")
    assert history[-1].loss < history[0].loss / 2
    assert weights(network).dtype == torch.float32


def test_a_training_runs_in_any_thread_and_leaves_no_gradient():
    done = []
    thread = threading.Thread(target=lambda: done.append(fit()))
    thread.start()
    thread.join()
    network, _ = done[0]
    assert torch.equal(weights(network), weights(fit()[0]))
    assert all(p.grad is None for p in network.parameters())


def test_what_a_training_needs_and_has_not():
    with pytest.raises(CallError, match="plateau watches the development figure"):
        fit(schedule="plateau")
    with pytest.raises(DataError, match="no row"):
        linear(TrainingSettings(), rows=0)
    with pytest.raises(DataError, match="development figure became nan in epoch 1"):
        fit(validate=lambda: float("nan"))


def test_a_warm_up_without_end_is_told(caplog):
    fit(epochs=2, warmup=10)
    assert "the warmup takes 10 updates, the whole training has 10" in caplog.text
