import gzip
import json
import os
import struct
import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from nlpseq.embeddings.formats import fasttext
from nlpseq.embeddings.formats.contents import Report
from nlpseq.errors import DataError

DATA = Path(__file__).parent / "data"
MODELS = ["skipgram", "cbow", "unigrams", "whole", "supervised", "supervised-ngrams"]
BEHIND_HEADER = 92


def taken(path, *, repair=False):
    """The words (bytes) with their counts and vectors, the subwords and the report."""
    report = Report(str(path), repair=repair)
    contents = fasttext.read(path, report)
    words, counts, rows, places = [], [], [], []
    for block in contents.blocks:
        assert block.matrix.dtype == np.float32
        assert block.matrix.shape == (len(block.places), contents.dim)
        ends = block.offsets.tolist()
        words += [bytes(block.tokens[a:b]) for a, b in pairwise(ends)]
        counts += block.counts.tolist()
        places += block.places.tolist()
        rows.append(block.matrix)
    assert contents.unit == "row"
    assert len(words) == len(counts) == len(places)
    return words, counts, np.concatenate(rows), contents.subwords, report, places


def said(model):
    return json.loads((DATA / f"{model}.json").read_text())


def changed(tmp_path, model, *edits):
    """A model with some bytes overwritten: (offset, format, value)."""
    data = bytearray((DATA / f"{model}.bin").read_bytes())
    for offset, kind, value in edits:
        struct.pack_into("<" + kind, data, offset, value)
    path = tmp_path / "changed.bin"
    path.write_bytes(data)
    return path


def entry_offset(model, index):
    """Where an entry of the dictionary starts."""
    data, at = (DATA / f"{model}.bin").read_bytes(), BEHIND_HEADER
    for _ in range(index):
        at = data.index(b"\0", at) + 10
    return at


def matrix_offset(model):
    data = (DATA / f"{model}.bin").read_bytes()
    return entry_offset(model, struct.unpack_from("<i", data, 64)[0]) + 17


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_known_words_are_as_fasttext_has_them(tmp_path, model, packed):
    path = DATA / f"{model}.bin"
    if packed:
        path = tmp_path / "model.bin"
        path.write_bytes(gzip.compress((DATA / f"{model}.bin").read_bytes()))
    words, counts, matrix, _, report, places = taken(path)
    known = said(model)["known"]
    assert [word.decode("latin-1") for word in words] == [word for word, _, _ in known]
    assert counts == [count for _, count, _ in known]
    assert matrix.tolist() == np.array([v for _, _, v in known], dtype=np.float32).tolist()
    assert places == list(range(1, len(words) + 1))
    assert (report.notes, report.repairs) == (0, 0)
    assert not any(word.startswith(b"__label__") for word in words)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_unknown_words_are_as_fasttext_has_them(tmp_path, model, packed):
    path = DATA / f"{model}.bin"
    if packed:
        path = tmp_path / "model.bin"
        path.write_bytes(gzip.compress((DATA / f"{model}.bin").read_bytes()))
    *_, subwords, _, _ = taken(path)
    unknown = said(model)["unknown"]
    if model in ("whole", "supervised"):
        assert subwords is None
        return
    none = np.zeros(10, dtype=np.float32)  # what fastText has where there is no n-gram
    for word, vector in unknown:
        found = subwords.vector(word)
        found = none if found is None else found
        assert found.tolist() == np.array(vector, dtype=np.float32).tolist(), word


def test_words_that_are_not_utf8():
    with pytest.raises(DataError, match=r"the word b'caf\\xe9' is not UTF-8") as caught:
        taken(DATA / "latin1.bin")
    assert caught.value.where.endswith("latin1.bin: row 11")
    words, _, matrix, subwords, report, _ = taken(DATA / "latin1.bin", repair=True)
    model = said("latin1")
    bad = [word for word, _, _ in model["known"] if not word.isascii()]
    assert report.repairs == len(bad) > 10
    assert "replaced by U+FFFD" in str(report)
    # n-grams are those of the bytes that were replaced
    found = sorted(zip((word.decode() for word in words), matrix.tolist(), strict=True))
    assert found == sorted(
        (word.encode("latin-1").decode(errors="replace"), np.float32(vector).tolist())
        for word, _, vector in model["known"]
    )
    for word, vector in model["unknown"]:
        if subwords.ngrams(word):
            expected = np.array(vector, dtype=np.float32).tolist()
            assert subwords.vector(word).tolist() == expected


def test_blocks_of_words(monkeypatch):
    whole = taken(DATA / "cbow.bin")
    monkeypatch.setattr(fasttext, "_BLOCK", 7)
    parts = taken(DATA / "cbow.bin")
    assert parts[:2] == whole[:2]
    assert np.array_equal(parts[2], whole[2])
    assert parts[5] == whole[5]


def test_a_dictionary_that_does_not_fit_the_window(monkeypatch):
    whole = taken(DATA / "cbow.bin")
    monkeypatch.setattr(fasttext, "_CHUNK", 200)
    monkeypatch.setattr(fasttext, "_LONGEST", 30)
    parts = taken(DATA / "cbow.bin")
    assert parts[:2] == whole[:2]
    assert np.array_equal(parts[2], whole[2])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    data = (DATA / "skipgram.bin").read_bytes()
    writer = threading.Thread(target=path.write_bytes, args=(data,))
    writer.start()
    found = taken(path)
    writer.join()
    assert np.array_equal(found[2], taken(DATA / "skipgram.bin")[2])


def test_supervised_models_of_version_11_use_no_ngrams(tmp_path):
    path = changed(tmp_path, "supervised", (4, "i", 11), (44, "i", 2), (48, "i", 3))
    words, _, matrix, subwords, _, _ = taken(path)
    assert subwords is None
    known = said("supervised")["known"]
    assert len(words) == len(known)
    assert matrix.tolist() == np.array([v for _, _, v in known], dtype=np.float32).tolist()


def test_unsupervised_models_of_version_11_do(tmp_path):
    *_, subwords, _, _ = taken(changed(tmp_path, "skipgram", (4, "i", 11)))
    assert (subwords.minimum, subwords.maximum) == (3, 6)


@pytest.mark.parametrize("name", ["quantised.ftz", "pruned.ftz"])
def test_quantised(name):
    with pytest.raises(DataError, match="quantised") as caught:
        taken(DATA / name, repair=True)
    assert "without quantize" in caught.value.remedy


def test_a_file_from_before_the_magic_number(tmp_path):
    path = tmp_path / "old.bin"
    path.write_bytes((DATA / "skipgram.bin").read_bytes()[8:])
    assert fasttext.looks_like(path.read_bytes())
    with pytest.raises(DataError, match="before its version") as caught:
        taken(path)
    assert ".vec" in caught.value.remedy


def test_floret(tmp_path):
    data = (DATA / "skipgram.bin").read_bytes()
    path = tmp_path / "floret.bin"
    path.write_bytes(data[:52] + struct.pack("<2i", 2, 2) + data[52:])
    with pytest.raises(DataError, match="floret") as caught:
        taken(path)
    assert ".vec" in caught.value.remedy


def test_a_cut_off_output_matrix_is_noted(tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes((DATA / "skipgram.bin").read_bytes()[:-3])
    *_, report, _ = taken(path)
    assert report.notes == 1
    assert "whole" in str(report)


FIRST_WORD = BEHIND_HEADER
MATRIX = matrix_offset("cbow")
ROWS = MATRIX - 16


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ((0, "i", 5), "not a model of fastText"),
        ((4, "i", 13), "version 13"),
        ((4, "i", -1), "version -1"),
        ((8, "i", 0), "announces 0 numbers"),
        ((8, "i", -5), "announces -5 numbers"),
        ((8, "i", 2**31 - 1), "announces 2,147,483,647 numbers"),
        ((8, "i", 11), "rows of 10 numbers, where the header"),
        ((40, "i", -1), "-1 rows for n-grams"),
        ((40, "i", 0), "no rows for n-grams"),
        ((40, "i", 2**31 - 1), "2,147,483,647 n-grams"),
        ((44, "i", -1), "n-grams of -1 to 4"),
        ((48, "i", 2**31 - 1), "n-grams of 2 to 2147483647"),
        ((64, "i", 2**31 - 1), "2,147,483,647 entries"),
        ((68, "i", -1), "cannot be -1 words"),
        ((84, "q", 0), "quantised"),
        ((84, "q", 10**12), "quantised"),
        ((84, "q", -2), "cannot be"),
        ((FIRST_WORD + 12, "b", 1), "mixed"),
        ((FIRST_WORD + 4, "q", -1), "negative count"),
        ((MATRIX - 17, "B", 1), "quantised"),
        ((MATRIX - 17, "B", 2), "where the header announces"),
        ((ROWS, "q", 10**15), "1,000,000,000,000,000 rows of 10 numbers"),
        ((ROWS + 8, "q", 2**62), "rows of 4,611,686,018,427,387,904 numbers"),
        ((MATRIX + 4 * 10 * 136 + 4, "f", np.nan), "row 1 of the n-grams"),
    ],
)
@pytest.mark.parametrize("repair", [False, True])
def test_a_damaged_model(tmp_path, edit, message, repair):
    assert (DATA / "cbow.bin").read_bytes()[FIRST_WORD : FIRST_WORD + 4] == b"the\0"
    with pytest.raises(DataError, match=message):
        taken(changed(tmp_path, "cbow", edit), repair=repair)


def test_more_words_than_the_file_holds(tmp_path):
    most = 2**31 - 1
    with pytest.raises(DataError, match=r"ends after [\d,]+ of 2,147,483,647 words"):
        taken(changed(tmp_path, "whole", (64, "i", most), (68, "i", most)))


def test_no_words(tmp_path):
    with pytest.raises(DataError, match="holds no words"):
        taken(changed(tmp_path, "whole", (64, "i", 0), (68, "i", 0)))


def test_a_word_without_end(tmp_path):
    path = tmp_path / "model.bin"
    data = (DATA / "cbow.bin").read_bytes()
    path.write_bytes(data[:BEHIND_HEADER] + b"x" * 70_000 + data[BEHIND_HEADER:])
    with pytest.raises(DataError, match="more than 64 KB"):
        taken(path)


@pytest.mark.parametrize("packed", [False, True])
def test_cut_off_anywhere(tmp_path, packed):
    data = (DATA / "supervised-ngrams.bin").read_bytes()
    end = matrix_offset("supervised-ngrams") + 4 * 10 * (53 + 71)
    path = tmp_path / "model.bin"
    for size in [*range(0, end, 61), end - 1]:
        path.write_bytes(gzip.compress(data[:size], 1) if packed else data[:size])
        with pytest.raises(DataError):
            taken(path, repair=True)
    path.write_bytes(gzip.compress(data[:end]) if packed else data[:end])
    assert len(taken(path)[0]) == 53


def test_a_word_with_something_that_is_no_number(tmp_path):
    path = changed(tmp_path, "whole", (matrix_offset("whole") + 40, "f", np.inf))
    with pytest.raises(DataError, match="no finite number") as caught:
        taken(path)
    assert caught.value.where == f"{path}: row 2"
    words, counts, matrix, _, report, places = taken(path, repair=True)
    known = said("whole")["known"]
    assert [word.decode("latin-1") for word in words] == [w for w, _, _ in known[:1] + known[2:]]
    assert len(words) == len(counts) == len(matrix)
    assert places[:3] == [1, 3, 4]
    assert (report.repairs, str(report)[:6]) == (1, "row 2:")


def test_a_word_without_bytes(tmp_path):
    data = (DATA / "whole.bin").read_bytes()
    assert data[BEHIND_HEADER:].startswith(b"the\0")
    path = tmp_path / "model.bin"
    path.write_bytes(data[:BEHIND_HEADER] + data[BEHIND_HEADER + 3 :])
    with pytest.raises(DataError, match="no word"):
        taken(path)
    words, _, matrix, _, report, _ = taken(path, repair=True)
    assert len(words) == len(matrix) == len(said("whole")["known"]) - 1
    assert report.repairs == 1


@pytest.mark.parametrize(
    ("head", "answer"),
    [
        (b"", False),
        (b"\xba", False),
        (struct.pack("<2i", 793712314, 12), True),
        (struct.pack("<2i", 793712314, 99), True),
        (b"100 5\npalavra 0.1 0.2 0.3 0.4 0.5\n" * 3, False),
        (b"\x80\x04\x95" + b"\0" * 60, False),
        (b"\0" * 80, False),
    ],
)
def test_looks_like(head, answer):
    assert fasttext.looks_like(head) is answer


@pytest.mark.parametrize("model", [*MODELS, "latin1"])
def test_models_are_recognised(model):
    assert fasttext.looks_like((DATA / f"{model}.bin").read_bytes()[:100])
