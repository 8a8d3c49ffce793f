import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.text.sequences import batches, pad, truncate

sides = st.sampled_from(["pre", "post"])
sequences = st.lists(
    st.lists(st.integers(0, 9), max_size=7).map(lambda ids: np.array(ids, dtype=np.int32)),
    max_size=5,
)


@pytest.mark.parametrize(
    ("length", "side", "kept"),
    [
        (5, "post", [1, 2, 3]),
        (3, "pre", [1, 2, 3]),
        (2, "post", [1, 2]),
        (2, "pre", [2, 3]),
        (0, "post", []),
        (0, "pre", []),
    ],
)
def test_truncate_cuts_at_its_side(length, side, kept):
    assert truncate(np.array([1, 2, 3]), length, side).tolist() == kept


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({}, [[1, 2, 3], [4, 9, 9], [9, 9, 9]]),
        ({"side": "pre"}, [[1, 2, 3], [9, 9, 4], [9, 9, 9]]),
        ({"length": 2}, [[1, 2], [4, 9], [9, 9]]),
        ({"length": 2, "truncate_side": "pre"}, [[2, 3], [4, 9], [9, 9]]),
        ({"length": 2, "side": "pre"}, [[1, 2], [9, 4], [9, 9]]),
        ({"length": 4}, [[1, 2, 3, 9], [4, 9, 9, 9], [9, 9, 9, 9]]),
        ({"length": 0}, [[], [], []]),
    ],
)
def test_pad(options, rows):
    padded = pad([np.array([1, 2, 3]), np.array([4]), np.array([], dtype=np.int32)], 9, **options)
    assert padded.tolist() == rows
    assert padded.dtype == np.int64


def test_pad_of_nothing_is_empty():
    assert pad([], 0).shape == (0, 0)
    assert pad([], 0, length=3).shape == (0, 3)


@given(sequences, st.none() | st.integers(0, 9), sides, sides)
def test_pad_keeps_the_ids_at_their_side(rows, length, side, cut):
    padded = pad(rows, -1, length=length, side=side, truncate_side=cut)
    width = max(map(len, rows), default=0) if length is None else length
    assert padded.shape == (len(rows), width)
    for got, ids in zip(padded.tolist(), rows, strict=True):
        kept = ids.tolist()
        if len(kept) > width:
            kept = kept[:width] if cut == "post" else kept[len(kept) - width :]
        filling = [-1] * (width - len(kept))
        assert got == (kept + filling if side == "post" else filling + kept)


lengths = st.lists(st.integers(0, 30), max_size=200)
seeds = st.integers(0, 2**32)


@given(lengths, st.integers(1, 7), seeds, st.integers(0, 100))
def test_each_row_comes_once_an_epoch(lengths, size, seed, epoch):
    cut = list(batches(lengths, size, seed=seed, epoch=epoch))
    assert sorted(i for batch in cut for i in batch) == list(range(len(lengths)))
    assert all(1 <= len(batch) <= size for batch in cut)


@given(lengths, st.integers(1, 7), seeds, st.integers(0, 100))
def test_an_order_is_a_function_of_seed_and_epoch(lengths, size, seed, epoch):
    np.random.seed(0)
    first = [b.tolist() for b in batches(lengths, size, seed=seed, epoch=epoch)]
    np.random.seed(1)
    again = [b.tolist() for b in batches(np.array(lengths), size, seed=seed, epoch=epoch)]
    assert again == first


def test_seed_and_epoch_each_change_the_order():
    def order(seed: int, epoch: int) -> tuple[int, ...]:
        return tuple(np.concatenate(list(batches([3] * 40, 4, seed=seed, epoch=epoch))).tolist())

    assert len({order(s, e) for s in range(3) for e in range(3)}) == 9


def test_a_batch_holds_rows_of_like_length():
    lengths = np.random.default_rng(5).permutation(60)
    for batch in batches(lengths, 6, seed=1, epoch=0):
        assert np.ptp(lengths[batch]) == 5


def test_batches_do_not_come_by_length():
    lengths = np.arange(60)
    means = [lengths[b].mean() for b in batches(lengths, 6, seed=1, epoch=0)]
    assert means != sorted(means)
    assert means != sorted(means, reverse=True)
