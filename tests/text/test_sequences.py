import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.errors import CallError
from nlpseq.text.sequences import batches, longest_first, mask, one_hot, pad, truncate, windows

sides = st.sampled_from(["pre", "post"])
cuts = st.sampled_from(["pre", "post", "both"])
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
        (3, "both", [1, 2, 3]),
        (2, "both", [1, 3]),
        (1, "both", [1]),
        (0, "both", []),
    ],
)
def test_truncate_cuts_at_its_side(length, side, kept):
    assert truncate(np.array([1, 2, 3]), length, side).tolist() == kept


@given(st.integers(0, 20), st.integers(0, 12))
def test_truncating_at_both_sides_keeps_head_and_tail(n, length):
    kept = truncate(np.arange(n), length, "both").tolist()
    if n <= length:
        assert kept == list(range(n))
    else:
        head, tail = length - length // 2, length // 2
        assert kept == [*range(head), *range(n - tail, n)]


def test_one_hot_is_the_look_up():
    ids, E = np.array([2, 0, 2]), np.random.default_rng(1).normal(size=(4, 3))
    assert one_hot(ids, 4).tolist() == [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]]
    assert np.array_equal(one_hot(ids, 4) @ E, E[ids])
    assert one_hot(ids[:0], 4).shape == (0, 4)


@pytest.mark.parametrize(
    ("n", "length", "most", "expected"),
    [
        (0, 3, 2, []),
        (3, 3, 2, ["012"]),
        (5, 3, 2, ["012", "34"]),
        (7, 3, 2, ["012", "456"]),
        (9, 2, 3, ["01", "34", "78"]),
        (7, 3, 1, ["012"]),
    ],
)
def test_windows(n, length, most, expected):
    cut = windows(np.arange(n), length, most)
    assert ["".join(map(str, window)) for window in cut] == expected


@given(st.integers(0, 60), st.integers(1, 9), st.integers(1, 9))
def test_windows_cover_the_document_or_are_spread_over_it(n, length, most):
    cut = [window.tolist() for window in windows(np.arange(n), length, most)]
    assert len(cut) <= most
    assert all(0 < len(window) <= length for window in cut)
    flat = [i for window in cut for i in window]
    assert flat == sorted(set(flat))  # in order, without overlap
    if n <= length * most:
        assert flat == list(range(n))
    else:
        assert flat[0] == 0
        assert most == 1 or flat[-1] == n - 1
        assert all(len(window) == length for window in cut)
        gaps = np.diff([window[0] for window in cut])
        assert len(gaps) == 0 or gaps.max() - gaps.min() <= 1


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({}, [[1, 2, 3], [4, 9, 9], [9, 9, 9]]),
        ({"side": "pre"}, [[1, 2, 3], [9, 9, 4], [9, 9, 9]]),
        ({"length": 2}, [[1, 2], [4, 9], [9, 9]]),
        ({"length": 2, "truncate_side": "pre"}, [[2, 3], [4, 9], [9, 9]]),
        ({"length": 2, "side": "pre"}, [[1, 2], [9, 4], [9, 9]]),
        ({"length": 2, "truncate_side": "both"}, [[1, 3], [4, 9], [9, 9]]),
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


@given(sequences, st.none() | st.integers(0, 9), sides, cuts)
def test_pad_keeps_the_ids_at_their_side(rows, length, side, cut):
    padded = pad(rows, -1, length=length, side=side, truncate_side=cut)
    width = max(map(len, rows), default=0) if length is None else length
    assert padded.shape == (len(rows), width)
    for got, ids in zip(padded.tolist(), rows, strict=True):
        kept = truncate(ids, width, cut).tolist()
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


@given(lengths, st.integers(1, 7), seeds, st.integers(0, 100))
def test_the_order_by_sentences_stays_for_runs_to_go_on(lengths, size, seed, epoch):
    random = np.random.default_rng((seed, epoch))
    order = random.permutation(len(lengths)).tolist()
    cut = []
    for start in range(0, len(order), 50 * size):
        pool = sorted(order[start : start + 50 * size], key=lambda i: lengths[i])
        cut += [pool[i : i + size] for i in range(0, len(pool), size)]
    expected = [cut[i] for i in random.permutation(len(cut))]
    got = list(batches(lengths, size, seed=seed, epoch=epoch))
    assert [b.tolist() for b in got] == expected
    assert all(b.dtype == np.int64 for b in got)


@given(lengths, st.integers(1, 60), seeds, st.integers(0, 100))
def test_batches_by_tokens_are_full_to_their_size(lengths, size, seed, epoch):
    cut = [b.tolist() for b in batches(lengths, size, seed=seed, epoch=epoch, unit="tokens")]
    assert sorted(i for batch in cut for i in batch) == list(range(len(lengths)))
    for batch in cut:
        assert batch
        assert len(batch) == 1 or len(batch) * max(1, *(lengths[i] for i in batch)) <= size
    np.random.seed(1)
    again = batches(np.array(lengths), size, seed=seed, epoch=epoch, unit="tokens")
    assert [b.tolist() for b in again] == cut


def test_batches_by_tokens_hold_rows_of_like_length_in_random_order():
    lengths = np.random.default_rng(5).integers(1, 40, 2000)
    cut = list(batches(lengths, 200, seed=1, epoch=0, unit="tokens"))
    area = sum(len(b) * lengths[b].max() for b in cut)
    assert area < 1.15 * lengths.sum()  # little filling
    assert len(cut) < 1.3 * lengths.sum() / 200  # well filled
    widths = [lengths[b].max() for b in cut]
    assert widths != sorted(widths)
    assert (
        len(
            {
                tuple(np.concatenate(list(batches(lengths, 200, seed=s, epoch=e, unit="tokens"))))
                for s in range(2)
                for e in range(2)
            }
        )
        == 4
    )


def test_long_and_empty_rows_by_tokens():
    cut = batches([9, 0, 0, 0, 2, 7], 2, seed=1, epoch=0, unit="tokens")
    assert sorted(sorted(b.tolist()) for b in cut)[-2:] == [[4], [5]]
    assert list(batches([], 5, seed=1, epoch=0, unit="tokens")) == []
    empty = list(batches([0] * 10, 5, seed=1, epoch=0, unit="tokens"))
    assert [len(b) for b in empty] == [5, 5]


@pytest.mark.parametrize("unit", ["sentences", "tokens"])
@pytest.mark.parametrize("size", [0, -1])
def test_a_batch_of_no_size(unit, size):
    with pytest.raises(CallError, match="size"):
        list(batches([1, 2], size, seed=0, epoch=0, unit=unit))


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ({}, ["110", "000", "111"]),
        ({"side": "pre"}, ["011", "000", "111"]),
        ({"width": 4}, ["1100", "0000", "1110"]),
        ({"width": 4, "side": "pre"}, ["0011", "0000", "0111"]),
        ({"width": 2}, ["11", "00", "11"]),
        ({"width": 2, "side": "pre"}, ["11", "00", "11"]),
        ({"width": 0}, ["", "", ""]),
    ],
)
def test_mask(options, rows):
    for lengths in ([2, 0, 3], np.array([2, 0, 3])):
        inside = mask(lengths, **options)
        assert inside.dtype == np.bool_
        assert ["".join(map(str, map(int, row))) for row in inside] == rows


def test_mask_of_nothing_is_empty():
    assert mask([]).shape == (0, 0)
    assert mask([], 3).shape == (0, 3)


@given(sequences, st.none() | st.integers(0, 9), sides, cuts)
def test_mask_is_where_pad_puts_the_ids(rows, length, side, cut):
    padded = pad(rows, -1, length=length, side=side, truncate_side=cut)
    inside = mask([len(ids) for ids in rows], length, side=side)
    assert (inside == (padded >= 0)).all()
    assert inside.shape == padded.shape


@given(st.lists(st.integers(0, 20), max_size=30), st.integers(-1, 7))
def test_batches_for_prediction_hold_each_row_once_the_longest_first(lengths, size):
    told = []

    def fits(left):
        told.append(len(left))
        return size

    batches = list(longest_first(lengths, fits))
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    ordered = [lengths[i] for batch in batches for i in batch[::-1]]
    assert ordered == sorted(lengths, reverse=True)
    assert [len(batch) for batch in batches[:-1]] == [max(1, size)] * (len(batches) - 1)
    assert told == list(range(len(lengths), 0, -max(1, size)))
