import time

import pytest

from nlpseq.checkpoints import Pace


@pytest.mark.parametrize("cost", [0.001, 0.3, 9.0])
@pytest.mark.parametrize("step", [0.01, 0.4])
@pytest.mark.parametrize("fails", [False, True])
def test_a_kill_costs_under_a_tenth_and_writing_a_twentieth(monkeypatch, cost, step, fails):
    """By a clock of our own: ``cost`` seconds a writing, ``step`` seconds a piece of work."""
    now, writings = 1000.0, []

    def write(pace):
        nonlocal now
        with pace.writing():
            now += cost
            writings.append(now)
            if fails:
                raise OSError

    monkeypatch.setattr(time, "monotonic", lambda: now)
    pace = Pace()
    now += 500  # before the work begins
    pace.begin()
    started = now
    while now < started + 600:
        now += step
        lost, done = now - max([started, *writings[-1:]]), now - started
        assert lost <= max(min(60.0, done / 10), 20 * max(cost, 0.05)) + step
        if pace.due:
            try:
                write(pace)
            except OSError:
                assert fails
    assert 0 < cost * len(writings) <= 0.05 * (now - started) + cost


def test_no_seconds_are_always_due():
    pace = Pace(0)
    with pace.writing():
        assert pace.due
    assert pace.due
