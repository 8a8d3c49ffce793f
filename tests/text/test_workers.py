import multiprocessing
import os
import signal
import time

import pytest

from nlpseq.errors import DataError, NlpseqError
from nlpseq.text import workers


def double(n):
    time.sleep(0.01 * (n % 3))
    return 2 * n


def refuse(n):
    if n == 7:
        raise DataError("seven", where="a:7", remedy="eight")
    return n


def die(n):
    if n == 6:
        os.kill(os.getpid(), signal.SIGKILL)
    return n


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize("number", [0, 1, 4, 5, 23])
def test_results_keep_the_order(processes, number):
    assert list(workers.ordered(double, range(number), processes=processes)) == [
        2 * n for n in range(number)
    ]


@pytest.mark.parametrize("processes", [1, 2])
def test_so_many_pieces_are_taken_ahead_and_no_more(processes):
    taken = 0

    def counted():
        nonlocal taken
        while taken < 30:
            taken += 1
            yield taken

    ahead = []
    for given, _ in enumerate(workers.ordered(double, counted(), processes=processes), 1):
        ahead.append(taken - given)
    assert len(ahead) == 30
    assert max(ahead) <= 2 * processes


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_arrives_whole_and_after_the_results_before_it(processes):
    got = []
    with pytest.raises(DataError) as caught:
        got.extend(workers.ordered(refuse, range(20), processes=processes))
    error = caught.value
    assert (error.message, error.where, error.remedy) == ("seven", "a:7", "eight")
    assert got == list(range(7))


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("number", [0, 3, 4, 5, 11])
def test_pieces_that_break_off_lose_nothing(processes, number):
    def broken():
        yield from range(number)
        raise DataError("bad")

    got = []
    with pytest.raises(DataError, match="bad"):
        for result in workers.ordered(double, broken(), processes=processes):
            got.append(result)
    assert got == [2 * n for n in range(number)]


def test_a_process_that_is_killed_is_said():
    with pytest.raises(NlpseqError, match="ended from outside") as caught:
        list(workers.ordered(die, range(20), processes=2))
    assert caught.value.exit_code == 1
    assert "memory" in caught.value.remedy
    assert not multiprocessing.active_children()


def test_an_abandoned_generator_ends_its_processes():
    results = workers.ordered(double, iter(range(1000)), processes=2)
    for _ in range(6):
        next(results)
    assert len(multiprocessing.active_children()) >= 1
    results.close()
    assert not multiprocessing.active_children()


def test_there_is_a_core():
    assert workers.cores() >= 1
