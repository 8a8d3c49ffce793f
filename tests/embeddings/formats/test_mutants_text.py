"""Text that was changed at random: rows or an error that names the line, and nothing unsaid."""

import bz2
import gzip
import io
import lzma
import random
import re
import traceback
import tracemalloc
import zipfile
from codecs import BOM_UTF8
from collections import Counter
from importlib import import_module

import numpy as np
import pytest

from nlpseq.embeddings import formats
from nlpseq.embeddings.collect import Collector, in_memory
from nlpseq.embeddings.formats import text_chunks
from nlpseq.embeddings.formats.contents import Report
from nlpseq.errors import DataError, NlpseqError
from nlpseq.files import open_bytes

MUTANTS = 2000
WORDS = ["</s>", "rei", "coração", "0000", "🙂", ". . .", "0,0 km²", "\u00a0", "1", "-1.5"]
WORDS += [f"w{i}" for i in range(6)]
D = 5
HEADERS = [
    "99999999999 300", "99999999999 5", "0 5", "16 0", "16 1", "16 4", "16 6", "1 5", "16", "16 -5",
    "16 5 5", "١٦ 5", "16\t5", " 16 5 ", "1e1 5", "", "9" * 2000 + " 5", "16 " + "9" * 900,
]  # fmt: skip
FIELDS = [
    b"nan", b"-inf", b"1e39", b"1e999", b"-1e-999", b"0x1p3", b"1_0", b"", b"--1", b"1,5", b".",
    b"1e", b"\xff", b"9" * 1001, b"0." + b"3" * 900, b"1.00000005960464477539062500000000001",
]  # fmt: skip
LIMIT = float(np.finfo(np.float32).max) + 2.0**103  # from there on the nearest float32 is infinite
NUMBER = re.compile(rb"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def zipped(content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("v.txt", content)
    return file.getvalue()


def zstd(content):
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return import_module(name).compress(content)
        except ImportError:
            continue
    raise AssertionError("no zstd")


PACKERS = [lambda c: gzip.compress(c, mtime=0), bz2.compress, lzma.compress, zstd, zipped]


class Told(Report):
    """A report that keeps everything."""

    def __init__(self, path, *, repair):
        super().__init__(path, repair=repair)
        self.lost, self.mended = [], []

    def fault(self, message, place=None, unit="line", *, done):
        super().fault(message, place, unit, done=done)
        (self.lost if done in ("left out", "the first is kept") else self.mended).append(place)


def base(rng, header):
    numbers = [[f"{rng.gauss(0, 1):.{rng.choice([3, 6, 17])}g}" for _ in range(D)] for _ in WORDS]
    rows = [" ".join([word, *row]) for word, row in zip(WORDS, numbers, strict=True)]
    return "\n".join([f"{len(WORDS)} {D}"] * header + rows).encode() + b"\n"


def changed(rng, content):
    """A text with one to three changes."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        lines = content.split(b"\n")
        i, at = rng.randrange(len(lines)), rng.randrange(len(content) + 1)
        kind = rng.randrange(14)
        if kind == 0:
            content = content[:at]
        elif kind == 1:
            spoilt = bytearray(content)
            for _ in range(rng.randint(1, 6)):
                if spoilt:
                    spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
            content = bytes(spoilt)
        elif kind == 2:
            lines[0] = rng.choice(HEADERS).encode()
            content = b"\n".join(lines)
        elif kind == 3:
            more = rng.choice([b"x", b" ", b"\n", b"\r", b"1 ", b"\xc3", b"\0", b"\t"])
            size = rng.choice([1, 2, 1000, 100_000 if rng.random() < 0.2 else 50])
            content = content[:at] + more * size + content[at:]
        elif kind == 4:
            fields = lines[i].split(b" ")
            fields[rng.randrange(len(fields))] = rng.choice(FIELDS)
            lines[i] = b" ".join(fields)
            content = b"\n".join(lines)
        elif kind == 5:
            content = content.removesuffix(b"\n")
        elif kind == 6:
            lines[i:i] = [rng.choice(lines)] * rng.choice([1, 1, 5, 40])
            content = b"\n".join(lines)
        elif kind == 7:
            often = rng.choice([0.1, 0.5, 1])
            content = b"\n".join(line + b"\r" * (rng.random() < often) for line in lines)
        elif kind == 8:
            lines[i:i] = [rng.choice([b"", b" ", b"\r", b" " * 9, b" " * 50_000, b"\t"])]
            content = b"\n".join(lines)
        elif kind == 9:
            content = b"\n".join(line + b" " * rng.randrange(3) for line in lines)
        elif kind == 10:
            content = content[:at] + content[at + rng.randint(1, 30) :]
        elif kind == 11:
            content = BOM_UTF8 + content
        elif kind == 12:
            lines[i] = lines[i].replace(b" ", rng.choice([b"  ", b"\t", b"\xc2\xa0", b""]))
            content = b"\n".join(lines)
        else:
            rng.shuffle(lines)
            content = b"\n".join(lines)
    return content


def spoilt(rng, packed):
    packed = bytearray(packed)
    kind = rng.randrange(3)
    if kind == 0:
        del packed[rng.randrange(len(packed)) :]
    elif kind == 1:
        for _ in range(rng.randint(1, 4)):
            packed[rng.randrange(len(packed))] ^= 1 << rng.randrange(8)
    else:
        at = rng.randrange(len(packed))
        packed[at:at] = rng.randbytes(rng.randint(1, 9))
    return bytes(packed)


def finite(field):
    if NUMBER.fullmatch(field) is None or len(field) > 1000:
        return None
    value = float(field)
    return value if abs(value) < LIMIT else None


def expected(content, header, dim):
    """Words and numbers, the lines that are none, and those whose word is not UTF-8: naively."""
    lines = content.removeprefix(BOM_UTF8).split(b"\n")
    lines = lines[:-1] if lines[-1] == b"" else lines
    rows, lost, mended = {}, [], []
    for place, line in enumerate(lines, 1):
        if place == 1 and header:
            continue
        fields = line.removesuffix(b"\r").rstrip(b" ").split(b" ")
        word, numbers = b" ".join(fields[:-dim]), [finite(field) for field in fields[-dim:]]
        decoded = word.decode(errors="replace")
        fine = word and len(fields) > dim and None not in numbers
        if fine and decoded.encode() != word:
            mended.append(place)
        if not fine or decoded in rows:
            lost.append(place)
        else:
            rows[decoded] = numbers
    return rows, lost, mended


def read(path, repair, format):
    report = Told(str(path), repair=repair)
    contents = formats.read(path, report, format=format)
    past.append(path)
    words, rows, _ = in_memory(Collector(contents, report))
    return contents, list(words), rows.data, report


past = []  # the files whose header was passed


def check(path, format):
    """Hold a file, strictly and with repairs, against what a naive reader makes of it."""
    try:
        contents, words, matrix, report = read(path, True, format)
    except NlpseqError as error:
        assert str(error)
        assert error.where.startswith(str(path))
        with pytest.raises(type(error)):  # where repairs do not help, nothing does
            read(path, False, format)
        return
    assert np.isfinite(matrix).all()
    assert matrix.shape == (len(words), contents.dim)
    assert report.repairs == len(report.lost) + len(report.mended)
    faults = None
    if contents.format.endswith("text"):
        with open_bytes(path) as file:
            content = file.read()
        header = contents.format == "word2vec text"
        rows, lost, mended = expected(content, header, contents.dim)
        assert words == list(rows)
        np.testing.assert_allclose(matrix, list(rows.values()), rtol=3e-7, atol=1e-45)
        assert sorted(report.lost) == lost
        assert report.mended == mended
        faults = {f"{path}:{place}" for place in (*lost, *mended)}
    try:
        contents, strict_words, strict, _ = read(path, False, format)
    except DataError as error:
        assert error.message
        assert faults is None or error.where in faults
        assert report.repairs
    else:
        assert not report.repairs
        assert strict_words == words
        assert np.array_equal(strict, matrix)


@pytest.mark.parametrize("header", [True, False], ids=["word2vec", "GloVe"])
@pytest.mark.parametrize("chunk", [3000, 4 << 20])
def test_changed_text(tmp_path, monkeypatch, header, chunk):
    monkeypatch.setattr(text_chunks, "_CHUNK", chunk)
    rng = random.Random(37 + chunk)
    path = tmp_path / "v"
    past.clear()
    wrong = Counter()
    bases = [base(rng, header) for _ in range(20)]
    for number in range(MUTANTS // 2 + 50):
        packer = rng.choice([None, None, None, None, *PACKERS])
        content, damage = rng.choice(bases), packer and rng.random() < 0.3
        if not damage:
            content = changed(rng, content)
        packed = packer(content) if packer else content
        path.write_bytes(spoilt(rng, packed) if damage else packed)
        traced = number > 100 and number % 40 == 39  # the first ones import and compile
        if traced:
            tracemalloc.start()
        try:
            check(path, rng.choice([None, "text"]))
            if traced:
                assert tracemalloc.get_traced_memory()[1] < (16 << 20) + 6 * chunk + 20 * len(
                    content
                )
        except Exception as error:  # told below, all of them at once
            place = traceback.extract_tb(error.__traceback__)[-1]
            wrong[f"{type(error).__name__} in {place.filename}:{place.lineno}, as in {number}"] += 1
        finally:
            tracemalloc.stop()
    assert not wrong, "\n".join(wrong)
    assert len(past) >= 0.3 * 2 * MUTANTS // 2


def test_a_few_packed_bytes_do_not_take_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(text_chunks, "MAX_LINE", 8 << 20)
    monkeypatch.setattr(formats.text, "MAX_LINE", 8 << 20)
    path = tmp_path / "v"
    for packer in PACKERS:
        path.write_bytes(packer(b"a 1 2\nb 1 2\n" + b" " * (24 << 20)))
        assert path.stat().st_size < 1 << 18
        tracemalloc.start()
        try:
            with pytest.raises(DataError, match="a line of more than 8 MB"):
                read(path, True, None)
            assert tracemalloc.get_traced_memory()[1] < 64 << 20
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("packer", PACKERS, ids=["gzip", "bzip2", "xz", "zstd", "zip"])
def test_a_damaged_packing(tmp_path, packer):
    rng = random.Random(41)
    path = tmp_path / "v"
    packed = packer(base(rng, True))
    wrong = Counter()
    for number in range(700):
        path.write_bytes(spoilt(rng, packed))
        try:
            with open_bytes(path) as file:
                while file.read(1 << 16):
                    pass
        except NlpseqError as error:
            assert error.where == str(path)
        except Exception as error:
            wrong[f"{type(error).__name__}: {error}, as in {number}"] += 1
    assert not wrong, "\n".join(wrong)
