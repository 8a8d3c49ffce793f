"""Stores that were changed at random: an error of ours or answers, and never much memory."""

import json
import random
import struct
import traceback
import tracemalloc
from collections import Counter

import numpy as np
import pytest

from nlpseq.embeddings.card import describe
from nlpseq.embeddings.rows import Rows
from nlpseq.embeddings.subwords import Subwords
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import NlpseqError

MUTANTS = 2000
WORDS = ["rei", "Rainha", "coração", "🙂", "", "a\nb", "\x00", "0,0 km²"]
WORDS += [f"w{i}" for i in range(15)]
V, D = len(WORDS), 6
HUGE = [99999999999, 2**31 - 1, 2**31, 2**48 - 1, 2**48, 2**63 - 1, 2**64, 10**400, -1, -(2**63)]
ODD = ["", "23", "F32", None, True, False, 1.5, 1e308, [], {}, [[]], {"a": 1}, [None], "\ud800", 0]
TYPES = ["F32", "F16", "I8", "U8", "I32", "I64", "BF16"]
LENGTHS = ["3-6", "1-1", "0-0", "6-3", "9999-9999", "²-³", "-", "3", "2"]
SPECIAL = [np.nan, np.inf, -np.inf, 3.4e38, -3.4e38, 1e-45, -1.0, 0.0]


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    path = tmp_path_factory.mktemp("bases") / "v.safetensors"
    matrix = np.random.default_rng(0).normal(size=(V, D)).astype(np.float32)
    contents = []
    for precision in ("float32", "float16", "int8"):
        for rich in (False, True):
            Vectors(
                WORDS,
                matrix,
                "nilc",
                counts=np.arange(V) if rich else None,
                subwords=Subwords(Rows(matrix[:7]), 3, 6) if rich else None,
                about={"source": "here", "licence": "©"} if rich else None,
            ).save(path, precision=precision)
            contents.append(path.read_bytes())
    return contents


def taken_apart(content):
    start = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:start]), start


def put_together(content, header, start):
    """With the header in its old room, or in more where it does not fit."""
    packed = json.dumps(header).encode()
    if len(packed) <= start - 8:
        return content[:8] + packed.ljust(start - 8) + content[start:]
    return len(packed).to_bytes(8, "little") + packed + content[start:]


def other_header(rng, content):
    """The header with one or two of its values changed."""
    header, start = taken_apart(content)
    for _ in range(rng.choice([1, 1, 2])):
        names = [n for n in header if not n.startswith("gap_")]
        name = (
            "__metadata__" if rng.random() < 0.2 and "__metadata__" in names else rng.choice(names)
        )
        kind = rng.randrange(9)
        if kind == 0:
            del header[name]
        elif kind == 1:
            header[name] = rng.choice(ODD + HUGE)
        elif kind == 2:
            other = rng.choice(list(header))
            header[name], header[other] = header[other], header[name]
        elif kind == 3:
            header[rng.choice(["extra", "scales", "counts", "buckets", ""])] = header[name]
        elif not isinstance(header[name], dict):
            continue
        elif name == "__metadata__":
            key = rng.choice(["version", "subwords", "recipe", "source", "new"])
            header[name][key] = rng.choice(LENGTHS if rng.random() < 0.6 else ODD)
        elif kind == 4:
            header[name]["dtype"] = rng.choice([*TYPES, *ODD])
        elif kind == 5:
            header[name]["shape"] = rng.choice(
                [*ODD, [rng.choice(HUGE)], [rng.choice(HUGE), D], [V, rng.choice(HUGE)], [V, D, 1]]
            )
            if rng.random() < 0.4:
                header[name]["shape"] = rng.choice([[], {}, "", [0], [0, 0], [1], [2]])
                header[name]["data_offsets"] = [0, rng.choice([0, 1, 2, 4, 8])]
        elif kind == 6:
            header[name]["data_offsets"] = rng.choice(
                [*ODD, [0, rng.choice(HUGE)], [rng.choice(HUGE), 0], [0, 0], [8, 4], [0, 92, 1]]
            )
        elif kind == 7:
            # the same bytes in another place, or as another number of rows, so that more is reached
            begin, end = header[name]["data_offsets"]
            by = 4 * rng.randint(-40, 40)
            header[name]["data_offsets"] = [begin + by, end + by]
        else:
            shape = header[name]["shape"]
            by, size = rng.randint(-3, 3), 1
            if shape:
                begin, end = header[name]["data_offsets"]
                size = (end - begin) // max(1, int(np.prod(shape)))
                shape[0] += by
                header[name]["data_offsets"][1] = begin + size * int(np.prod(shape))
    return put_together(content, header, start)


def other_values(rng, content):
    """The header as it is; bytes of one tensor or more changed."""
    content = bytearray(content)
    header, start = taken_apart(bytes(content))
    for _ in range(rng.choice([1, 2, 3])):
        name = rng.choice([n for n in header if n[:4] not in ("gap_", "__me")])
        begin, end = (start + at for at in header[name]["data_offsets"])
        kind = header[name]["dtype"]
        if end == begin:
            continue
        size = {"F32": 4, "F16": 2, "I8": 1, "U8": 1, "I32": 4, "I64": 8}[kind]
        whole = rng.random() < 0.1
        places = (
            range(begin, end, size)
            if whole
            else [
                begin + size * rng.randrange((end - begin) // size)
                for _ in range(rng.randint(1, 9))
            ]
        )
        if kind == "F32":
            value = struct.pack("<f", rng.choice(SPECIAL))
        elif kind == "F16":
            value = struct.pack("<e", rng.choice([np.nan, np.inf, 6e4, 0.0]))
        elif rng.random() < 0.5:
            value = rng.choice([0, 1, V, V - 1, 5]).to_bytes(size, "little")
        else:
            value = rng.choice(
                [rng.randbytes(size), *(size * c for c in (b"\xff", b"\x7f", b"\x80"))]
            )
        for at in places:
            content[at : at + size] = value
    return bytes(content)


def other_bytes(rng, content):
    """Cut off, flipped, moved: whatever can happen to any file."""
    content = bytearray(content)
    start = taken_apart(bytes(content))[1]
    for _ in range(rng.choice([1, 1, 2])):
        kind, at = rng.randrange(7), rng.randrange(len(content) + 1)
        if kind == 0:
            del content[at:]
        elif kind == 1:
            for _ in range(rng.randint(1, 8)):
                if content:
                    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        elif kind == 2:
            for _ in range(rng.randint(1, 3)):
                if len(content) > start:
                    content[rng.randrange(start)] ^= 1 << rng.randrange(8)
        elif kind == 3:
            content[:8] = (rng.choice(HUGE) % 2**64).to_bytes(8, "little")
        elif kind == 4:
            content[at:at] = rng.choice([b"x", b"\0" * 8, b"{", b"[" * 60_000])
        elif kind == 5:
            del content[at : at + rng.randint(1, 40)]
        else:
            content += rng.randbytes(rng.randint(1, 99))
    return bytes(content)


def ways(vectors):
    """What one can ask of vectors."""
    dim = vectors.dim
    return [
        lambda: list(vectors.words),
        lambda: vectors.words.find_all([*WORDS, "nothing", "\ud800"]),
        lambda: vectors.words.starting_with("w"),
        lambda: describe(vectors),
        lambda: repr(vectors),
        lambda: vectors.near("rei", 3),
        lambda: vectors.near("Palavra Desconhecida", 3),
        lambda: vectors.near(np.ones(dim), 30),
        lambda: vectors.near_each(["w1", "w2", "REI"], 5, ignore_case=True),
        lambda: vectors.near("w1", 3, among=vectors.select(prefix="w", first=9)),
        lambda: vectors.near("w1", 3, among=vectors.select(min_count=3)),
        lambda: vectors.analogy("rei", "w1", "w2", 3),
        lambda: vectors.analogy("rei", "w1", "w2", 3, "mul"),
        lambda: vectors.resolve("coração"),
        lambda: vectors["w3"],
        lambda: vectors.rows.take([0, len(vectors) - 1]),
    ]


def tried(way, wrong):
    """What comes of it; errors that are not ours are counted by their place."""
    try:
        return way()
    except NlpseqError as error:
        assert str(error)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        inner = [f for f in traceback.extract_tb(error.__traceback__) if "nlpseq/" in f.filename]
        place = inner[-1] if inner else place
        wrong[f"{place.filename}:{place.lineno}: {type(error).__name__}"] += 1
    return None


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("NLPSEQ_CACHE", str(tmp_path / "cache"))
    return tmp_path / "v.safetensors"


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_changed_store_gives_answers_or_an_error_of_ours(path, bases):
    rng = random.Random(29)
    past, wrong = 0, Counter()
    changes = [other_header, other_values, other_values, other_bytes]
    for number in range(MUTANTS + 100):
        content = rng.choice(changes)(rng, rng.choice(bases))
        path.write_bytes(content)
        traced = number % 5 == 4  # tracing makes everything slow
        if traced:
            tracemalloc.start()
        try:
            vectors = tried(lambda: Vectors.open(path), wrong)
            past += vectors is not None
            for way in rng.sample(ways(vectors), 8) if vectors is not None else ():
                tried(way, wrong)
            if traced and number > 99:  # the first ones import what reads other formats
                assert tracemalloc.get_traced_memory()[1] < (4 << 20) + 8 * len(content)
        finally:
            tracemalloc.stop()
    assert not wrong, "\n".join(f"{n} x {where}" for where, n in wrong.items())
    assert past >= 0.3 * MUTANTS


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_row_of_damaged_numbers_hides_no_sound_one(path):
    """Numbers that are none are no answer, or the last one; the sound rows are found."""
    random = np.random.default_rng(3)
    matrix = random.normal(size=(40, 5)).astype(np.float32)
    words = [f"w{i}" for i in range(40)]
    sound = Vectors(words[1:], matrix[1:]).near("w7", 5)
    for value in (np.nan, np.inf, -np.inf):
        matrix[0, 2] = value
        vectors = Vectors(words, matrix)
        assert vectors.near("w7", 5) == sound


def test_the_changes_are_of_every_kind(bases):
    rng = random.Random(31)
    for change in (other_header, other_values, other_bytes):
        made = {change(rng, bases[-1]) for _ in range(60)}
        assert len(made) > 50
        assert bases[-1] not in made or len(made) > 55
