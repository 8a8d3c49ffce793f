import gzip
import io
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpseq import files
from nlpseq.embeddings.train.stream import reading
from nlpseq.embeddings.train.stream.counting import Table
from nlpseq.embeddings.train.stream.reading import raw, tokenised
from nlpseq.errors import DataError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "c.txt"


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from([b" ", b"\n", b"\r\n", b"\t", b"a", b"bcd" * 3, b"\xef\xbb\xbf"])),
    st.integers(1, 9),
)
def test_blocks_are_the_text(tmp_path_factory, parts, size):
    text = b"".join(parts)
    path = tmp_path_factory.mktemp("text") / "c.txt"
    path.write_bytes(text)
    text = text.removeprefix(b"\xef\xbb\xbf")
    with mock.patch.object(reading, "_SIZE", size), mock.patch.object(reading, "_NEAR", 1):
        blocks = list(tokenised([path]))
    assert b"".join(block.text for block in blocks) == text + b"\n" * (
        text != b"" and not text.endswith(b"\n")
    )
    for block in blocks:
        assert block.data[block.size - 1] in b" \t\n\r"
        assert len(block.data) >= block.size + reading.PAD


def fault(path, size=1 << 20):
    with mock.patch.object(reading, "_SIZE", size), pytest.raises(DataError) as caught:
        for block in tokenised([path]):
            block.numbered(Table())
    return caught.value


@pytest.mark.parametrize("size", [1, 2, 5, 1 << 20])
@pytest.mark.parametrize(
    "before", [b"", b"\n", b"ab c\n\n", b"\xc3\xa9 e\nx ", b"\xef\xbb\xbfa ", b"a" * 40]
)
@pytest.mark.parametrize(
    "bad",
    [b"\xff", b"\xc3", b"\xe2\x80", b"\xa9", b"\xed\xa0\x80", b"\xc0\x80", b"\xf5\x80\x80\x80"],
)  # fmt: skip
def test_what_is_not_utf8_is_an_error_as_elsewhere(path, size, before, bad):
    text = before + b"x" + bad + b" rest\nof it"
    path.write_bytes(text)
    with pytest.raises(DataError) as caught:
        list(files.text_lines(path))
    assert str(fault(path, size)) == str(caught.value)


def test_a_sequence_that_white_space_cuts(path):
    path.write_bytes(b"ok\n\xc3 \xa9\n")
    assert fault(path).where == f"{path}:2"
    assert fault(path).message == "byte 1 of the line, 0xc3, is not UTF-8"


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_null_bytes_are_no_text(path, size):
    path.write_bytes("ab\nca va\n".encode("utf-16-le"))
    error = fault(path, size)
    assert error.message == "byte 2 of the line is 0, which no text holds"
    assert error.where == f"{path}:1"
    assert "utf-16" in error.remedy


def test_the_first_bad_place_is_told_by_file(path, tmp_path):
    good = tmp_path / "good.txt"
    good.write_text("a\nb")
    path.write_bytes(b"a\nb \xff\n")
    with pytest.raises(DataError) as caught:
        for block in tokenised([good, path]):
            block.numbered(Table())
    assert caught.value.where == f"{path}:2"


def test_a_word_that_is_too_long(path, monkeypatch):
    monkeypatch.setattr(files, "MAX_LINE", 100)
    monkeypatch.setattr(reading, "_SIZE", 10)
    path.write_bytes(b"a b\n" + b"x" * 90 + b" " + b"y" * 90)
    assert len(list(tokenised([path]))) > 1  # the line may be longer
    path.write_bytes(gzip.compress(b"a b\n" + b"x" * 1000))
    with pytest.raises(DataError) as caught:
        list(tokenised([path]))
    assert caught.value.where == f"{path}:2"


def test_a_pipe_that_gives_little_at_a_time(monkeypatch):
    class Slow(io.RawIOBase):
        text = io.BytesIO(b"one two\nthree")

        def readable(self):
            return True

        def readinto(self, room):
            some = self.text.read(min(3, len(room)))
            room[: len(some)] = some
            return len(some)

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(Slow(), 4)))
    blocks = list(tokenised([Path("-")]))
    assert b"".join(block.text for block in blocks) == b"one two\nthree\n"
    assert len(blocks) == 1


def test_an_error_of_raw_text_names_its_place(path):
    path.write_bytes(b"a\n\xff\n")
    with pytest.raises(DataError) as caught:
        list(raw([path], None, field="text", format=None, encoding="utf-8", processes=1))
    assert caught.value.where == f"{path}:2"


def test_null_characters_of_records_are_characters(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_text('{"text": "a\\u0000b \\ud800"}\n')
    (block,) = raw([path], None, field="text", format=None, encoding="utf-8", processes=1)
    assert block.text == b"a\0b ?\n"
    assert block.numbered(Table()).tolist() == [0, 1, -1]
