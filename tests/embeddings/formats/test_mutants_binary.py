"""Files that were changed at random: an error of ours or vectors, and never much memory."""

import json
import random
import struct
import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from nlpseq.embeddings.formats import fasttext, safetensors_vocab, word2vec_binary
from nlpseq.embeddings.formats.contents import Report
from nlpseq.errors import NlpseqError

DATA = Path(__file__).parent / "data"
MUTANTS = 2000
HUGE = [99999999999, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**64 - 1, 0, 1, 300]
SPECIAL = [np.nan, np.inf, -np.inf, 3.4e38, 1e-45]


def consumed(read, path, *, repair):
    """Whether a reader came past the header; its blocks are consumed and checked."""
    report = Report(str(path), repair=repair)
    try:
        contents = read(path, report)
    except NlpseqError as error:
        assert str(error)
        return False
    assert contents.dim > 0
    try:
        for block in contents.blocks:
            n = len(block.places)
            assert block.matrix.shape == (n, contents.dim)
            assert np.isfinite(block.matrix).all()
            assert block.counts is None or len(block.counts) == n
            ends = block.offsets.tolist()
            assert len(ends) == n + 1
            assert (ends[0], ends[-1]) == (0, len(block.tokens))
            for start, end in pairwise(ends):
                assert start < end
                bytes(block.tokens[start:end]).decode()
        if contents.subwords is not None:
            contents.subwords.vector("novo")
    except NlpseqError as error:
        assert str(error)
    return True


def hold(read, folder, mutants, size_of, path):
    """Read every mutant, strictly and with repairs; the first is sound."""
    past = number = 0
    for name, content in next(mutants).items():  # what is imported and compiled does not count
        (folder / name).write_bytes(content)
    assert consumed(read, path, repair=True)
    tracemalloc.start()
    try:
        for number, files in enumerate(mutants, 1):  # noqa: B007
            for name, content in files.items():
                (folder / name).write_bytes(content)
            size = size_of(files)
            for repair in (False, True):
                tracemalloc.reset_peak()
                before = tracemalloc.get_traced_memory()[0]
                came_past = consumed(read, path, repair=repair)
                peak = tracemalloc.get_traced_memory()[1] - before
                assert peak < (64 << 20) + 8 * size
            past += came_past
    finally:
        tracemalloc.stop()
    assert number >= MUTANTS
    assert past >= 0.3 * number


def damaged(rng, data, numbers, header):
    """A file with one to three changes.

    :param numbers: where the matrix starts
    :param header: changes the header alone
    """
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        kind, at = rng.randrange(9), rng.randrange(len(data) + 1)
        if kind == 0:
            del data[at:]
        elif kind == 1:
            for _ in range(rng.randint(1, 8)):
                if data:
                    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        elif kind == 2:
            data = bytearray(header(rng, bytes(data)))
        elif kind == 3:
            data[at:at] = rng.choice([b"x" * 70_000, b" " * 100, b"\n" * 9, b"\0", b"x"])
        elif kind == 4 and len(data) > numbers + 4:
            at = rng.randrange(numbers, len(data) - 3)
            data[at : at + 4] = struct.pack("<f", rng.choice(SPECIAL))
        elif kind == 5:
            data += rng.randbytes(rng.randint(1, 60))
        elif kind == 6:
            del data[-1:]
        elif kind == 7:
            del data[at : at + rng.randint(1, 30)]
        elif kind == 8:
            data[at : at + 8] = struct.pack("<Q", rng.choice(HUGE) % 2**64)
        if not data:
            break
    return bytes(data)


def test_word2vec_binary(tmp_path):
    rng = random.Random(13)
    path = tmp_path / "v.bin"
    words = ["</s>", "rei", "coração", "0000", "🙂", *(f"w{i}" for i in range(4))]
    matrix = np.random.default_rng(0).normal(size=(len(words), 7)).astype("<f4")
    bases = [
        b"%d %d\n" % matrix.shape
        + b"".join(
            w.encode() + b" " + row.tobytes() + end for w, row in zip(words, matrix, strict=True)
        )
        for end in (b"\n", b"")
    ]

    def header(rng, data):
        V, D = rng.choice([*HUGE, 9]), rng.choice([*HUGE, 7, 7, 6, 1 << 20])
        made = rng.choice([f"{V} {D}\n", f"{V} {D}", f"{V}\n", f"-{V} {D}\n", "99999999999 300\n"])
        return made.encode() + data.partition(b"\n")[2]

    def mutants():
        yield {"v.bin": bases[0]}
        for _ in range(MUTANTS):
            yield {"v.bin": damaged(rng, rng.choice(bases), 10, header)}

    hold(word2vec_binary.read, tmp_path, mutants(), lambda files: len(files["v.bin"]), path)


def test_fasttext(tmp_path):
    rng = random.Random(17)
    path = tmp_path / "v.bin"
    bases = [(DATA / f"{name}.bin").read_bytes() for name in ("supervised-ngrams", "supervised")]

    def header(rng, data):
        at = rng.choice([4, *range(8, 56, 4), 64, 68, 72, 84])
        return data[:at] + struct.pack("<I", rng.choice(HUGE) % 2**32) + data[at + 4 :]

    def mutants():
        yield {"v.bin": bases[0]}
        for i in range(MUTANTS):
            base = rng.choice(bases)
            start = len(base) // 3  # somewhere in the dictionary, at the latest
            if i % 2:
                yield {"v.bin": damaged(rng, base, start, header)}
            else:  # with the lengths right, so that what lies behind the dictionary is reached
                spoilt = bytearray(base)
                for _ in range(rng.randint(1, 20)):
                    at = rng.randrange(92, len(base) // 4)
                    if spoilt[at] > 32:
                        spoilt[at] = rng.choice([65, 195, 255, 128])
                at = rng.randrange(len(base) // 2, len(base) - 4)
                spoilt[at : at + 4] = struct.pack("<f", rng.choice(SPECIAL))
                yield {"v.bin": bytes(spoilt)}

    hold(fasttext.read, tmp_path, mutants(), lambda files: len(files["v.bin"]), path)


def test_safetensors_with_words(tmp_path):
    rng = random.Random(19)
    path = tmp_path / "v.safetensors"
    matrix = np.random.default_rng(0).normal(size=(9, 5)).astype("<f4")
    about = {"dtype": "F32", "shape": [9, 5], "data_offsets": [0, matrix.nbytes]}

    def packed(about):
        text = json.dumps({"embeddings": about}).encode()
        return struct.pack("<Q", len(text)) + text + matrix.tobytes()

    base = packed(about)
    words = "".join(f"w{i}\n" for i in range(8)).encode() + "coração\n".encode()

    def header(rng, data):
        changed = about | {
            rng.choice(["shape", "data_offsets"]): [rng.choice(HUGE), rng.choice([*HUGE, 5])]
        }
        if rng.random() < 0.2:
            changed["dtype"] = rng.choice(["F16", "F64", "", 3, None, []])
        return packed(changed)

    def no_header(rng, data):
        return data

    def mutants():
        yield {"v.safetensors": base, "vocab.txt": words}
        for i in range(MUTANTS):
            sound = i % 3 == 0  # the matrix: what is wrong are words and numbers
            spoilt = bytearray(base)
            at = rng.randrange(len(base) - matrix.nbytes, len(base) - 4)
            spoilt[at : at + 4] = struct.pack("<f", rng.choice(SPECIAL))
            if i % 4 and not sound:
                spoilt = damaged(rng, base, len(base) - matrix.nbytes, header)
            listed = words
            if sound and i % 2:
                listed = bytearray(words)
                for _ in range(rng.randint(1, 4)):
                    listed[rng.randrange(len(listed))] ^= 1 << rng.randrange(8)
            elif i % 5 == 0:
                listed = damaged(rng, words, len(words), no_header)
            yield {"v.safetensors": bytes(spoilt), "vocab.txt": bytes(listed)}

    def size_of(files):
        return sum(map(len, files.values()))

    hold(safetensors_vocab.read, tmp_path, mutants(), size_of, path)


@pytest.mark.parametrize("module", [fasttext, word2vec_binary])
def test_the_first_bytes_of_anything(module):
    rng = random.Random(23)
    for _ in range(MUTANTS):
        head = rng.choice([b"", b"5 3\n", b"5 3\na ", b"\xba\x16O/"]) + rng.randbytes(
            rng.randrange(200)
        )
        assert module.looks_like(head) in (True, False)
