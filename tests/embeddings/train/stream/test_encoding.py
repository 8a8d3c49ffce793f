"""Counting in bounded memory, and what is left behind when it is cut off."""

import logging
import os
import tempfile
import threading
from collections import Counter
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpseq.embeddings.train.stream import encode, encoding, lists
from nlpseq.embeddings.train.stream.encoding import Encoder


def bounded(blocks, min_count, max_vocab, most, threads):
    """What the encoder does in plain Python: a table a thread, pruned after each of its blocks."""
    tables = [Counter() for _ in range(threads)]
    kept = []  # of each table the words of each of its blocks, less those that were forgotten
    forgotten = 0
    for i, block in enumerate(blocks):
        t = i % threads
        flat = [word for document in block for word in document]
        tables[t].update(flat)
        kept.append([(word, True) for word in flat])
        if len(tables[t]) > most:
            falling = sorted(tables[t].values(), reverse=True)
            least = falling[most // 2] + 1
            gone = {word for word, n in tables[t].items() if n < least}
            forgotten += len(gone)
            for word in gone:
                del tables[t][word]
            for j in range(t, i + 1, threads):
                kept[j] = [(word, stays and word not in gone) for word, stays in kept[j]]
    counts = sum(tables, Counter())
    ranked = sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))
    words = ranked[:max_vocab]
    rank = {word: i for i, word in enumerate(words)}
    ids = [rank[word] for block in kept for word, stays in block if stays and word in rank]
    return words, [counts[word] for word in words], ids, len(ranked) - len(words), forgotten


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 9).map(str), max_size=9), max_size=12),
    st.integers(1, 2),
    st.integers(1, 3),
    st.integers(1, 2),
)
def test_rare_words_are_forgotten_while_counting(documents, min_count, max_vocab, threads):
    blocks = [[document] for document in documents]
    with (
        mock.patch.object(encoding, "_FEWEST", 0),
        mock.patch.object(encoding, "_HELD", 2),
        mock.patch.object(lists, "_WORDS", 0),  # each document is a block
        Encoder(threads=threads, max_vocab=max_vocab) as encoder,
    ):
        told = []
        encoder.add(lists.blocks(documents), told.append)
        assert len(told) == len(documents)
        assert encoder.tokens == sum(map(len, documents))
        ranked = encoder.rank(min_count)
        pieces = list(encoder.ids())
        again = list(encoder.ids())
    words, counts, ids, left_out, forgotten = bounded(
        blocks, min_count, max_vocab, 2 * max_vocab // threads, threads
    )
    assert list(ranked.words) == words
    assert ranked.counts.tolist() == counts
    assert [i for piece, _ in pieces for i in piece.tolist()] == ids
    assert [i for piece, _ in again for i in piece.tolist()] == ids
    assert (ranked.left_out, ranked.forgotten) == (left_out, forgotten)
    ends = [end for _, piece in pieces for end in piece.tolist()]
    assert len(ends) == len(documents)
    assert np.bincount(ids, minlength=len(words)).tolist() == counts


def test_a_notice_says_what_was_dropped(caplog, monkeypatch):
    documents = [["a", "a", "b", "b", "c", "c"], ["x", "y", "z"], ["a"]]
    with caplog.at_level(logging.WARNING, "nlpseq"):
        encode(documents, min_count=1, max_vocab=6)
        assert caplog.text == ""
        encode(documents, min_count=2, max_vocab=2)
        assert "bounded to 2 words: 1 more that occur 2 times are left out" in caplog.text
        assert "forgotten" not in caplog.text
        monkeypatch.setattr(encoding, "_FEWEST", 4)
        monkeypatch.setattr(encoding, "_HELD", 1)
        encode(documents, min_count=2, max_vocab=2)
        assert "forgotten 5 times" in caplog.text  # x, y, z, and of b and c, which tie, both


@pytest.mark.parametrize("length", [0, 1, 3, 4, 9])
def test_documents_longer_than_the_longest_are_cut(monkeypatch, length):
    monkeypatch.setattr(lists, "_WORDS", 2)
    with Encoder(threads=2) as encoder:
        encoder.add(lists.blocks([["a"] * 10_000 * length, [], ["a"]]), lambda block: None)
        encoder.rank(1)
        ends = [end for _, piece in encoder.ids() for end in piece.tolist()]
    whole = [10_000 * i for i in range(1, length + 1)] or [0]
    assert ends == [*whole, whole[-1], whole[-1] + 1]


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, MemoryError])
@pytest.mark.parametrize("where", ["read", "work", "told"])
def test_whatever_cuts_it_off_leaves_nothing_behind(tmp_path, monkeypatch, error, where):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(lists, "_WORDS", 1)
    before = threading.active_count()

    def fail(*arguments):
        raise error

    def documents():
        for i in range(10):
            yield [str(i)]
        if where == "read":
            fail()

    if where == "work":
        monkeypatch.setattr(lists.Lists, "numbered", fail)
    with pytest.raises(error), Encoder(threads=2, folder=tmp_path) as encoder:
        encoder.add(lists.blocks(documents()), fail if where == "told" else lambda block: None)
    assert threading.active_count() == before
    assert files_in(tmp_path) == []
    if (fds := Path("/proc/self/fd")).is_dir():
        opened = map(os.path.realpath, fds.iterdir())
        assert not [path for path in opened if path.startswith(str(tmp_path))]
