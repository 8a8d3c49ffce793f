import os
import zipfile

import pytest

from nlpseq.files import content_hash
from nlpseq.pipelines import hashes
from nlpseq.pipelines.hashes import Hashes


@pytest.fixture
def read(monkeypatch):
    """The names of the files that were read."""
    names = []

    def count(path):
        names.append(path.name)
        return content_hash(path)

    monkeypatch.setattr(hashes, "content_hash", count)
    return names


def write(path, content, age=60):
    path.write_text(content)
    time = path.stat().st_mtime - age
    os.utime(path, (time, time))


def test_what_did_not_change_is_not_read_again(tmp_path, read):
    write(tmp_path / "a", "content")
    first = Hashes(tmp_path / "kept")
    assert first(tmp_path / "a") == first(tmp_path / "a") == content_hash(tmp_path / "a")
    first.write()
    again = Hashes(tmp_path / "kept")
    assert again(tmp_path / "a") == content_hash(tmp_path / "a")
    assert read == ["a"]


def test_what_was_touched_is_read_and_what_is_another_has_another_hash(tmp_path, read):
    write(tmp_path / "a", "content")
    first = Hashes(tmp_path / "kept")
    before = first(tmp_path / "a")
    first.write()
    write(tmp_path / "a", "content", age=30)
    assert Hashes(tmp_path / "kept")(tmp_path / "a") == before
    write(tmp_path / "a", "CONTENT", age=20)
    assert Hashes(tmp_path / "kept")(tmp_path / "a") != before
    assert read == ["a"] * 3


def test_what_is_as_new_as_the_clock_can_tell_is_read_again(tmp_path, read):
    (tmp_path / "a").write_text("content")
    for _ in range(2):
        found = Hashes(tmp_path / "kept")
        found(tmp_path / "a")
        found.write()
    assert read == ["a"] * 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '{"a": [[1], "x"]}'])
def test_a_file_that_cannot_be_read_is_as_good_as_none(tmp_path, content):
    (tmp_path / "kept").write_text(content)
    write(tmp_path / "a", "content")
    assert Hashes(tmp_path / "kept")(tmp_path / "a") == content_hash(tmp_path / "a")


def test_members_of_one_archive_are_told_apart(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x", "1")
        archive.writestr("y", "1")
    found = Hashes(tmp_path / "kept")
    assert found(tmp_path / "a.zip/x") != found(tmp_path / "a.zip/y")


def test_a_pipe_never_comes_again(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    one, other = Hashes(tmp_path / "kept"), Hashes(tmp_path / "kept")
    assert one(tmp_path / "pipe") == one(tmp_path / "pipe") != other(tmp_path / "pipe")
