from itertools import pairwise

import numpy as np
import pytest

from nlpseq.training.history import Epoch, History
from nlpseq.training.schedules import drops, rate
from nlpseq.training.settings import TrainingSettings

T = 20
t = np.arange(1, T + 1)


def history(figures):
    return History(Epoch(i, 1.0, figure, 1.0, 1.0, 1.0) for i, figure in enumerate(figures, 1))


def rates(**options):
    settings = TrainingSettings(learning_rate=0.4, **options)
    return [rate(settings, update, T, History()) for update in t]


@pytest.mark.parametrize("w", [1, 4, 7])
def test_rates_by_update_equal_the_formulas(w):
    rise = np.minimum(1, t / w)
    np.testing.assert_allclose(rates(warmup=w), 0.4 * rise)
    np.testing.assert_allclose(
        rates(schedule="inverse-sqrt", warmup=w), 0.4 * np.minimum(t / w, np.sqrt(w / t))
    )
    cosine = (1 + np.cos(np.pi * (t - 1 - w) / (T - w))) / 2
    np.testing.assert_allclose(
        rates(schedule="cosine", warmup=w), 0.4 * np.where(t <= w, t / w, cosine)
    )


def test_without_warm_up_the_first_rate_is_the_highest():
    assert rates() == [0.4] * T
    cosine = rates(schedule="cosine")
    assert cosine[0] == 0.4
    assert all(a > b > 0 for a, b in pairwise(cosine))


def test_a_warm_up_longer_than_the_training_only_rises():
    for schedule in ("constant", "cosine", "inverse-sqrt"):
        np.testing.assert_allclose(rates(schedule=schedule, warmup=50), 0.4 * t / 50)


def test_updates_beyond_the_reckoned_ones_keep_the_last_rate():
    settings = TrainingSettings(schedule="cosine")
    last = rate(settings, T, T, History())
    assert rate(settings, T + 3, T, History()) == last > 0


@pytest.mark.parametrize(("after", "wanted"), [(1, [1, 0.5, 0.25, 0.125]), (2, [1, 1, 0.5, 0.5])])
def test_step_falls_by_epochs(after, wanted):
    settings = TrainingSettings(learning_rate=1.0, schedule="step", decay_after=after)
    assert [rate(settings, 9, T, history([None] * done)) for done in range(4)] == wanted


@pytest.mark.parametrize(
    ("figures", "patience", "wanted"),
    [
        ([], 1, 0),
        ([0.1, 0.2, 0.3], 1, 0),
        ([0.1, 0.1], 1, 1),  # an equal figure is no better one
        ([0.3, 0.2, 0.25], 1, 2),
        ([0.3, 0.2, 0.25], 2, 1),
        ([0.3, 0.2, 0.2, 0.2, 0.2], 2, 2),
        ([0.3, 0.2, 0.4, 0.2], 2, 0),
        ([-5.0, -4.0, -4.5], 1, 1),
    ],
)
def test_drops_on_a_plateau(figures, patience, wanted):
    assert drops(figures, patience) == wanted


def test_plateau_halves_after_its_patience():
    settings = TrainingSettings(learning_rate=1.0, schedule="plateau", decay_after=2, patience=9)
    figures = [0.3, 0.2, 0.2, 0.2, 0.2, 0.5]
    wanted = [1, 1, 1, 0.5, 0.5, 0.25, 0.25]
    assert [rate(settings, 9, T, history(figures[:done])) for done in range(7)] == wanted
