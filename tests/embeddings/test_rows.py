import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nlpseq.embeddings.rows import Rows, convert
from nlpseq.errors import DataError

PRECISIONS = ["float32", "float16", "int8"]


def matrix_of(seed=0, shape=(13, 5)):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def made(precision, matrix=None):
    return Rows(*convert(matrix_of() if matrix is None else matrix, precision))


def matrices(largest):
    numbers = st.floats(-largest, largest, width=32, allow_nan=False, allow_infinity=False)
    shapes = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6)
    return hnp.arrays(np.float32, shapes, elements=numbers)


def test_float32_is_kept_and_not_copied():
    matrix = matrix_of()
    data, scales = convert(matrix, "float32")
    assert data is matrix
    assert scales is None
    rows = Rows(matrix)
    assert np.shares_memory(rows.block(0, 13), matrix)
    assert not np.shares_memory(rows.take([1, 2]), matrix)
    assert not np.shares_memory(rows.take(np.arange(3)), matrix)


@given(matrices(60000))
def test_float16_is_off_by_half_a_unit(matrix):
    rows = made("float16", matrix)
    assert rows.data.dtype == np.float16
    error = np.abs(rows.block(0, len(rows)).astype(np.float64) - matrix)
    # 11 significant bits, or the smallest numbers' 2^-24
    assert (error <= np.maximum(np.abs(matrix.astype(np.float64)) * 2.0**-11, 2.0**-25)).all()


@given(matrices(2.0**127))
def test_int8_is_off_by_half_a_step(matrix):
    rows = made("int8", matrix)
    assert rows.data.dtype == np.int8
    assert rows.scales.dtype == np.float32
    assert rows.data.min(initial=0) >= -127
    back = rows.block(0, len(rows)).astype(np.float64)
    assert np.isfinite(back).all()
    steps = np.abs(matrix.astype(np.float64)).max(axis=1, keepdims=True) / 127
    # a scale, a quotient and a product are rounded as well, in float32
    assert (np.abs(back - matrix) <= steps * (0.5 + 127 * 2.0**-22) + 100 * 2.0**-149).all()


@given(matrices(1000))
def test_int8_of_int8_changes_nothing(matrix):
    once = made("int8", matrix)
    twice = made("int8", once.block(0, len(once)))
    assert np.array_equal(twice.data, once.data)
    np.testing.assert_allclose(twice.scales, once.scales, rtol=2**-22)


def test_rows_of_zeros_stay_zeros():
    for precision in PRECISIONS:
        rows = made(precision, np.zeros((3, 4), dtype=np.float32))
        assert rows.block(0, 3).tolist() == [[0.0] * 4] * 3


def test_the_largest_number_of_a_row_is_kept_by_int8():
    matrix = np.array([[1, -4, 2], [100, 0, 1], [0, -1e-3, 1e-3]], dtype=np.float32)
    rows = made("int8", matrix)
    assert rows.data.tolist() == [[32, -127, 64], [127, 0, 1], [0, -127, 127]]
    np.testing.assert_allclose(rows.scales, np.abs(matrix).max(axis=1) / 127, rtol=1e-6)


@pytest.mark.parametrize("number", [65520, -70000, 3e38])
def test_a_number_that_is_too_large_for_float16(number):
    matrix = matrix_of()
    matrix[3, 2] = number
    with pytest.raises(DataError, match="too large for float16") as caught:
        convert(matrix, "float16")
    assert "int8" in caught.value.remedy
    convert(np.full((1, 1), 65519, dtype=np.float32), "float16")


@pytest.mark.parametrize("precision", ["float16", "int8"])
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.filterwarnings("error")
def test_what_is_no_finite_number_is_not_made_one(precision, number):
    matrix = matrix_of()
    matrix[3, 2] = number
    with pytest.raises(DataError):
        convert(matrix, precision)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_take_and_block_agree(precision):
    rows = made(precision)
    ids = [3, 3, 0, 12, 7]
    taken = rows.take(ids)
    assert taken.dtype == np.float32
    assert np.array_equal(taken, np.concatenate([rows.block(i, i + 1) for i in ids]))
    whole = rows.block(0, 13)
    assert whole.dtype == np.float32
    assert np.array_equal(taken, whole[ids])
    assert np.array_equal(rows.block(5, 99), whole[5:])
    assert rows.block(13, 20).shape == (0, 5)
    assert rows.take([]).shape == (0, 5)
    assert rows.take(np.array([2, 1], dtype=np.int32)).tolist() == whole[[2, 1]].tolist()


@pytest.mark.parametrize("precision", PRECISIONS)
def test_what_is_taken_is_a_copy(precision):
    rows = made(precision)
    before = rows.take([4]).copy()
    rows.take([4])[:] = 7
    rows.take([4])[:] *= 2
    assert np.array_equal(rows.take([4]), before)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_rows_say_what_they_are(precision):
    rows = made(precision)
    assert (len(rows), rows.dim, rows.precision) == (13, 5, precision)
    assert rows.take([1, 2]).shape == (2, 5)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_blocks_are_converted_as_the_whole(precision):
    matrix = matrix_of()
    data, scales = convert(matrix, precision)
    for start in range(0, 13, 4):
        part, part_scales = convert(matrix[start : start + 4], precision)
        assert np.array_equal(part, data[start : start + 4])
        assert scales is None or np.array_equal(part_scales, scales[start : start + 4])


@pytest.mark.parametrize(
    "data",
    [
        np.zeros(3, dtype=np.float32),
        np.zeros((2, 3, 4), dtype=np.float32),
        np.zeros((2, 3)),
        np.zeros((2, 3), dtype=np.int32),
        np.zeros((2, 3), dtype=np.uint8),
    ],
)
def test_what_is_no_matrix(data):
    with pytest.raises(DataError, match="is no matrix of vectors"):
        Rows(data)


def test_scales_belong_to_int8_alone():
    scales = np.ones(2, dtype=np.float32)
    with pytest.raises(DataError, match="have scales"):
        Rows(np.zeros((2, 3), dtype=np.int8))
    for dtype in (np.float32, np.float16):
        with pytest.raises(DataError, match="have scales"):
            Rows(np.zeros((2, 3), dtype=dtype), scales)
    for shape in ((1,), (3,), (2, 1), ()):
        with pytest.raises(DataError, match="scales of shape"):
            Rows(np.zeros((2, 3), dtype=np.int8), np.ones(shape, dtype=np.float32))
    assert Rows(np.ones((2, 3), dtype=np.int8), scales * 2).take([1]).tolist() == [[2, 2, 2]]
