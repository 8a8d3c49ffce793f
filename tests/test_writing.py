import bz2
import contextlib
import errno
import gzip
import lzma
import os
import stat
import sys
import threading
import time
from pathlib import Path

import pytest

from nlpseq.errors import CallError
from nlpseq.writing import atomic_folder, atomic_write, install, sweep

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

UNPACK = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
    ".zst": zstd.decompress,
    ".txt": bytes,
}


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


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
