from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpseq.embeddings.train.methods import cooccurrence
from nlpseq.embeddings.train.methods.cooccurrence import count
from nlpseq.embeddings.train.stream import Stream
from nlpseq.embeddings.words import Words
from nlpseq.errors import DataError
from tests.embeddings.train.reference import stream as random_stream

TINY = 1e-7  # GB: a word at a time, and all cells in a file


def of(documents, V=6):
    ids = np.array([word for document in documents for word in document], np.int32)
    offsets = np.cumsum([0, *map(len, documents)])
    counts = np.bincount(ids, minlength=V)
    return Stream(Words.of(f"w{i}" for i in range(V)), counts, ids, offsets)


def reference(stream, window):
    """Each cell, summed up in the order of the text."""
    found = defaultdict(float)
    for begin, end in zip(stream.offsets.tolist(), stream.offsets[1:].tolist(), strict=False):
        for i in range(begin, end):
            for j in range(i - 1, max(begin, i - window) - 1, -1):
                found[int(stream.ids[i]), int(stream.ids[j])] += 1 / (i - j)
            for j in range(i + 1, min(end, i + window + 1)):
                found[int(stream.ids[i]), int(stream.ids[j])] += 1 / (j - i)
    return {pair: np.float32(value) for pair, value in found.items()}


def as_dict(cells):
    found = {(int(row), int(column)): value for row, column, value in cells.tolist()}
    assert len(found) == len(cells)
    return found


documents = st.lists(st.lists(st.integers(0, 5), max_size=12), max_size=6)


@settings(max_examples=60, deadline=None)
@given(documents, st.integers(1, 9), st.sampled_from([1, 4, 1000]), st.sampled_from([TINY, 1.0]))
def test_cells_are_those_of_the_definition(texts, window, chunk, memory):
    stream = of(texts)
    wanted = reference(stream, window)
    if not wanted:
        with pytest.raises(DataError, match="no two words"):
            count(stream, window, memory=memory)
        return
    assert as_dict(count(stream, window, chunk=chunk, memory=memory)) == wanted


@pytest.fixture(scope="module")
def corpus():
    return random_stream([3000, 1, 2, 5000, 40], V=300)


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(cooccurrence, "_TASK", 100)
    monkeypatch.setattr(cooccurrence, "_BUCKET", 64)


@pytest.mark.parametrize("window", [1, 7, 100])
def test_more_text_than_one_batch(corpus, small_parts, window):
    assert as_dict(count(corpus, window, threads=2)) == reference(corpus, window)


def test_neither_memory_nor_threads_change_a_byte(corpus, small_parts):
    plain = count(corpus, 5, seed=3)
    assert count(corpus, 5, seed=3, threads=3).tobytes() == plain.tobytes()
    assert count(corpus, 5, seed=3, memory=TINY, threads=2).tobytes() == plain.tobytes()
    assert count(corpus, 5, seed=4).tobytes() != plain.tobytes()


def test_what_does_not_fit_is_counted_in_parts_and_mapped(corpus, monkeypatch):
    sizes = []
    plain = cooccurrence.fill_index
    monkeypatch.setattr(
        cooccurrence, "fill_index", lambda *a: (sizes.append(a[-1].nbytes), plain(*a))
    )
    memory = 5e-5
    cells = count(corpus, 5, memory=memory)
    most_frequent = int(np.bincount(corpus.ids).max()) * 8
    assert len(sizes) > 1
    assert max(sizes) <= max(memory * 1e9 / 4, most_frequent)
    assert isinstance(cells.base, np.memmap)
    assert not isinstance(count(corpus, 5).base, np.memmap)


def test_every_order_is_as_likely(monkeypatch):
    monkeypatch.setattr(cooccurrence, "_BUCKET", 2)
    stream = of([[0, 1, 2]])  # four cells for a window of 1, two buckets
    orders = defaultdict(int)
    for seed in range(600):
        cells = count(stream, 1, seed=seed)
        orders[tuple(zip(cells["row"].tolist(), cells["column"].tolist(), strict=True))] += 1
    assert len(orders) == 24
    chi_squared = sum((number - 25) ** 2 / 25 for number in orders.values())
    assert chi_squared < 60  # of 23 degrees of freedom: by chance once in 30,000


@pytest.mark.parametrize(("chunk", "chunks"), [(100, 199), (10**6, 100)])
def test_chunks_are_random_and_ordered_by_row(corpus, chunk, chunks):
    plain = count(corpus, 5)
    cells = count(corpus, 5, chunk=chunk, seed=1)
    rows = cells["row"].astype(np.int64)
    assert as_dict(cells) == as_dict(plain)
    assert (np.diff(rows) < 0).sum() == chunks - 1
    ends = np.flatnonzero(np.diff(rows, append=-1) < 0) + 1
    assert np.diff(ends, prepend=0).max() < 2 * len(cells) / chunks
    means = [part.mean() for part in np.split(rows, ends[:-1])]
    assert np.ptp(means) < 0.5 * np.ptp(rows)
    filed = count(corpus, 5, chunk=chunk, seed=1, memory=TINY, threads=2)
    assert filed.tobytes() == cells.tobytes()
    assert count(corpus, 5, chunk=chunk, seed=2).tobytes() != cells.tobytes()


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_no_file_is_left(corpus, tmp_path, monkeypatch, error):
    cells = count(corpus, 5, memory=TINY, folder=tmp_path)
    assert len(cells)
    assert list(tmp_path.iterdir()) == []

    def fail(*_):
        raise error

    monkeypatch.setattr(cooccurrence, "scatter", fail)
    with pytest.raises(error):
        count(corpus, 5, memory=TINY, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_progress_counts_places(corpus, recorder):
    count(corpus, 5, progress=recorder)
    done, total = recorder.tasks["counting pairs"]
    assert done == len(corpus.ids)
    assert total == int(corpus.counts.sum())
