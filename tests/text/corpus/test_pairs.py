import gzip
import io
import sys
from types import SimpleNamespace

import pytest

from nlpseq.errors import CallError, DataError
from nlpseq.text.corpus import Pair, Repairs, read_pairs


@pytest.fixture
def sides(tmp_path):
    def write(source, target):
        paths = tmp_path / "a.en", tmp_path / "a.pt"
        for path, content in zip(paths, (source, target), strict=True):
            path.write_bytes(content)
        return paths

    return write


def test_pairs_are_read_in_step(sides):
    one, other = sides(b"one\r\ntwo\n", gzip.compress("um\ndois, é\n".encode()))
    found = list(read_pairs(one, str(other)))
    assert found == [
        Pair("one", "um", str(one), str(other), 1),
        Pair("two", "dois, é", str(one), str(other), 2),
    ]
    assert found[1].where == f"{one}:2"
    assert Pair("a", "b").where is None


def test_pairs_in_another_encoding(sides):
    one, other = (text.encode("utf-16") for text in ("é\n", "ü\n"))
    (pair,) = read_pairs(*sides(one, other), encoding="utf-16")
    assert pair[:2] == ("é", "ü")


@pytest.mark.parametrize("repairs", [None, Repairs()])
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(("short", "line"), [(b"a\nb\n", 2), (b"a\nb", 2), (b"", 0)])
def test_a_file_that_ends_before_the_other(sides, repairs, swapped, short, line):
    content = (short, b"1\n2\n3\n4\n")
    paths = sides(*(content[::-1] if swapped else content))
    ended, longer = paths[::-1] if swapped else paths
    with pytest.raises(DataError, match="ends here") as caught:
        list(read_pairs(*paths, repairs=repairs))
    assert caught.value.where == f"{ended}:{line}"
    assert str(longer) in caught.value.message


EMPTY = [
    (b"a\n\nc", b"1\n2\n3", 0, "pair with an empty side left out"),
    (b"a\nb\nc", b"1\n \t\n3", 1, "pair with an empty side left out"),
    (b"a\n\nc", b"1\n \n3", 0, "pair of empty lines left out"),
]


@pytest.mark.parametrize(("source", "target", "side", "done"), EMPTY)
def test_an_empty_side(sides, source, target, side, done):
    paths = sides(source, target)
    with pytest.raises(DataError, match="empty") as caught:
        list(read_pairs(*paths))
    assert caught.value.where == f"{paths[side]}:2"
    assert str(paths[1 - side]) in caught.value.message
    repairs = Repairs()
    found = list(read_pairs(*paths, repairs=repairs))
    assert [(*pair[:2], pair.line) for pair in found] == [("a", "1", 1), ("c", "3", 3)]
    assert repairs.counts == {done: 1}


def test_bad_bytes_name_their_file(sides):
    paths = sides(b"a\nb\n", b"1\n\xff\n")
    with pytest.raises(DataError, match="byte 1 of the line") as caught:
        list(read_pairs(*paths))
    assert caught.value.where == f"{paths[1]}:2"


@pytest.mark.parametrize("repairs", [None, Repairs()])
def test_empty_files_hold_no_pair(sides, repairs):
    with pytest.raises(DataError, match="no pair"):
        list(read_pairs(*sides(b"", b""), repairs=repairs))


def test_several_files_need_their_partners(tmp_path):
    for name in ("en/1.txt", "en/2.txt", "pt/1.txt", "pt/2.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{name}\n")
    found = list(read_pairs(tmp_path / "en", tmp_path / "pt"))
    assert [pair[:2] for pair in found] == [("en/1.txt", "pt/1.txt"), ("en/2.txt", "pt/2.txt")]
    (tmp_path / "pt" / "2.txt").unlink()
    with pytest.raises(CallError, match="2 files of sources and 1 of targets"):
        list(read_pairs(tmp_path / "en", tmp_path / "pt"))


def test_one_side_may_be_the_standard_input(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"a\nb\n")))
    (tmp_path / "x").write_text("1\n")
    with pytest.raises(DataError) as caught:
        list(read_pairs("-", tmp_path / "x"))
    assert "standard input goes on" in caught.value.message
    with pytest.raises(CallError, match="both sides"):
        list(read_pairs("-", "-"))


@pytest.mark.data
@pytest.mark.parametrize("target", ["pt", "de"])
def test_multi30k(data, target):
    folder = data / "multi30k"
    found = list(read_pairs(folder / "val.en.gz", folder / f"val.{target}.gz"))
    assert len(found) == 1014
    assert found[-1].line == 1014
    assert all(pair.source.strip() and pair.target.strip() for pair in found)


@pytest.mark.data
def test_other_parts_of_multi30k_do_not_fit(data):
    folder = data / "multi30k"
    with pytest.raises(DataError, match="ends here") as caught:
        list(read_pairs(folder / "val.en.gz", folder / "train.pt.gz"))
    assert caught.value.where == f"{folder / 'val.en.gz'}:1014"
