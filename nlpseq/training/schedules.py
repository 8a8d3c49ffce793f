"""Schedules: the learning rate of each update, a function of where the training stands."""

import math
from collections.abc import Iterable

from nlpseq.training.history import History
from nlpseq.training.settings import TrainingSettings


def rate(settings: TrainingSettings, update: int, updates: int, history: History) -> float:
    """The learning rate of an update.

    With η the settings' learning rate, t the update, T the updates of the whole training, w those
    of the warm-up, e the epochs done and d the drops on a plateau (:func:`drops`)::

        constant       η min(1, t / w)
        step           η min(1, t / w) decay^⌊e / decay_after⌋
        plateau        η min(1, t / w) decay^d
        inverse-sqrt   η min(t / w, √(w / t))
        cosine         η t / w for t ≤ w, then η (1 + cos(π (t − 1 − w) / (T − w))) / 2

    Inverse square root: Vaswani et al. 2017, section 5.3, with η as its peak. Cosine: Loshchilov
    and Hutter 2017, equation 5, without restarts; the first update after the warm-up has η.

    :param update: t, from 1
    :param updates: T; what comes after them, where the epochs differ in length, has T's rate
    :param history: of the epochs done
    """
    peak, warmup = settings.learning_rate, settings.warmup
    if update <= warmup:
        peak *= update / warmup
    match settings.schedule:
        case "constant":
            return peak
        case "step":
            return peak * settings.decay ** (len(history) // settings.decay_after)
        case "plateau":
            figures = (epoch.figure for epoch in history if epoch.figure is not None)
            return peak * settings.decay ** drops(figures, settings.decay_after)
        case "inverse-sqrt":
            return peak * math.sqrt(warmup / max(warmup, update))
        case "cosine":
            if update <= warmup:
                return peak
            done = (min(update, updates) - 1 - warmup) / (updates - warmup)
            return peak * (1 + math.cos(math.pi * done)) / 2


def drops(figures: Iterable[float], patience: int) -> int:
    """How often the rate has dropped: each time that ``patience`` epochs, counted anew after a
    drop, brought no figure above the best before them.
    """
    best, waited, count = -math.inf, 0, 0
    for figure in figures:
        waited = 0 if figure > best else waited + 1
        best = max(best, figure)
        if waited == patience:
            waited, count = 0, count + 1
    return count
