"""The whole way from text to ids, against plain Python."""

import bz2
import gzip
import io
import lzma
import os
import random
import sys
import zipfile
from collections import Counter
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlpseq.embeddings.train.stream import encode, lists, read, reading
from nlpseq.errors import CallError, DataError
from nlpseq.text.tokenize import Tokenizer


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def reference(documents, min_count, max_vocab=None, longest=10_000):
    """Words, counts, and documents of ids; documents are lists of words."""
    counts = Counter(word for document in documents for word in document)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    words = [word for word in ranked if counts[word] >= min_count][:max_vocab]
    rank = {word: i for i, word in enumerate(words)}
    cut = []
    for document in documents:
        ids = [rank[word] for word in document if word in rank]
        cut += [ids[i : i + longest] for i in range(0, max(len(ids), 1), longest)]
    return words, [counts[word] for word in words], cut


def told(stream):
    documents = [
        stream.ids[start:end].tolist()
        for start, end in zip(stream.offsets, stream.offsets[1:], strict=False)
    ]
    assert stream.offsets[0] == 0
    assert stream.offsets[-1] == len(stream.ids)
    assert stream.ids.dtype == np.int32
    assert stream.offsets.dtype == stream.counts.dtype == np.int64
    return list(stream.words), stream.counts.tolist(), documents


def documents_of(data: bytes):
    """What one document a line means, in plain Python."""
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if not lines[-1]:
        lines.pop()
    return [[word.decode() for word in line.split()] for line in lines]


# lists of words

word = st.sampled_from(["a", "b", "c", "d", "ç", "\n", "", "a b", "\x1f", "\0", "<unk>", "x" * 20])
documents = st.lists(st.lists(word, max_size=7), max_size=7)


@settings(max_examples=50, deadline=None)
@given(documents, st.integers(1, 3), st.sampled_from([None, 1, 2, 4]), st.sampled_from([1, 5, 99]))
def test_lists_are_encoded_as_plain_python_does(documents, min_count, max_vocab, size):
    expected = reference(documents, min_count, max_vocab)
    with mock.patch.object(lists, "_WORDS", size):
        if expected[0]:
            stream = encode(iter(documents), min_count=min_count, max_vocab=max_vocab)
            assert told(stream) == expected
        else:
            with pytest.raises(DataError):
                encode(iter(documents), min_count=min_count, max_vocab=max_vocab)


def test_a_text_is_not_taken_for_a_list_of_words():
    with pytest.raises(CallError, match="list of words"):
        encode(["a text"], min_count=1)


def test_what_is_no_word():
    with pytest.raises(CallError, match="3"):
        encode([["a", 3]], min_count=1)


def test_a_word_that_utf8_cannot_hold():
    with pytest.raises(DataError, match="not Unicode text") as caught:
        encode([["a"], [], ["b", "c\ud800"], ["d"]], min_count=1)
    assert caught.value.where == "document 3"


def test_ids_go_by_frequency():
    stream = encode([["b", "c"], [], ["c", "a", "c", "x"], ["b", "a"]], min_count=2)
    assert list(stream.words) == ["c", "a", "b"]
    assert stream.counts.tolist() == [3, 2, 2]
    assert stream.ids.tolist() == [2, 0, 0, 1, 0, 2, 1]
    assert stream.offsets.tolist() == [0, 2, 2, 5, 7]


def test_long_documents_are_cut():
    stream = encode([["a", "rare"] + ["b"] * 9_999 + ["a"] * 10_001, ["b"]], min_count=2)
    assert np.diff(stream.offsets).tolist() == [10_000, 10_000, 1, 1]


def test_nothing_can_write_to_a_stream():
    stream = encode([["a"]], min_count=1)
    for array in (stream.ids, stream.offsets):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(
    ("documents", "min_count", "message"),
    [
        ([], 1, "no word occurs 1 times in 0 tokens"),
        ([[], []], 1, "no word occurs 1 times in 0 tokens"),
        ([["a", "b"], ["a"]], 3, "no word occurs 3 times in 3 tokens"),
    ],
)
def test_nothing_to_train_on(documents, min_count, message):
    with pytest.raises(DataError, match=message) as caught:
        encode(documents, min_count=min_count)
    assert "min_count" in caught.value.remedy


# files

pieces = st.sampled_from(
    [" ", "\t", "\n", "\r\n", "\r", "\v", "\f", "a", "b", "ab", "abcdefgh", "abcdefghi", "é",
     "\u00a0", "\u0085", "\u2028", "\ufeff", "\x01", "\x1f", "\U0001d11e", "x" * 33]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(pieces, max_size=60).map("".join),
    st.integers(1, 3),
    st.sampled_from([None, 2]),
    st.sampled_from([1, 2, 3]),
    st.sampled_from([1, 2, 7, 64]),
)
@example("\ufeff\n\r\n  \n", 1, None, 2, 1)
@example("abcdefghi abcdefghj abcdefgh", 1, None, 2, 3)
def test_a_file_is_encoded_as_plain_python_does(
    tmp_path_factory, text, min_count, max_vocab, threads, size
):
    path = tmp_path_factory.mktemp("text") / "c.txt"
    path.write_bytes(text.encode())
    expected = reference(documents_of(text.encode()), min_count, max_vocab)
    with mock.patch.object(reading, "_SIZE", size), mock.patch.object(reading, "_NEAR", 2):
        if expected[0]:
            stream = read([path], min_count=min_count, max_vocab=max_vocab, threads=threads)
            assert told(stream) == expected
        else:
            with pytest.raises(DataError, match="no word occurs"):
                read([path], min_count=min_count, max_vocab=max_vocab, threads=threads)


TEXT = "o rei e a rainha\n\na rainha e o mar\n"
EXPECTED = reference(documents_of(TEXT.encode()), 2)


def zipped(data):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("c.txt", data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("c.txt", bytes), ("c", bytes), ("c.tok", bytes), ("c.txt.gz", gzip.compress),
        ("c.bz2", bz2.compress), ("c.txt", lzma.compress), ("c.zip", zipped),
    ],
)  # fmt: skip
def test_packed_files_whatever_their_name(tmp_path, name, pack):
    (tmp_path / name).write_bytes(pack(TEXT.encode()))
    assert told(read([tmp_path / name], min_count=2)) == EXPECTED


def test_folders_patterns_and_several_files(tmp_path):
    folder = tmp_path / "corpus"
    (folder / "b").mkdir(parents=True)
    (folder / "a.txt").write_text("o rei e a rainha")  # no line feed
    (folder / "b" / "c.txt.gz").write_bytes(gzip.compress(b"\na rainha e o mar"))
    for source in ([folder], [f"{folder}/**/*"], [folder / "a.txt", folder / "b/c.txt.gz"]):
        assert told(read(source, min_count=2)) == EXPECTED


def test_standard_input(monkeypatch):
    read_end, write_end = os.pipe()
    with os.fdopen(write_end, "wb") as file:
        file.write(TEXT.encode())
    with os.fdopen(read_end) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert told(read(["-"], min_count=2)) == EXPECTED


def test_fields_are_split_at_white_space_of_ascii(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_text('{"t": "a\\u00a0b\\nb a\\u00a0b"}\n{"t": ""}\n{"t": "b"}\n')
    stream = read([path], min_count=1, field="t")
    assert told(stream) == (["a\u00a0b", "b"], [2, 2], [[0, 1, 0], [], [1]])


@pytest.mark.parametrize("threads", [1, 2])
def test_raw_text_is_tokenised(tmp_path, threads):
    path = tmp_path / "c.txt"
    path.write_text("O rei, e a RAINHA.\n\nA rainha e o mar!\n")
    tokenizer = Tokenizer(recipe="lower", punctuation=False)
    assert told(read([path], min_count=2, tokenizer=tokenizer, threads=threads)) == EXPECTED


def test_another_encoding(tmp_path):
    path = tmp_path / "c.txt"
    path.write_bytes("ação ação".encode("latin-1"))
    assert list(read([path], min_count=1, encoding="latin-1").words) == ["ação"]
    with pytest.raises(CallError, match="no text encoding"):
        read([path], min_count=1, encoding="latim")


# what is odd or bad


def test_one_line_of_50_mb_is_shared_by_threads(tmp_path):
    random.seed(1)
    some = " ".join(f"w{int(random.paretovariate(1)) % 5000}" for _ in range(20_000))
    times = 50_000_000 // len(some)
    path = tmp_path / "text8"
    path.write_text((some + " ") * times)
    stream = read([path], min_count=5, threads=2, keep=False)
    words, counts, (first, second) = reference([some.split()], 1)
    assert list(stream.words) == words
    assert stream.counts.tolist() == [n * times for n in counts]
    assert len(stream.ids) == 20_000 * times
    assert np.diff(stream.offsets).tolist() == [10_000] * (2 * times)
    assert stream.ids[-20_000:].tolist() == first + second


def test_one_word_of_50_mb(tmp_path):
    path = tmp_path / "c.txt"
    path.write_bytes(b"a " + b"x" * 50_000_000)
    stream = read([path], min_count=1, keep=False)
    assert stream.counts.tolist() == [1, 1]
    assert len(stream.words[1]) == 50_000_000


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b" \t\r\n", b"a b a"])
def test_no_word_is_frequent_enough(tmp_path, content):
    path = tmp_path / "c.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match="no word occurs 5 times") as caught:
        read([path], min_count=5)
    assert caught.value.where == str(path)
    assert "lower min_count" in caught.value.remedy


def test_one_word(tmp_path):
    path = tmp_path / "c.txt"
    path.write_text("a a a")
    assert told(read([path], min_count=1)) == (["a"], [3], [[0, 0, 0]])


def test_a_file_that_is_not_there(tmp_path):
    (tmp_path / "corpus.txt").write_text("a")
    with pytest.raises(CallError) as caught:
        read([tmp_path / "corpsu.txt"], min_count=1)
    assert "corpus.txt" in caught.value.remedy


def test_a_packed_file_that_is_cut_off(tmp_path):
    path = tmp_path / "c.txt.gz"
    path.write_bytes(gzip.compress(TEXT.encode() * 100)[:-20])
    with pytest.raises(DataError, match="damaged or cut off"):
        read([path], min_count=1)


@pytest.mark.data
def test_real_portuguese_text(data, tmp_path):
    with gzip.open(data / "corpora" / "pt.txt.gz") as file:
        text = file.read(1_000_000)
    text = text[: text.rindex(b"\n")]  # and so the last line does not end
    path = tmp_path / "pt.txt"
    path.write_bytes(text)
    with mock.patch.object(reading, "_SIZE", 100_000):
        stream = read([path], min_count=5, threads=2)
    assert told(stream) == reference(documents_of(text), 5)
