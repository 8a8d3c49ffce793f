import errno
import json
import os
import random

import numpy as np
import pytest
import safetensors.numpy

from nlpseq.embeddings.train.stream import mapped
from nlpseq.embeddings.words import Words
from nlpseq.errors import DataError

WORDS = ["a", "ção", "c"]
PIECES = [([0, 1, 2, 0], [2, 2]), ([], []), ([0, 1], [6, 6])]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "s.safetensors"
    pieces = [(np.array(i, dtype=np.int32), np.array(e, dtype=np.int64)) for i, e in PIECES]
    with path.open("wb") as file:
        mapped.write(file, Words.of(WORDS), np.array([3, 2, 1]), pieces)
    return path


def opened(path):
    with path.open("rb") as file:
        return mapped.opened(file)


def test_what_was_written_is_read(path):
    words, counts, ids, offsets = opened(path)
    assert list(words) == WORDS
    assert words.find("ção") == 1
    assert counts.tolist() == [3, 2, 1]
    assert ids.tolist() == [0, 1, 2, 0, 0, 1]
    assert offsets.tolist() == [0, 2, 2, 6, 6]
    for array in (counts, ids, offsets):
        assert array.ctypes.data % 64 == 0
        assert not array.flags.writeable


def test_any_library_of_safetensors_reads_it(path):
    tensors = safetensors.numpy.load_file(path)
    assert tensors["ids"].tolist() == [0, 1, 2, 0, 0, 1]
    assert tensors["offsets"].tolist() == [0, 2, 2, 6, 6]


def test_what_is_cut_off(path):
    whole = path.read_bytes()
    for size in [0, 1, 7, 8, 100, 2047, 2048, 2050, len(whole) - 1]:
        path.write_bytes(whole[:size])
        with pytest.raises(DataError):
            opened(path)


ODD = [None, "x", 1.5, True, -1, 2**63, 10**400, [], {}, [1], [0, 2**40]]


@pytest.mark.parametrize("name", ["ids", "offsets", "counts", "token_offsets", "index", "tokens"])
def test_a_header_that_is_damaged(path, name):
    whole = path.read_bytes()
    header = json.loads(whole[8:2048])

    def write(changed):
        path.write_bytes(whole[:8] + json.dumps(changed).encode().ljust(2040) + whole[2048:])

    write({key: value for key, value in header.items() if key != name})
    with pytest.raises(DataError):
        opened(path)
    for field in ("dtype", "shape", "data_offsets"):
        for odd in ODD:
            write(header | {name: header[name] | {field: odd}})
            with pytest.raises(DataError):
                opened(path)
    write(header | {"__metadata__": {"format": "nlpseq-stream", "version": "0"}})
    with pytest.raises(DataError, match="version"):
        opened(path)


def test_any_change_of_the_numbers_is_found(path):
    """Kernels look at no bounds, so that a wrong number would be worse than an error."""
    whole = path.read_bytes()
    header = json.loads(whole[8:2048])
    rng = random.Random(1)
    for name in ("ids", "offsets", "counts", "token_offsets", "index"):
        start, end = header[name]["data_offsets"]
        size = 4 if header[name]["dtype"] == "I32" else 8
        places = range(2048 + start, 2048 + end, size)
        for at in rng.sample(places, 20) if len(places) > 100 else places:
            for value in (-1, 2**31 - 1, -(2 ** (8 * size - 1)), rng.randrange(100, 2**31)):
                number = value.to_bytes(size, "little", signed=True)
                if whole[at : at + size] != number:
                    path.write_bytes(whole[:at] + number + whole[at + size :])
                    with pytest.raises(DataError):
                        opened(path)


def test_another_letter_is_found(path):
    whole = path.read_bytes()
    path.write_bytes(whole.replace("açãoc".encode(), "açõoc".encode()))
    with pytest.raises(DataError, match="words are damaged"):
        opened(path)


def test_random_damage_is_an_error_or_harmless(path):
    whole = bytearray(path.read_bytes())
    rng = random.Random(2)
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            damaged[rng.choice([rng.randrange(600), rng.randrange(2048, len(whole))])] = rng.choice(
                [0, 1, 255, 32, 57, rng.randrange(256)]
            )
        path.write_bytes(damaged)
        try:
            words, counts, ids, offsets = opened(path)
        except DataError:
            continue
        assert np.bincount(ids, minlength=len(words)).tolist() == counts.tolist()
        assert sorted(offsets) == offsets.tolist()
        assert list(words) == WORDS


@pytest.mark.parametrize("n", [0, 1, 1025])
def test_room_is_written_and_leaves_nothing(n, tmp_path):
    array = mapped.room(n, np.dtype([("a", np.int32), ("b", np.float32)]), tmp_path)
    assert array.shape == (n,)
    assert not any(array["a"])
    array["a"] = np.arange(n)
    assert array["a"].tolist() == list(range(n))
    if os.name != "nt":
        assert list(tmp_path.iterdir()) == []


def test_no_room_is_an_error(monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    with pytest.raises(OSError, match="No space"):
        mapped.room(3)


def test_room_where_the_system_cannot_promise_it(monkeypatch):
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    assert mapped.room(3).tolist() == [0, 0, 0]


@pytest.mark.parametrize("n", [0, 1, 6, 7, 8, 20])
def test_a_mapped_array_is_passed_through_in_parts_and_stays_what_it_was(monkeypatch, n):
    monkeypatch.setattr(mapped, "_LOOKED_AT", 7)
    array = mapped.room(n)
    array[:] = np.arange(n)
    parts = [part.copy() for part in mapped.passed(array)]
    assert all(0 < len(part) <= 7 for part in parts)
    assert np.concatenate([*parts, array[:0]]).tolist() == list(range(n)) == array.tolist()
