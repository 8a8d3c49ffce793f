import bz2
import gzip
import io
import lzma
import os
import threading
import zipfile
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nlpseq.embeddings.formats import word2vec_binary
from nlpseq.embeddings.formats.contents import Report
from nlpseq.embeddings.rows import Rows, convert
from nlpseq.embeddings.words import Words
from nlpseq.errors import CallError, DataError
from nlpseq.writing import atomic_write

ROWS = np.array([[1, -2.5, 0.125], [3, 4, 5e-3]], dtype=np.float32)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "vectors.bin"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("vectors")


def taken(path, *, repair=False):
    """The words (bytes), the matrix, the report, the places."""
    report = Report(str(path), repair=repair)
    contents = word2vec_binary.read(path, report)
    assert (contents.unit, contents.subwords) == ("row", None)
    words, rows, places = [], [np.zeros((0, contents.dim), np.float32)], []
    for block in contents.blocks:
        assert block.counts is None
        ends = block.offsets.tolist()
        assert ends[0] == 0
        words += [bytes(block.tokens[a:b]) for a, b in pairwise(ends)]
        rows.append(block.matrix)
        places += block.places.tolist()
    assert len(words) == len(places)
    return words, np.concatenate(rows), report, places


def binary(*rows, header=None, end=b"\n"):
    """A file: (word, numbers) each."""
    header = header or b"%d %d\n" % (len(rows), len(rows[0][1]))
    return header + b"".join(
        word + b" " + np.asarray(numbers, dtype="<f4").tobytes() + end for word, numbers in rows
    )


word = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=" \n"), min_size=1)
finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(deadline=None)
@given(
    words=st.lists(word, unique=True, min_size=1, max_size=6),
    dim=st.integers(1, 5),
    suffix=st.sampled_from(["bin", "gz"]),
    data=st.data(),
)
def test_what_is_written_reads_the_same_bit_for_bit(folder, words, dim, suffix, data):
    matrix = data.draw(hnp.arrays(np.float32, (len(words), dim), elements=finite))
    path = folder / f"a.{suffix}"
    encoded = [word.encode() for word in words]
    word2vec_binary.write(path, encoded, Rows(matrix))
    found, numbers, report, _ = taken(path)
    assert found == encoded
    assert numbers.dtype == np.float32
    assert numbers.view(np.uint32).tolist() == matrix.view(np.uint32).tolist()
    assert (report.notes, report.repairs) == (0, 0)


@settings(deadline=None)
@given(
    chunk=st.integers(1, 60),
    end=st.sampled_from([b"\n", b""]),
    rows=st.lists(
        st.tuples(
            st.sampled_from([b"a", "é".encode(), b"</s>", b"muito-comprida"]),
            # every number of bytes that look like spaces and newlines
            st.lists(st.sampled_from([0x20202020, 0x0A0A0A0A, 0x0A20200A, 0x3F800000]))
            .map(lambda n: np.array((n + [0] * 3)[:3], dtype="<u4").view("<f4")),
        ),
        min_size=1,
        max_size=9,
    ),
)  # fmt: skip
def test_the_size_of_what_is_read_at_a_time_does_not_matter(folder, chunk, end, rows):
    path = folder / "b.bin"
    path.write_bytes(binary(*rows, end=end))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word2vec_binary, "_CHUNK", chunk)
        patch.setattr(word2vec_binary, "_LONGEST", 20)
        found, numbers, report, places = taken(path)
    assert found == [word for word, _ in rows]
    assert numbers.tolist() == [vector.tolist() for _, vector in rows]
    assert places == list(range(1, len(rows) + 1))
    assert report.notes == 0


@pytest.mark.parametrize("end", [b"\n", b""])
@pytest.mark.parametrize("header", [b"2 3\n", b"2 3 \n", b"2\t3\r\n"])
def test_layouts(path, header, end):
    path.write_bytes(binary((b"rei", ROWS[0]), (b"rainha", ROWS[1]), header=header, end=end))
    words, numbers, report, _ = taken(path)
    assert words == [b"rei", b"rainha"]
    assert numbers.tolist() == ROWS.tolist()
    assert report.notes == 0


def test_the_last_newline_may_be_missing(path):
    path.write_bytes(binary((b"rei", ROWS[0]), (b"rainha", ROWS[1]))[:-1])
    words, _, report, _ = taken(path)
    assert words == [b"rei", b"rainha"]
    assert report.notes == 0


def zipped(content):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vectors.bin", content)
    return made.getvalue()


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zipped])
@pytest.mark.parametrize("chunk", [50, 4 << 20])
def test_compression_is_told_by_content(path, pack, chunk, monkeypatch):
    monkeypatch.setattr(word2vec_binary, "_CHUNK", chunk)
    monkeypatch.setattr(word2vec_binary, "_LONGEST", 20)
    matrix = np.random.default_rng(0).normal(size=(99, 3)).astype(np.float32)
    rows = [(b"w%d" % i, row) for i, row in enumerate(matrix)]
    path.write_bytes(pack(binary(*rows)))
    words, numbers, _, _ = taken(path)
    assert words == [word for word, _ in rows]
    assert numbers.tolist() == matrix.tolist()


def test_zstd(path):
    with atomic_write(path.with_suffix(".zst")) as file:
        file.write(binary((b"rei", ROWS[0]), (b"rainha", ROWS[1])))
    assert taken(path.with_suffix(".zst"))[0] == [b"rei", b"rainha"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(binary((b"rei", ROWS[0])),))
    writer.start()
    assert taken(path)[0] == [b"rei"]
    writer.join()


@pytest.mark.parametrize("announced", [b"1", b"5", b"99999999999"])
def test_the_rows_are_believed_and_not_the_header(path, announced):
    path.write_bytes(binary((b"rei", ROWS[0]), (b"mar", ROWS[1]), header=announced + b" 3\n"))
    words, _, report, _ = taken(path)
    assert words == [b"rei", b"mar"]
    assert report.notes == 1
    assert "the file holds 2" in str(report)


def test_words_may_stand_there_twice(path):
    path.write_bytes(binary((b"rei", ROWS[0]), (b"rei", ROWS[1])))
    assert taken(path)[0] == [b"rei", b"rei"]


@pytest.mark.parametrize(
    ("rows", "message", "place", "left"),
    [
        ([(b"a", [1, 2]), (b"", [3, 4]), (b"c", [5, 6])], "no word", 2, [b"a", b"c"]),
        ([(b"a", [1, 2]), (b"b", [3, np.nan])], "no finite number", 2, [b"a"]),
        ([(b"a", [np.inf, 2]), (b"b", [3, 4])], "no finite number", 1, [b"b"]),
        ([(b"a", [1, -np.inf]), (b"b", [3, 4])], "no finite number", 1, [b"b"]),
        ([(b"a", [1, 2]), (b"cora\xe7", [3, 4])], "not UTF-8", 2, [b"a", "cora\ufffd".encode()]),
        # cut in the middle of a character, and together they are one
        (
            [(b"cora\xc3", [1, 2]), (b"\xa7", [3, 4])],
            "not UTF-8",
            1,
            ["cora\ufffd".encode(), "\ufffd".encode()],
        ),
    ],
)
def test_faults(path, rows, message, place, left):
    path.write_bytes(binary(*rows))
    with pytest.raises(DataError, match=message) as caught:
        taken(path)
    assert caught.value.where == f"{path}: row {place}"
    words, numbers, report, places = taken(path, repair=True)
    assert words == left
    assert len(numbers) == len(left)
    assert np.isfinite(numbers).all()
    assert places == [i + 1 for i in range(len(rows)) if len(left) == len(rows) or i + 1 != place]
    assert report.repairs == (2 if len(left) == 2 and left[1] == "\ufffd".encode() else 1)


@pytest.mark.parametrize("cut", [1, 4, 11, 12, 13, 15])
def test_a_last_row_that_is_cut_off(path, cut):
    path.write_bytes(binary((b"rei", ROWS[0]), (b"mar", ROWS[1]), end=b"")[:-cut])
    with pytest.raises(DataError, match="the last row is cut off") as caught:
        taken(path)
    assert caught.value.where == f"{path}: row 2"
    words, _, report, _ = taken(path, repair=True)
    assert words == [b"rei"]
    assert (report.repairs, report.notes) == (1, 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the first line"),
        (b"2 3", "the first line"),
        (b"palavra 1 2 3\n", "the first line"),
        (b"-1 3\nabc", "the first line"),
        (b"9" * 30 + b" 3\n", "the first line"),
        (b"2 0\na b ", "announces 0 numbers"),
        (b"2 99999999999\na b ", "announces 99,999,999,999 numbers"),
        (b"2 3\n", "no row of vectors"),
        (b"2 3\n\n\n\n", "no row of vectors"),
        (b"2 3\n" + b"x" * 65537 + b" " + b"\0" * 12, "more than 64 KB"),
        (b"2 3\n" + b"x" * 9_000_000, "more than 64 KB"),
    ],
)
@pytest.mark.parametrize("repair", [False, True])
def test_what_is_no_such_file(path, content, message, repair):
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        taken(path, repair=repair)
    assert str(path) in caught.value.where


def test_a_word_of_64_kb(path):
    path.write_bytes(binary((b"x" * 65536, [1, 2]), (b"y", [3, 4])))
    assert taken(path)[0] == [b"x" * 65536, b"y"]


def test_a_compressed_file_that_was_cut_off(path):
    rows = [(b"w%d" % i, np.random.default_rng(i).normal(size=30)) for i in range(999)]
    packed = gzip.compress(binary(*rows))
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(DataError, match="cut off"):
        taken(path, repair=True)


def test_a_file_is_closed_that_is_not_read_to_its_end(path, recwarn):
    path.write_bytes(binary((b"rei", ROWS[0])))
    word2vec_binary.read(path, Report(str(path)))
    assert not recwarn.list


def test_the_file_is_what_word2vec_writes(path):
    rows = Rows(np.array([[0.5, -1], [2, 3]], dtype=np.float32))
    word2vec_binary.write(path, Words.of(["olá", "b"]), rows)
    expected = b"2 2\nol\xc3\xa1 \0\0\0\x3f\0\0\x80\xbf\nb \0\0\0\x40\0\0\x40\x40\n"
    assert path.read_bytes() == expected


@pytest.mark.parametrize("precision", ["float16", "int8"])
def test_rows_of_another_precision_are_written_as_float32(path, precision):
    rows = Rows(*convert(ROWS, precision))
    word2vec_binary.write(path, Words.of(["a", "b"]), rows)
    assert taken(path)[1].tolist() == rows.block(0, 2).tolist()


def test_more_rows_than_are_written_at_a_time(path, monkeypatch):
    monkeypatch.setattr(word2vec_binary, "_CHUNK", 40)
    matrix = np.arange(69, dtype=np.float32).reshape(23, 3)
    words = [b"w%d" % i for i in range(23)]
    word2vec_binary.write(path, words, Rows(matrix))
    found, numbers, _, _ = taken(path)
    assert found == words
    assert numbers.tolist() == matrix.tolist()


@pytest.mark.parametrize("word", [b"", b"a b", b"a\nb", b"x" * 65537])
def test_a_word_that_the_format_cannot_hold(path, word):
    path.write_text("as it was")
    with pytest.raises(DataError, match="cannot hold the word"):
        word2vec_binary.write(path, [b"a", word], Rows(ROWS))
    assert path.read_text() == "as it was"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_could_not_be_read_is_not_written(path, value):
    with pytest.raises(DataError, match="no finite number"):
        word2vec_binary.write(path, [b"a"], Rows(np.array([[1, value]], dtype=np.float32)))
    assert not path.exists()


@pytest.mark.parametrize("words", [[b"a"], [b"a", b"b", b"c"]])
def test_words_and_rows_must_agree(path, words):
    with pytest.raises(ValueError, match="2 rows and"):
        word2vec_binary.write(path, words, Rows(ROWS))
    assert not path.exists()


def test_no_such_file(path):
    with pytest.raises(CallError, match="no such file"):
        word2vec_binary.read(path, Report(str(path)))


@pytest.mark.parametrize(
    ("head", "answer"),
    [
        (binary((b"rei", ROWS[0]), (b"mar", ROWS[1])), True),
        (binary((b"</s>", [0.001] * 300))[:200], True),
        (binary((b"rei", [0.1, 0.2])), True),
        (binary(("coração".encode(), [0.5])), True),
        (b"", False),
        (b"2 3\n", False),
        (b"2 3\nrei", False),
        (b"2 3\nrei ", False),
        (b"2 3\nrei 0.1 0.2 0.3\nmar 1 2 3\n", False),
        (b"2 3\n" + "r$ 0,0 km² 0.1 0.2 0.3\n".encode(), False),
        (b"2 300\nrei 0.1 0.2", False),
        (b"2 300\n" + "a água é".encode()[:-1], False),
        (b"rei 0.1 0.2\nmar 1 2\n", False),
        (b"2 3 4\n\0\0\0\0", False),
        (b"\x80\x04\x95\0\0", False),
    ],
)
def test_looks_like(head, answer):
    assert word2vec_binary.looks_like(head) is answer
