import bz2
import gzip
import hashlib
import io
import lzma
import os
import random
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from nlpseq import files
from nlpseq.errors import CallError, DataError
from nlpseq.files import content_hash, lines, require, text_lines

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def zipped(content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", content)
    return file.getvalue()


PACK = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd.compress,
}

kinds = pytest.mark.parametrize("kind", PACK)


@pytest.fixture
def noise() -> bytes:
    numbers = random.Random(7)
    return b"".join(b"%d\n" % numbers.getrandbits(64) for _ in range(20_000))


@pytest.mark.parametrize("name", ["a.txt", "a.gz", "a.bz2", "a.xz", "a"])
@pytest.mark.parametrize("pack", [bytes, *PACK.values()])
def test_compression_is_told_by_content_not_by_name(tmp_path, name, pack):
    (tmp_path / name).write_bytes(pack(b"one\ntwo"))
    assert list(lines(tmp_path / name)) == [(1, b"one"), (2, b"two")]


def test_a_zip_archive_of_one_file(tmp_path):
    (tmp_path / "a.txt").write_bytes(zipped(b"one\ntwo"))
    assert list(lines(tmp_path / "a.txt")) == [(1, b"one"), (2, b"two")]
    assert list(lines(tmp_path / "a.txt" / "a")) == [(1, b"one"), (2, b"two")]


def archive_of(path, *names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, f"in {name}\n")


def test_a_file_of_an_archive_of_several(tmp_path):
    path = tmp_path / "a.zip"
    archive_of(path, "one.txt", "folder/two.txt", "__MACOSX/three")
    assert list(lines(path / "folder" / "two.txt")) == [(1, b"in folder/two.txt")]
    with pytest.raises(CallError, match=r"holds one\.txt, folder/two\.txt") as caught:
        list(lines(path))
    assert caught.value.remedy == f"name one of them: {path}/one.txt"
    with pytest.raises(CallError, match="holds one"):
        list(lines(path / "tow.txt"))


def test_an_archive_without_files(tmp_path):
    archive_of(tmp_path / "a.zip", "__MACOSX/x")
    with pytest.raises(CallError, match="holds nothing"):
        list(lines(tmp_path / "a.zip"))


def test_a_damaged_archive(tmp_path, noise):
    packed = bytearray(zipped(noise))
    for at in (len(packed) // 2, len(packed) - 60):
        for i in range(at, at + 30):
            packed[i] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(packed)
    with pytest.raises(DataError, match="damaged or cut off"):
        list(lines(tmp_path / "a.zip"))
    (tmp_path / "a.zip").write_bytes(zipped(noise)[:-200])
    with pytest.raises(DataError, match="damaged or cut off"):
        list(lines(tmp_path / "a.zip"))


@kinds
def test_a_compressed_pipe_is_read(kind):
    if not Path("/dev/fd").is_dir():
        pytest.skip("no /dev/fd here")
    reading, writing = os.pipe()
    try:
        os.write(writing, PACK[kind](b"one\ntwo\n"))
        os.close(writing)
        assert list(lines(Path(f"/dev/fd/{reading}"))) == [(1, b"one"), (2, b"two")]
    finally:
        os.close(reading)


@kinds
def test_a_compressed_file_that_was_cut_off(tmp_path, noise, kind):
    packed = PACK[kind](noise)
    path = tmp_path / "a"
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(DataError, match="cut off after line") as caught:
        list(lines(path))
    assert caught.value.where == str(path)


@kinds
def test_a_compressed_file_that_is_damaged(tmp_path, noise, kind):
    packed = bytearray(PACK[kind](noise))
    middle = len(packed) // 2
    for i in range(middle, middle + 64):
        packed[i] ^= 0xFF
    path = tmp_path / "a"
    path.write_bytes(packed)
    with pytest.raises(DataError, match="damaged") as caught:
        list(lines(path))
    assert caught.value.where == str(path)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", []),
        (b"\n", [b""]),
        (b"a", [b"a"]),
        (b"a\n", [b"a"]),
        (b"a\n\nb", [b"a", b"", b"b"]),
        (b"a\r\nb\r\n", [b"a", b"b"]),
        (b"a\r\r\nb\rc\n", [b"a\r", b"b\rc"]),
        ("a\u0085b\u2028c\x0cd\x1ce\n".encode(), ["a\u0085b\u2028c\x0cd\x1ce".encode()]),
    ],
)
def test_lines_end_at_line_feeds_only(tmp_path, content, found):
    (tmp_path / "a").write_bytes(content)
    assert list(lines(tmp_path / "a")) == list(enumerate(found, 1))


def test_a_byte_order_mark_is_dropped_at_the_start_only(tmp_path):
    (tmp_path / "a").write_bytes("\ufeffolá\n\ufeffmundo".encode())
    assert list(text_lines(tmp_path / "a")) == [(1, "olá"), (2, "\ufeffmundo")]


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("olá".encode("latin1"), 1, "byte 3 of the line, 0xe1,"),
        (b"one\nt\xe9n\n", 2, "byte 2 of the line, 0xe9,"),
        (b"one\ntwo\nx\xc3", 3, "byte 2 of the line, 0xc3,"),
        (b"\xed\xa0\x80", 1, "byte 1 of the line, 0xed,"),
        (b"\xef\xbb\xbfab\xff", 1, "byte 6 of the line, 0xff,"),
    ],
)
def test_bytes_that_are_not_utf8_are_located(tmp_path, content, line, message):
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        list(text_lines(path))
    assert message in caught.value.message
    assert caught.value.where == f"{path}:{line}"
    assert "iconv" in caught.value.remedy


def test_a_line_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_LINE", 1000)
    path = tmp_path / "a"
    path.write_bytes(gzip.compress(b"short\n" + bytes(2000)))
    with pytest.raises(DataError, match="a line of more than") as caught:
        list(lines(path))
    assert caught.value.where == f"{path}:2"


def test_a_missing_file_suggests_the_near_name(tmp_path):
    (tmp_path / "reviews.jsonl").touch()
    (tmp_path / "other").touch()
    with pytest.raises(CallError, match="no such file") as caught:
        list(lines(tmp_path / "reviws.jsonl"))
    assert str(tmp_path / "reviews.jsonl") in caught.value.remedy
    assert caught.value.where == str(tmp_path / "reviws.jsonl")


@pytest.mark.parametrize("name", ["qqqq", "no/such/folder"])
def test_a_missing_file_without_near_name(tmp_path, name):
    (tmp_path / "reviews.jsonl").touch()
    with pytest.raises(CallError, match="no such file") as caught:
        require(tmp_path / name)
    assert caught.value.remedy is None


def test_require_gives_the_path_back(tmp_path):
    assert require(tmp_path) == tmp_path


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(CallError, match="folder") as caught:
        list(lines(tmp_path))
    assert caught.value.where == str(tmp_path)


@pytest.mark.parametrize("kind", [io.BytesIO, lambda b: io.BufferedReader(io.BytesIO(b))])
@pytest.mark.parametrize("pack", [bytes, *PACK.values()])
@pytest.mark.parametrize("name", [files.STDIN, Path("-")])
def test_the_standard_input_is_read_and_stays_open(monkeypatch, kind, pack, name):
    stdin = kind(pack(b"one\ntwo"))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stdin))
    assert list(lines(require(name))) == [(1, b"one"), (2, b"two")]
    assert not stdin.closed


def test_what_errors_call_the_standard_input(monkeypatch):
    for content, message in ((b"one\n\xff\n", "not UTF-8"), (gzip.compress(b"a")[:15], "cut off")):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
        with pytest.raises(DataError, match=message) as caught:
            list(text_lines(Path("-")))
        assert caught.value.where.startswith("standard input")


@pytest.mark.parametrize("stdin", [None, io.StringIO("a")])
def test_there_may_be_no_standard_input(monkeypatch, stdin):
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(CallError, match="no standard input"):
        list(lines(files.STDIN))


@pytest.mark.parametrize("returns", [False, True])
def test_carriage_returns_are_kept_on_request(returns):
    found = files.lines_of(io.BytesIO(b"a\r\nb\n"), Path("x"), returns=returns)
    assert list(found) == [(1, b"a\r" if returns else b"a"), (2, b"b")]


def test_content_hash_is_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert content_hash(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()


def test_an_archive_of_nothing(tmp_path):
    path = tmp_path / "a.txt.zip"
    with zipfile.ZipFile(path, "w"):
        pass
    with pytest.raises(CallError, match="the archive holds nothing"), files.open_bytes(path):
        pass
