import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpseq.text.tokenize.tokens import in_original, sliced

unhurried = settings(deadline=None)  # the table of characters is made once


def int64(values):
    return np.array(values, dtype=np.int64)


@pytest.mark.parametrize(
    ("text", "starts", "ends", "words"),
    [
        ("", [], [], []),
        ("abc", [], [], []),
        ("abc", [0, 2], [1, 3], ["a", "c"]),
        ("abc", [0, 1], [1, 1], ["a", ""]),
    ],
)
def test_sliced(text, starts, ends, words):
    assert sliced(text, int64(starts), int64(ends)) == words


@pytest.mark.parametrize(
    ("starts", "ends", "origin", "firsts", "lasts"),
    [
        ([], [], [0], [], []),
        ([0, 2], [1, 3], [0, 1, 2, 3], [0, 2], [1, 3]),
        ([0, 4], [3, 5], [0, 4, 9, 10, 11, 12], [0, 11], [10, 12]),
        ([0, 1], [1, 2], [0, 0, 1], [0, 1], [1, 1]),
        ([0, 1, 2], [1, 2, 3], [0, 0, 1, 2], [0, 1, 1], [1, 1, 2]),
        ([1], [1], [0, 5, 9], [5], [5]),
    ],
)
def test_places_in_the_original(starts, ends, origin, firsts, lasts):
    words = ["x"] * len(starts)
    found = in_original(words, int64(starts), int64(ends), np.array(origin, dtype=np.int32))
    assert found.words == words
    assert found.starts.tolist() == firsts
    assert found.ends.tolist() == lasts
    assert found.starts.dtype == found.ends.dtype == np.int32


@unhurried
@given(cuts=st.lists(st.integers(0, 20)), origin=st.lists(st.integers(0, 30), min_size=20))
def test_places_are_in_order_and_apart(cuts, origin):
    cuts = sorted(cuts[: len(cuts) // 2 * 2])
    starts, ends = int64(cuts[::2]), int64(cuts[1::2])
    rising = np.array([*sorted(origin), 30], dtype=np.int32)
    found = in_original(["x"] * len(starts), starts, ends, rising)
    flat = np.stack([found.starts, found.ends], axis=1).ravel()
    assert (np.diff(flat) >= 0).all()
    assert ((flat >= 0) & (flat <= 31)).all()
