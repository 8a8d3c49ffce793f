import numpy as np
import pytest
import torch
from torch import nn

from nlpseq.training.optimizers import clip, optimizer_of, restore, set_rate, state_of
from nlpseq.training.settings import TrainingSettings

START = np.array([0.5, -1.5, 2.0])
GRADIENTS = np.array([[0.1, -2.0, 0.0], [0.3, 1.0, 0.0], [-0.2, 0.5, 1.0]])


def updated(settings, gradients=GRADIENTS):
    theta = nn.Parameter(torch.tensor(START))
    optimizer = optimizer_of(settings, [theta])
    for g in gradients:
        theta.grad = torch.tensor(g)
        optimizer.step()
    return theta.detach().numpy()


def sgd(theta, eta, decay, momentum):
    b = None
    for g in GRADIENTS:
        g = g + decay * theta
        b = g if b is None else momentum * b + g
        theta = theta - eta * b
    return theta


def rmsprop(theta, eta, decay):
    v = 0
    for g in GRADIENTS:
        g = g + decay * theta
        v = 0.9 * v + 0.1 * g**2
        theta = theta - eta * g / (np.sqrt(v) + 1e-8)
    return theta


def adam(theta, eta, decay, b1, b2, decoupled=False):
    m = v = 0
    for t, g in enumerate(GRADIENTS, start=1):
        if decoupled:
            theta = theta - eta * decay * theta
        else:
            g = g + decay * theta
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        theta = theta - eta * m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + 1e-8)
    return theta


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"optimizer": "sgd"}, sgd(START, 0.1, 0, 0)),
        ({"optimizer": "sgd", "weight_decay": 0.2}, sgd(START, 0.1, 0.2, 0)),
        ({"optimizer": "sgd", "momentum": 0.9}, sgd(START, 0.1, 0, 0.9)),
        ({"optimizer": "rmsprop"}, rmsprop(START, 0.1, 0)),
        ({"optimizer": "rmsprop", "weight_decay": 0.2}, rmsprop(START, 0.1, 0.2)),
        ({"optimizer": "adam"}, adam(START, 0.1, 0, 0.9, 0.999)),
        ({"optimizer": "adam", "weight_decay": 0.2}, adam(START, 0.1, 0.2, 0.9, 0.999)),
        ({"optimizer": "adam", "betas": (0.8, 0.98)}, adam(START, 0.1, 0, 0.8, 0.98)),
        (
            {"optimizer": "adamw", "weight_decay": 0.2},
            adam(START, 0.1, 0.2, 0.9, 0.999, decoupled=True),
        ),
    ],
)
def test_three_updates_equal_the_equations(options, wanted):
    theta = updated(TrainingSettings(learning_rate=0.1, **options))
    np.testing.assert_allclose(theta, wanted, rtol=1e-7)


@pytest.mark.parametrize("name", ["sgd", "rmsprop", "adam", "adamw"])
def test_a_parameter_without_gradient_stays(name):
    frozen, other = nn.Parameter(torch.ones(2), requires_grad=False), nn.Parameter(torch.ones(2))
    optimizer = optimizer_of(TrainingSettings(optimizer=name, weight_decay=0.1), [frozen, other])
    other.grad = torch.ones(2)
    optimizer.step()
    assert torch.equal(frozen, torch.ones(2))
    assert not torch.equal(other, torch.ones(2))


def test_the_rate_is_that_of_the_next_update():
    theta = nn.Parameter(torch.tensor(START))
    optimizer = optimizer_of(TrainingSettings(optimizer="sgd"), [theta])
    set_rate(optimizer, 0.25)
    theta.grad = torch.tensor(GRADIENTS[0])
    optimizer.step()
    np.testing.assert_allclose(theta.detach(), START - 0.25 * GRADIENTS[0])


def clipped(**options):
    a, b = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(1))
    a.grad, b.grad = torch.tensor([3.0, -0.1]), torch.tensor([-4.0])
    clip([a, b, nn.Parameter(torch.zeros(1))], TrainingSettings(**options))
    return np.array([*a.grad.tolist(), *b.grad.tolist()])


def test_clipping_by_value_and_by_norm():
    g = np.array([3.0, -0.1, -4.0])
    np.testing.assert_allclose(clipped(clip_norm=None), g)
    np.testing.assert_allclose(clipped(clip_norm=1.0), g / np.sqrt(9 + 0.01 + 16), rtol=1e-5)
    np.testing.assert_allclose(clipped(clip_norm=9.0), g, rtol=1e-6)
    np.testing.assert_allclose(clipped(clip_norm=None, clip_value=0.5), [0.5, -0.1, -0.5])
    both = np.array([0.5, -0.1, -0.5])
    wanted = both * 0.3 / np.sqrt((both**2).sum())
    np.testing.assert_allclose(clipped(clip_norm=0.3, clip_value=0.5), wanted, rtol=1e-5)


@pytest.mark.parametrize("tensors", [{"1.exp_avg": (3,)}, {"0.exp_avg": (4,)}, {"x.exp_avg": (3,)}])
def test_a_state_that_fits_no_parameter_is_refused(tensors):
    optimizer = optimizer_of(TrainingSettings(), [nn.Parameter(torch.tensor(START))])
    with pytest.raises(ValueError):
        restore(optimizer, {name: torch.zeros(shape) for name, shape in tensors.items()})
    assert not state_of(optimizer)
