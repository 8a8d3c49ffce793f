"""Streams that are kept in the cache, and what can be wrong with it."""

import gzip
import io
import logging
import os
import sys
from unittest import mock

import pytest

from nlpseq.embeddings import cache
from nlpseq.embeddings.train import stream
from nlpseq.embeddings.train.stream import read, reading
from nlpseq.embeddings.train.stream.counting import Table
from nlpseq.errors import CallError, DataError
from nlpseq.text.tokenize import Tokenizer
from nlpseq.text.tokenize.subwords import Subwords

TEXT = "o rei e a rainha\n\na rainha e o mar\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where streams lie; every corpus is large enough to be kept."""
    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NLPSEQ_CACHE_LIMIT", raising=False)
    monkeypatch.setattr(cache, "SMALLEST", 1)
    return tmp_path / "cache" / "streams"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "c.txt"
    path.write_text(TEXT)
    return path


def entries(folder):
    return sorted(folder.glob("*.safetensors"))


def opened():
    """Counts the files that are read."""
    return mock.patch.object(reading, "open_bytes", wraps=reading.open_bytes)


def told(found):
    return list(found.words), found.counts.tolist(), found.ids.tolist(), found.offsets.tolist()


def test_a_file_is_read_once(path, folder, caplog):
    with caplog.at_level(logging.INFO, "nlpseq"):
        first = read([path], min_count=2)
    (entry,) = entries(folder)
    assert f"kept the ids of {path} as {entry}" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.INFO, "nlpseq"), opened() as reads:
        again = read([str(path)], min_count=2, threads=1)
    assert reads.call_count == 0
    assert f"the ids of {path} are those kept as {entry}" in caplog.text
    assert told(again) == told(first) == told(read([path], min_count=2, keep=False))
    with pytest.raises(ValueError, match="read-only"):
        again.ids[0] = 0


def test_options_are_another_stream(path, folder):
    assert len(read([path], min_count=2).words) == 4
    assert len(read([path], min_count=1).words) == 6
    assert len(read([path], min_count=1, max_vocab=3).words) == 3
    assert len(entries(folder)) == 3
    with opened() as reads:
        assert len(read([path], min_count=1).words) == 6
        assert len(read([path], min_count=1, max_vocab=3).words) == 3
    assert reads.call_count == 0


def test_a_changed_file_is_read_anew(path, folder):
    read([path], min_count=1)
    stat = path.stat()
    path.write_text(TEXT.replace("mar", "rio"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # neither size nor time tell
    assert "rio" in read([path], min_count=1).words
    assert len(entries(folder)) == 2


def test_equal_content_is_one_stream(path, folder, tmp_path, monkeypatch):
    """Packed, from a pipe, in two files, or touched: but it must be read to see that."""
    expected = told(read([path], min_count=1))
    packed, first, second = tmp_path / "p.txt.gz", tmp_path / "1.txt", tmp_path / "2.txt"
    packed.write_bytes(gzip.compress(TEXT.encode()))
    first.write_text(TEXT[:16])
    second.write_text(TEXT[17:])
    with mock.patch.object(stream.Encoder, "rank", None):  # it is not needed
        assert told(read([packed], min_count=1)) == expected
        assert told(read([first, second], min_count=1)) == expected
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
        assert told(read(["-"], min_count=1)) == expected
        os.utime(path, (1, 1))
        assert told(read([path], min_count=1)) == expected
        with opened() as reads:
            for source in ([packed], [first, second], [path]):
                assert told(read(source, min_count=1)) == expected
        assert reads.call_count == 0
        with opened() as reads, pytest.raises(TypeError):
            read([second, first], min_count=1)  # another order, another text
        assert reads.call_count == 2
    assert len(entries(folder)) == 1


def test_words_of_a_tokenizer_are_kept_by_what_it_does(path, folder, tmp_path):
    one, other = Tokenizer(recipe="lower"), Tokenizer(recipe="none", kind="characters")
    subwords = Subwords.train(TEXT.splitlines() * 5, size=30)
    results = []
    for tokenizer in (None, one, other, subwords):
        results.append(told(read([path], min_count=1, tokenizer=tokenizer, threads=1)))
    assert results[0] == results[1] != results[2]
    assert len(entries(folder)) == 3  # the first two have the same words
    subwords.save(tmp_path / "tokenizer.json")
    again = Subwords.load(tmp_path / "tokenizer.json")
    with mock.patch.object(stream, "raw", None), opened() as reads:
        for tokenizer, result in zip((None, one, other, again), results, strict=True):
            assert told(read([path], min_count=1, tokenizer=tokenizer, threads=1)) == result
    assert reads.call_count == 0


def test_small_corpora_are_kept_only_where_they_were_cut_into_words(path, folder, monkeypatch):
    monkeypatch.setattr(cache, "SMALLEST", len(TEXT) + 1)
    read([path], min_count=1)
    assert entries(folder) == []
    read([path], min_count=1, tokenizer=Tokenizer(), threads=1)
    assert len(entries(folder)) == 1


def test_nothing_is_kept_that_should_not_be(path, folder):
    read([path], min_count=1, keep=False)
    assert not folder.exists()


@pytest.mark.parametrize("limit", ["0", "-1", "0.00000001"])
def test_a_limit_that_leaves_no_room(path, folder, monkeypatch, limit, caplog):
    monkeypatch.setenv("NLPSEQ_CACHE_LIMIT", limit)
    with caplog.at_level(logging.INFO, "nlpseq"):
        assert len(read([path], min_count=1).words) == 6
    assert "no room" in caplog.text
    assert [p for p in folder.rglob("*") if p.is_file()] == []


def test_the_ones_used_longest_ago_leave_of_both_kinds(path, folder, monkeypatch):
    read([path], min_count=1)
    (stream,) = entries(folder)
    vectors = folder.parent / "vectors" / "v.safetensors"
    vectors.parent.mkdir()
    vectors.write_bytes(bytes(10_000))
    os.utime(vectors, (1, 1))
    os.utime(stream, (2, 2))
    monkeypatch.setenv("NLPSEQ_CACHE_LIMIT", str((stream.stat().st_size * 2 + 100) / 2**30))
    read([path], min_count=2)
    assert not vectors.exists()
    assert len(entries(folder)) == 2


def test_a_limit_that_is_no_number_is_told_first(path, monkeypatch):
    monkeypatch.setenv("NLPSEQ_CACHE_LIMIT", "5G")
    with opened() as reads, pytest.raises(CallError, match="GiB"):
        read([path], min_count=1)
    assert reads.call_count == 0


def test_a_cache_that_cannot_be_written(path, tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "file"))
    with caplog.at_level(logging.WARNING, "nlpseq"):
        for _ in range(2):
            assert len(read([path], min_count=1).words) == 6
    assert "the cache cannot be written" in caplog.text
    assert (tmp_path / "file").read_text() == "no folder"


def test_a_disk_that_is_full_meanwhile(path, folder, monkeypatch, caplog):
    write = stream.mapped.write

    def full(file, *arguments):
        if file.name != -1 and str(folder) in str(getattr(file, "name", "")):
            file.write(b"some")
            raise OSError(28, "No space left on device")
        write(file, *arguments)

    monkeypatch.setattr(stream.mapped, "write", full)
    assert len(read([path], min_count=1).words) == 6
    assert "No space left" in caplog.text
    assert [p for p in folder.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize(
    "damage",
    [lambda c: c[:-1], lambda c: b"", lambda c: c[:99], lambda c: c[:2048] + b"\xff" + c[2049:]],
    ids=["one byte less", "empty", "cut off", "another id"],
)
def test_a_damaged_stream_is_made_again(path, folder, damage, caplog):
    expected = told(read([path], min_count=1))
    (entry,) = entries(folder)
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))
    assert told(read([path], min_count=1)) == expected
    assert caplog.text.count("is damaged, and made again") == 1
    assert entry.read_bytes() == whole
    caplog.clear()
    read([path], min_count=1)
    assert caplog.text == ""


def test_a_stream_that_is_gone_is_made_again(path, folder):
    expected = told(read([path], min_count=1))
    cache.clear()
    assert [p for p in folder.rglob("*") if p.is_file()] == []
    assert told(read([path], min_count=1)) == expected
    assert len(entries(folder)) == 1


def test_a_stream_outlives_its_file(path):
    found = read([path], min_count=1)
    try:
        cache.clear()
    except PermissionError:
        pytest.skip("a mapped file cannot be removed here")
    assert found.ids.tolist() == read([path], min_count=1, keep=False).ids.tolist()


def test_entries_and_their_sources(path, folder):
    read([path], min_count=1)
    (found,) = cache.entries()
    assert found.path.parent == folder
    assert cache.sources()[found.path.stem[:64]] == str(path)


@pytest.mark.parametrize("note", ["", "[]", '{"state": 1, "content": "../../x"}', "\udcff"])
def test_notes_that_are_damaged_are_written_anew(path, folder, note):
    expected = told(read([path], min_count=1))
    (seen,) = (folder / "seen").iterdir()
    seen.write_bytes(note.encode(errors="surrogateescape"))
    assert told(read([path], min_count=1)) == expected
    with opened() as reads:
        assert told(read([path], min_count=1)) == expected
    assert reads.call_count == 0


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, DataError("bad")])
def test_what_is_cut_off_leaves_nothing(path, folder, monkeypatch, error):
    def fail(*arguments):
        raise error

    monkeypatch.setattr(Table, "count_text", fail)
    with pytest.raises(error if isinstance(error, type) else DataError):
        read([path], min_count=1)
    assert [p for p in folder.parent.rglob("*") if p.is_file()] == []
