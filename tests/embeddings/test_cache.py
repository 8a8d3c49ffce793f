import json
import logging
import os
import shutil
import zipfile

import numpy as np
import pytest
import safetensors.numpy

from nlpseq.embeddings import cache, opening
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError, DataError

TEXT = "".join(f"w{i} {i} {-i}.5 1\n" for i in range(40))
FAULTY = TEXT + "w3 1 2 3\nbad 1 x 3\nlast 7 8 9\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where the entries lie; every file is large enough to be kept."""
    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NLPSEQ_CACHE_LIMIT", raising=False)
    monkeypatch.setattr(cache, "SMALLEST", 1)
    return tmp_path / "cache" / "vectors"


@pytest.fixture
def conversions(monkeypatch):
    """The sources that were converted, in order."""
    done = []

    def convert(source, *arguments, **options):
        done.append(source.name)
        return original(source, *arguments, **options)

    original = opening.convert
    monkeypatch.setattr(opening, "convert", convert)
    return done


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "v.txt"
    path.write_text(TEXT)
    return path


def entries(folder):
    return sorted(path.name for path in folder.glob("*.safetensors"))


def aged(path, seconds):
    """As if it had been used so long ago."""
    when = path.stat().st_mtime - seconds
    os.utime(path, (when, when))


def test_a_file_is_converted_once(path, folder, conversions, monkeypatch):
    first = Vectors.open(path)
    assert conversions == ["v.txt"]
    (name,) = entries(folder)
    assert name.removesuffix(".safetensors").isalnum()
    monkeypatch.setattr(opening, "_reading", None)  # whoever reads the file again fails
    monkeypatch.setattr(cache, "content_hash", None)
    second = Vectors.open(path)
    assert conversions == ["v.txt"]
    assert second.words == first.words == Vectors.open(path, recipe="lower").words
    assert np.array_equal(second.matrix, first.matrix)
    assert first["w7"].tolist() == [7, -7.5, 1]
    assert second.about == {}


def test_the_notice_says_what_was_kept(path, folder, caplog):
    with caplog.at_level(logging.INFO, "nlpseq"):
        Vectors.open(path)
    assert f"kept {path} as {folder}" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.INFO, "nlpseq"):
        Vectors.open(path)
    assert caplog.text == ""


def test_a_changed_file_is_converted_anew(path, folder, conversions):
    Vectors.open(path)
    stat = path.stat()
    path.write_text(TEXT.replace("w7 7", "w7 8"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # neither size nor time tell
    assert Vectors.open(path)["w7"].tolist() == [8, -7.5, 1]
    assert len(conversions) == 2
    assert len(entries(folder)) == 2
    path.write_text(TEXT)
    assert Vectors.open(path)["w7"].tolist() == [7, -7.5, 1]
    assert len(conversions) == 2  # what it was at first is still there


def test_a_touched_file_is_not_converted_anew(path, folder, conversions):
    Vectors.open(path)
    os.utime(path, (1, 1))
    for _ in range(2):
        Vectors.open(path)
    assert len(conversions) == 1
    other = path.with_name("copy.txt")
    shutil.copy(path, other)
    Vectors.open(other)
    assert len(conversions) == 1
    assert len(entries(folder)) == 1


def test_packed_files_are_kept_as_well(path, folder, conversions):
    import gzip

    packed = path.with_name("v.txt.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for _ in range(2):
        assert Vectors.open(packed)["w7"].tolist() == [7, -7.5, 1]
    assert conversions == ["v.txt.gz"]


@pytest.mark.parametrize("options", [{"cache": False}, {"first": 3}, {"only": ["w1", "w2"]}])
def test_what_is_read_into_memory(path, folder, conversions, options):
    assert Vectors.open(path, **options)["w1"].tolist() == [1, -1.5, 1]
    assert not folder.exists()
    assert conversions == []


def test_small_files_stores_and_pipes_are_not_kept(path, folder, monkeypatch):
    Vectors.open(path, cache=False).save(path.with_name("v.safetensors"))
    Vectors.open(path.with_name("v.safetensors"))
    monkeypatch.setattr(cache, "SMALLEST", len(TEXT) + 1)
    Vectors.open(path)
    assert not folder.exists()
    monkeypatch.setattr(cache, "SMALLEST", 1)
    read, write = os.pipe()
    with os.fdopen(write, "wb") as file:
        file.write(TEXT.encode())
    with os.fdopen(read) as file:
        assert len(Vectors.open(f"/dev/fd/{file.fileno()}")) == 40
    assert not folder.exists()


def test_a_repaired_file_is_another_entry(path, folder, conversions):
    path.write_text(FAULTY)
    with pytest.raises(DataError):
        Vectors.open(path)
    assert entries(folder) == []
    for _ in range(2):
        repaired = Vectors.open(path, repair=True)
        assert len(repaired) == 41
    assert conversions == ["v.txt"] * 2
    with pytest.raises(DataError):  # what was repaired before is not sound now
        Vectors.open(path)
    path.write_text(TEXT)
    Vectors.open(path, repair=True)
    Vectors.open(path)
    assert len(entries(folder)) == 3


def test_another_format_is_another_entry(path, folder, conversions):
    Vectors.open(path)
    Vectors.open(path, format="text")
    Vectors.open(path, format="text")
    assert len(conversions) == 2
    assert len(entries(folder)) == 2


def test_a_conversion_that_fails_leaves_nothing(path, folder):
    path.write_text(TEXT + "bad 1 x 3\n")
    for _ in range(2):
        with pytest.raises(DataError) as caught:
            Vectors.open(path)
        assert caught.value.where == f"{path}:41"
    assert [p for p in folder.rglob("*") if p.is_file()] == []


def test_repairs_are_said_whenever_the_file_is_opened(path, caplog):
    """What is missing is missing the second time too."""
    path.write_text(FAULTY)
    for _ in range(2):
        caplog.clear()
        with caplog.at_level(logging.INFO, "nlpseq"):
            Vectors.open(path, repair=True)
        assert "repair" in caplog.text


# room


def converted(path, i):
    """A file of its own, as many MiB as rows / 10,000."""
    source = path.with_name(f"v{i}.txt")
    source.write_text("".join(f"w{j} {i} {j}\n" for j in range(50)))
    Vectors.open(source)
    return source


def test_the_ones_used_longest_ago_leave(path, folder, monkeypatch):
    sources = [converted(path, i) for i in range(3)]
    assert len(entries(folder)) == 3
    sizes = [entry.size for entry in cache.entries()]
    for i, source in enumerate(sources):
        aged(cache.find(source, [source], ""), 1000 * (3 - i))
    oldest, middle, newest = (folder / entry.path.name for entry in reversed([*cache.entries()]))
    Vectors.open(sources[0])  # now it is the last one used
    monkeypatch.setenv("NLPSEQ_CACHE_LIMIT", str((sum(sizes) + 100) / 2**30))
    converted(path, 3)
    assert oldest.exists()
    assert not middle.exists()
    assert newest.exists()
    assert len(entries(folder)) == 3
    Vectors.open(sources[1])
    assert len(Vectors.open(sources[1])) == 50


def test_a_file_that_was_only_touched_counts_as_used(path, folder, monkeypatch):
    sources = [converted(path, i) for i in range(2)]
    for i, source in enumerate(sources):
        aged(cache.find(source, [source], ""), 1000 * (2 - i))
    os.utime(sources[0])
    Vectors.open(sources[0])
    newest = next(cache.entries()).path
    assert cache.sources()[newest.stem[:64]] == str(sources[0])


@pytest.mark.parametrize("limit", ["0", "-1", "0.0000001"])
def test_an_entry_that_is_larger_than_the_limit_serves_once(path, folder, monkeypatch, limit):
    monkeypatch.setenv("NLPSEQ_CACHE_LIMIT", limit)
    for i in range(2):
        source = converted(path, i)
        assert len(Vectors.open(source)) == 50
        assert len(entries(folder)) == 1


@pytest.mark.parametrize("limit", ["viel", "", "nan"])
def test_a_limit_that_is_no_number(path, folder, monkeypatch, limit, conversions):
    monkeypatch.setenv("NLPSEQ_CACHE_LIMIT", limit)
    with pytest.raises(CallError) as caught:
        Vectors.open(path)
    assert caught.value.where == "NLPSEQ_CACHE_LIMIT"


@pytest.mark.parametrize("limit", ["inf", "1e999"])
def test_a_limit_without_end(path, folder, monkeypatch, limit):
    monkeypatch.setenv("NLPSEQ_CACHE_LIMIT", limit)
    try:
        assert len(Vectors.open(path)) == 40
    except CallError as error:
        assert error.where == "NLPSEQ_CACHE_LIMIT"


def test_the_limit_is_of_gibibytes(monkeypatch):
    assert cache.limit() == 50 << 30
    monkeypatch.setenv("NLPSEQ_CACHE_LIMIT", "0.5")
    assert cache.limit() == 1 << 29


# what can be wrong with the cache


def test_a_cache_that_cannot_be_written(path, tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "file"))
    with caplog.at_level(logging.WARNING, "nlpseq"):
        for _ in range(2):
            assert Vectors.open(path)["w7"].tolist() == [7, -7.5, 1]
    assert "the cache cannot be written" in caplog.text
    assert f"{path} is read into memory" in caplog.text
    assert (tmp_path / "file").read_text() == "no folder"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_a_cache_that_may_not_be_written(path, folder):
    folder.mkdir(parents=True)
    folder.chmod(0o500)
    assert len(Vectors.open(path)) == 40
    assert list(folder.iterdir()) == []
    folder.chmod(0o700)


def test_a_disk_that_is_full_meanwhile(path, folder, monkeypatch, caplog):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(opening.store.Writer, "finish", full)
    assert len(Vectors.open(path)) == 40
    assert "No space left" in caplog.text
    assert [p for p in folder.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize(
    "damage",
    [lambda c: c[:-1], lambda c: b"", lambda c: c[:99], lambda c: c[:8] + b"x" * 99 + c[107:]],
    ids=["one byte less", "empty", "cut off", "no JSON"],
)
def test_a_damaged_entry(path, folder, damage):
    """It is made anew, or the error says how to be rid of it."""
    Vectors.open(path)
    (entry,) = folder.glob("*.safetensors")
    entry.write_bytes(damage(entry.read_bytes()))
    try:
        opened = Vectors.open(path)
    except DataError as error:
        assert str(entry) in str(error)
        assert "vectors cache clear" in str(error)
    else:
        assert opened["w7"].tolist() == [7, -7.5, 1]


def test_an_entry_that_is_gone_is_made_again(path, folder, conversions):
    Vectors.open(path)
    for entry in folder.glob("*.safetensors"):
        entry.unlink()
    assert len(Vectors.open(path)) == 40
    assert len(conversions) == 2
    assert len(entries(folder)) == 1


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "3", '{"state": []}', '{"content": "../../x", "state": 3}', "\udcff",
     '{"content": 3, "state": []}', '{"content": null, "state": []}'],
)  # fmt: skip
def test_notes_that_are_damaged_are_written_anew(path, folder, conversions, content):
    Vectors.open(path)
    (note,) = (folder / "seen").iterdir()
    note.write_bytes(content.encode(errors="surrogateescape"))
    assert cache.sources() == {}
    for _ in range(2):
        assert len(Vectors.open(path)) == 40
    assert len(conversions) == 1
    assert len(cache.sources()) == 1


def test_a_note_cannot_lead_out_of_the_folder(path, folder, tmp_path):
    Vectors.open(path)
    Vectors.open(path).save(tmp_path / "outside.safetensors")
    (note,) = (folder / "seen").iterdir()
    seen = json.loads(note.read_text())
    note.write_text(json.dumps(seen | {"content": "../../outside"}))
    assert cache.find(path, [path], "") is None


# looking after it


def test_entries_and_their_sources(path, folder):
    assert list(cache.entries()) == []
    assert cache.sources() == {}
    assert cache.clear() == 0
    sources = [converted(path, i) for i in range(3)]
    for i, source in enumerate(sources):
        aged(cache.find(source, [source], ""), 1000 * (3 - i))
    found = list(cache.entries())
    origins = cache.sources()
    assert [origins[entry.path.stem[:64]] for entry in found] == [*map(str, reversed(sources))]
    assert [entry.size for entry in found] == [entry.path.stat().st_size for entry in found]
    assert [e.used for e in found] == sorted((e.used for e in found), reverse=True)
    assert cache.clear() == sum(entry.size for entry in found)
    assert [p for p in folder.rglob("*") if p.is_file()] == []
    assert len(Vectors.open(sources[0])) == 50


def test_clearing_leaves_what_is_not_its_own(path, folder):
    Vectors.open(path)
    (folder / "notes.txt").write_text("mine")
    (folder.parent / "other").mkdir()
    (folder.parent / "other" / "x.safetensors").write_text("mine")
    cache.clear()
    assert (folder / "notes.txt").exists()
    assert (folder.parent / "other" / "x.safetensors").exists()


def test_clearing_takes_what_was_left_half_written(path, folder):
    """A process that was killed leaves its temporary file; it must not stay for ever."""
    Vectors.open(path)
    (entry,) = folder.glob("*.safetensors")
    left = folder / f".{entry.name}.0a1b2c3d.tmp"
    left.write_bytes(b"x" * 1000)
    os.utime(left, (0, 0))
    at_work = folder / f".{entry.name}.1b2c3d4e.tmp"
    at_work.write_bytes(b"x")
    assert cache.clear() >= 1000
    assert not left.exists()
    assert at_work.exists()


def test_vectors_outlive_their_entry(path, folder):
    """On systems where a mapped file can be removed."""
    opened = Vectors.open(path)
    try:
        cache.clear()
    except PermissionError:
        pytest.skip("a mapped file cannot be removed here")
    assert opened["w7"].tolist() == [7, -7.5, 1]


def test_the_environment_says_where_it_lies(monkeypatch, tmp_path):
    assert cache.folder() == tmp_path / "cache" / "vectors"
    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "elsewhere"))
    assert cache.folder() == tmp_path / "elsewhere" / "vectors"
    monkeypatch.delenv("NLPSEQ_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.folder().name == "vectors"
    assert not (tmp_path / "xdg").exists()


def test_files_of_one_archive_are_kept_apart(path, tmp_path, folder):
    archive = tmp_path / "vectors.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("one.txt", "1 2\nrei 1 2\n")
        packed.writestr("two.txt", "1 2\nrei 3 4\n")
    for _ in range(2):
        assert Vectors.open(archive / "one.txt")["rei"].tolist() == [1, 2]
        assert Vectors.open(archive / "two.txt")["rei"].tolist() == [3, 4]
    assert len(entries(folder)) == 2


def test_a_folder_is_kept_until_one_of_its_files_changes(tmp_path, folder):
    source = tmp_path / "nilc"
    source.mkdir()
    safetensors.numpy.save_file({"e": np.eye(2, dtype=np.float32)}, source / "e.safetensors")
    (source / "vocab.txt").write_text("rei\nmar\n")
    for _ in range(2):
        assert list(Vectors.open(source).words) == ["rei", "mar"]
        assert list(Vectors.open(source / "e.safetensors").words) == ["rei", "mar"]
    assert len(entries(folder)) == 1
    (source / "vocab.txt").write_text("rei\nlua\n")
    assert list(Vectors.open(source).words) == ["rei", "lua"]
    assert len(entries(folder)) == 2
