import bz2
import contextlib
import errno
import gzip
import hashlib
import io
import lzma
import os
import random
import stat
import sys
import threading
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from nlpseq import files
from nlpseq.errors import CallError, DataError
from nlpseq.files import (
    atomic_folder,
    atomic_write,
    content_hash,
    install,
    lines,
    require,
    sweep,
    text_lines,
)

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
UNPACK = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
    ".zst": zstd.decompress,
    ".txt": bytes,
}

kinds = pytest.mark.parametrize("kind", PACK)


@pytest.fixture
def noise() -> bytes:
    numbers = random.Random(7)
    return b"".join(b"%d\n" % numbers.getrandbits(64) for _ in range(20_000))


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


# reading


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


# writing


@pytest.mark.parametrize("suffix", UNPACK)
def test_atomic_write_compresses_by_suffix(tmp_path, suffix):
    path = tmp_path / "new" / f"a{suffix}"
    with atomic_write(path) as file:
        file.write(b"one\n")
        file.write(b"two\n")
    assert UNPACK[suffix](path.read_bytes()) == b"one\ntwo\n"
    assert names(path.parent) == [path.name]


@pytest.mark.parametrize("suffix", UNPACK)
def test_equal_content_gives_equal_bytes(tmp_path, monkeypatch, suffix):
    for name, now in (("one", 1e9), ("other", 1.5e9)):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        with atomic_write(tmp_path / f"{name}{suffix}") as file:
            file.write(b"content")
    one, other = (tmp_path / f"{name}{suffix}" for name in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("suffix", UNPACK)
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_atomic_write_that_fails_leaves_nothing(tmp_path, suffix, error):
    old = tmp_path / f"old{suffix}"
    old.write_bytes(b"as it was")
    for path in (old, tmp_path / f"new{suffix}"):
        with pytest.raises(error), atomic_write(path) as file:
            file.write(b"half")
            raise error
    assert names(tmp_path) == [old.name]
    assert old.read_bytes() == b"as it was"


def test_the_old_file_stands_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with atomic_write(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("target_exists", [True, False])
def test_atomic_write_goes_through_a_link(tmp_path, target_exists):
    target, link = tmp_path / "far" / "target", tmp_path / "link"
    target.parent.mkdir()
    if target_exists:
        target.write_bytes(b"old")
    link.symlink_to(target)
    with atomic_write(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert names(tmp_path) == ["far", "link"]
    assert names(target.parent) == ["target"]


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals here")
def test_a_device_is_written_directly():
    # A terminal of our own, not /dev/null: a bug here, run as root, would replace that for all.
    reading, terminal = os.openpty()
    try:
        device = Path(os.ttyname(terminal))
        with atomic_write(device) as file:
            file.write(b"through")
        assert os.read(reading, 7) == b"through"
        assert stat.S_ISCHR(device.stat().st_mode)
    finally:
        os.close(reading)
        os.close(terminal)


def test_an_open_pipe_is_written_directly():
    if not Path("/dev/fd").is_dir():
        pytest.skip("no /dev/fd here")
    reading, writing = os.pipe()
    try:
        with atomic_write(Path(f"/dev/fd/{writing}")) as file:
            file.write(b"through")
        assert os.read(reading, 7) == b"through"
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_written_directly(tmp_path):
    fifo, got = tmp_path / "fifo", []
    os.mkfifo(fifo)
    reader = threading.Thread(target=lambda: got.append(fifo.read_bytes()), daemon=True)
    reader.start()
    with atomic_write(fifo) as file:
        file.write(b"through")
    reader.join(10)
    assert got == [b"through"]
    assert stat.S_ISFIFO(fifo.stat().st_mode)
    assert names(tmp_path) == ["fifo"]


def test_atomic_folder_replaces_a_whole_folder(tmp_path):
    path = tmp_path / "new" / "model"
    for name in ("first", "second"):
        with atomic_folder(path) as folder:
            (folder / name).write_text(name)
            (folder / "deep").mkdir()
    assert names(path) == ["deep", "second"]
    assert names(path.parent) == ["model"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_atomic_folder_that_fails_leaves_the_old_one_whole(tmp_path, error):
    path = tmp_path / "model"
    path.mkdir()
    (path / "old").write_text("as it was")
    for target in (path, tmp_path / "new"):
        with pytest.raises(error), atomic_folder(target) as folder:
            (folder / "half").touch()
            raise error
    assert names(tmp_path) == ["model"]
    assert names(path) == ["old"]
    assert (path / "old").read_text() == "as it was"


def test_atomic_folder_puts_the_old_one_back_where_the_new_cannot_come(tmp_path):
    path = tmp_path / "model"
    path.mkdir()
    (path / "old").touch()
    with pytest.raises(FileNotFoundError), atomic_folder(path) as folder:
        folder.rmdir()
    assert names(tmp_path) == ["model"]
    assert names(path) == ["old"]


def test_atomic_folder_over_a_file_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "model"
    path.write_text("a file")
    with contextlib.suppress(CallError), atomic_folder(path) as folder:
        (folder / "new").touch()
    assert names(tmp_path) == ["model"]


def test_atomic_folder_goes_through_a_link(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "far")
    with atomic_folder(tmp_path / "link") as folder:
        (folder / "new").touch()
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "far") == ["new"]
    assert names(tmp_path) == ["far", "link"]


def test_an_archive_of_nothing(tmp_path):
    path = tmp_path / "a.txt.zip"
    with zipfile.ZipFile(path, "w"):
        pass
    with pytest.raises(CallError, match="the archive holds nothing"), files.open_bytes(path):
        pass


def test_sweep_takes_away_what_was_killed_and_puts_back_what_it_had_moved(tmp_path):
    for name in (".model.0123abcd.old", ".other.0123abcd.old", ".new.89abcdef.tmp"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "weights").write_text(name)
    (tmp_path / "other").mkdir()
    (tmp_path / ".file.0123abcd.tmp").touch()
    (tmp_path / ".hidden.tmp").touch()
    sweep(tmp_path)
    assert names(tmp_path) == [".hidden.tmp", "model", "other"]
    assert (tmp_path / "model/weights").read_text() == ".model.0123abcd.old"
    assert names(tmp_path / "other") == []
    sweep(tmp_path / "nothing")


def test_sweep_of_one_name_leaves_the_others(tmp_path):
    for name in (".a.0123abcd.tmp", ".b.0123abcd.tmp", ".b.a.0123abcd.tmp"):
        (tmp_path / name).touch()
    sweep(tmp_path, "a")
    assert names(tmp_path) == [".b.0123abcd.tmp", ".b.a.0123abcd.tmp"]


@pytest.mark.parametrize("far", [False, True], ids=["near", "another file system"])
def test_install_replaces_a_file_or_a_folder(tmp_path, monkeypatch, far):
    if far:
        rename = os.rename

        def refuse(source, target):
            if str(source).startswith(str(tmp_path / "made")):
                raise OSError(errno.EXDEV, "another file system")
            rename(source, target)

        monkeypatch.setattr(os, "rename", refuse)
    for content in ("first", "second"):
        (tmp_path / "made").mkdir()
        (tmp_path / "made/folder").mkdir()
        (tmp_path / "made/folder" / content).touch()
        (tmp_path / "made/file").write_text(content)
        install(tmp_path / "made/folder", tmp_path / "deep/folder")
        install(tmp_path / "made/file", tmp_path / "deep/file")
        (tmp_path / "made").rmdir()
        assert names(tmp_path / "deep") == ["file", "folder"]
        assert names(tmp_path / "deep/folder") == [content]
        assert (tmp_path / "deep/file").read_text() == content
