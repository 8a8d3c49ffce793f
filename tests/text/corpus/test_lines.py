import gzip
import io
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpseq import files
from nlpseq.errors import CallError, DataError
from nlpseq.text.corpus import lines
from nlpseq.text.corpus.lines import codec_of, text_lines
from nlpseq.text.corpus.repairs import Repairs

WIDE = ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
TEXT = "olá\n\nmañana\r\nfim\rno\u0085meio"
FOUND = [(1, "olá"), (2, ""), (3, "mañana"), (4, "fim\rno\u0085meio")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lines")


def written(path, content):
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "encoding", ["utf-8", "UTF8", "utf-8-sig", "latin-1", "utf-16", "utf-32", "cp500", *WIDE]
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_any_encoding_is_read_by_its_name(tmp_path, encoding, pack):
    path = written(tmp_path / "a", pack(TEXT.encode(encoding)))
    assert list(text_lines(path, encoding=encoding)) == FOUND


def test_the_file_says_its_own_carriage_returns_on_request(tmp_path):
    path = written(tmp_path / "a", b"a\r\nb\r\r\nc\r")
    assert list(text_lines(path, returns=True)) == [(1, "a\r"), (2, "b\r\r"), (3, "c\r")]
    assert list(text_lines(path)) == [(1, "a"), (2, "b\r"), (3, "c")]


@pytest.mark.parametrize("encoding", ["utf-8", *WIDE])
def test_a_byte_order_mark_is_dropped_at_the_start_only(tmp_path, encoding):
    path = written(tmp_path / "a", "\ufeffa\n\ufeffb".encode(encoding))
    assert list(text_lines(path, encoding=encoding)) == [(1, "a"), (2, "\ufeffb")]


@pytest.mark.parametrize(
    ("encoding", "content", "found"),
    [
        ("utf-16", b"\xfe\xff\0a\0\n\0b", [(1, "a"), (2, "b")]),
        ("utf-32", b"\0\0\xfe\xff\0\0\0a", [(1, "a")]),
        ("utf-16-le", "\u0a0a\u000a\u0a00\u010a\n".encode("utf-16-le"), None),
        ("utf-16", b"", []),
        ("utf-16", b"\xff\xfe", [(1, "")]),
    ],
)
def test_wide_encodings(tmp_path, encoding, content, found):
    path = written(tmp_path / "a", content)
    expected = found if found is not None else [(1, "\u0a0a"), (2, "\u0a00\u010a")]
    assert list(text_lines(path, encoding=encoding)) == expected


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_without_a_mark_the_order_must_be_named(tmp_path, encoding):
    path = written(tmp_path / "a", "a".encode(f"{encoding}-le"))
    with pytest.raises(DataError, match="no byte order mark") as caught:
        list(text_lines(path, encoding=encoding))
    assert f"{encoding}-be" in caught.value.remedy


@settings(deadline=None)
@given(
    text=st.text(
        st.sampled_from("\n\r\u0a0a\u0a00\u010a😀") | st.characters(exclude_categories=["Cs"])
    ),
    encoding=st.sampled_from(["utf-8", *WIDE]),
    chunk=st.integers(1, 9),
)
def test_lines_are_those_of_the_text(folder, text, encoding, chunk):
    path = written(folder / "a", text.encode(encoding))
    expected = text.split("\n")
    if not expected[-1]:
        expected.pop()
    if expected:
        expected[0] = expected[0].removeprefix("\ufeff")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_CHUNK", chunk)
        found = list(text_lines(path, encoding=encoding, returns=True))
    assert found == list(enumerate(expected, 1))


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("latin-11", "latin1"),
        ("utf-88", "utf-8"),
        ("rot13", None),
        ("hex", None),
        ("zip", None),
        ("punycode", None),
        ("unicode_escape", None),
        ("utf-7", "utf-8"),
        ("a\0b", None),
        ("", None),
        ("../../etc/passwd", None),
        ("qqqqqq", None),
    ],
)
def test_what_is_no_text_encoding(tmp_path, name, near):
    path = written(tmp_path / "a", b"a")
    with pytest.raises(CallError, match="no text encoding") as caught:
        list(text_lines(path, encoding=name))
    assert caught.value.remedy
    assert near is None or "did you mean" in caught.value.remedy


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("UTF8", "utf-8"),
        ("utf_8_sig", "utf-8"),
        ("Latin1", "iso8859-1"),
        ("windows-1252", "cp1252"),
    ],
)
def test_aliases_have_one_name(name, codec):
    assert codec_of(name) == codec


BAD = [
    ("utf-8", b"one\nt\xe9n\nx\xc3", [(2, "byte 2 of the line, 0xe9"), (3, "byte 2")], 2),
    ("cp1252", b"a\nbc\x81\n", [(2, "byte 3 of the line, 0x81, is not CP1252")], 1),
    ("ascii", b"\n\n\xff", [(3, "byte 1 of the line, 0xff, is not ASCII")], 1),
    ("utf-16-le", b"a\0\n\0b\0\0\xd8\n\0", [(2, "byte 3 of the line, 0x00")], 1),
    ("utf-16-le", b"a\0\n\0b\0c", [(2, "byte 3 of the line, 0x63")], 1),
    ("shift_jis", b"a\n\x82\n", [(2, "byte 1 of the line, 0x82")], 1),
]


@pytest.mark.parametrize(("encoding", "content", "places", "count"), BAD)
def test_a_bad_byte_is_located(tmp_path, encoding, content, places, count):
    path = written(tmp_path / "a", content)
    with pytest.raises(DataError) as caught:
        list(text_lines(path, encoding=encoding))
    line, message = places[0]
    assert message in caught.value.message
    assert caught.value.where == f"{path}:{line}"
    assert "iconv" in caught.value.remedy


@pytest.mark.parametrize(("encoding", "content", "places", "count"), BAD)
def test_bad_bytes_are_replaced_and_counted(tmp_path, encoding, content, places, count):
    path, repairs = written(tmp_path / "a", content), Repairs()
    found = dict(text_lines(path, encoding=encoding, repairs=repairs))
    assert repairs.counts == {"line with bad bytes, replaced by U+FFFD": count}
    assert f"{path}:{places[0][0]}" in str(repairs)
    assert [line for line, text in found.items() if "\ufffd" in text] == [n for n, _ in places]


def test_what_was_encoded_twice_is_mended_on_request(tmp_path):
    path = written(tmp_path / "a", "pÃ¡gina\npágina\nSÃ£o\r\n".encode())
    repairs = Repairs()
    assert [text for _, text in text_lines(path, repairs=repairs)] == ["página", "página", "São"]
    assert repairs.counts == {"line that was encoded twice, mended": 2}
    assert [text for _, text in text_lines(path)] == ["pÃ¡gina", "página", "SÃ£o"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("repairs", [None, Repairs()])
def test_a_line_without_end_is_refused(tmp_path, monkeypatch, encoding, end, repairs):
    monkeypatch.setattr(files, "MAX_LINE", 1000)
    content = ("short\n" + "a" * 100_000 + end).encode(encoding)
    path = written(tmp_path / "a", gzip.compress(content))
    with pytest.raises(DataError, match="a line of more than") as caught:
        list(text_lines(path, encoding=encoding, repairs=repairs))
    assert caught.value.where == f"{path}:2"


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("binary", [io.BytesIO, lambda b: io.BufferedReader(io.BytesIO(b))])
def test_the_standard_input(monkeypatch, name, pack, binary):
    stdin = binary(pack(b"a\nb\n\xff\n"))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stdin))
    found = text_lines(Path(name))
    assert [next(found), next(found)] == [(1, "a"), (2, "b")]
    with pytest.raises(DataError) as caught:
        next(found)
    assert caught.value.where == "standard input:3"


def test_no_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(CallError, match="no standard input"):
        list(text_lines(Path("-")))


def test_a_member_of_an_archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("b/c.txt", "é\n".encode("latin-1"))
        archive.writestr("d.txt", "x\n")
    path = tmp_path / "a.zip" / "b" / "c.txt"
    assert list(text_lines(path, encoding="latin-1")) == [(1, "é")]
    with pytest.raises(DataError) as caught:
        list(text_lines(path))
    assert caught.value.where == f"{path}:1"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_a_file_that_was_cut_off(tmp_path, encoding):
    packed = gzip.compress("".join(f"{i * 7919 % 10007}\n" for i in range(50_000)).encode(encoding))
    path = written(tmp_path / "a.gz", packed[: len(packed) // 2])
    with pytest.raises(DataError, match="cut off after line"):
        list(text_lines(path, encoding=encoding))
