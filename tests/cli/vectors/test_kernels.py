"""What a process that trains with compiled kernels does without."""

import resource
import subprocess
import sys

import pytest

from nlpseq import glibc
from nlpseq.cli.vectors import kernels

needs_glibc = pytest.mark.skipif(
    glibc.library() is None or not kernels._MAPS.exists(), reason="no glibc on Linux"
)

TRAIN = """
import sys
from nlpseq.cli import main

main(["vectors", "train", *sys.argv[1:]], standalone_mode=False)
print("scipy.linalg" in sys.modules)
import scipy.linalg.cython_blas  # still to be had by others
"""

#: kB of LLVM's code in memory before and after, and what a kernel that is compiled then gives
COMPILER = """
import re
import numba
from nlpseq.cli.vectors.kernels import without_compiler

def code():
    held = re.compile(r"r-xp .*libllvmlite.so\\n(?:\\w+: .*\\n)*?Rss: +(\\d+)")
    return sum(map(int, held.findall(open("/proc/self/smaps").read())))

numba.njit(lambda x: x + 1)(1)
before = code()
without_compiler()
after = code()
print(before, after, numba.njit(lambda x: 2 * x)(3))
"""

#: page faults of a block that comes after a larger one was freed
BLOCKS = """
import ctypes, resource, sys
from nlpseq.cli.vectors.kernels import without_freed_blocks

if sys.argv[1:]:
    without_freed_blocks()
ctypes.create_string_buffer(1 << 23)
ctypes.create_string_buffer(1 << 23)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
ctypes.create_string_buffer(1 << 22)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def told(code: str, *arguments: object) -> list[str]:
    done = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.check_output(done, text=True).splitlines()[-1].split()


def test_training_does_without_scipys_linear_algebra(tmp_path):
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("a b c d\n" * 20, encoding="utf-8")
    target = tmp_path / "v.safetensors"
    assert told(TRAIN, corpus, "-o", target, "--dim", "8", "--no-cache") == ["False"]


@needs_glibc
def test_the_compilers_code_is_let_go_and_comes_back_when_it_is_needed():
    before, after, result = map(int, told(COMPILER))
    assert after < before / 100
    assert result == 6


@needs_glibc
def test_freed_blocks_go_back_to_the_system():
    [kept], [given_back] = told(BLOCKS), told(BLOCKS, "without")
    assert int(kept) < 10
    assert int(given_back) > (1 << 22) / resource.getpagesize() / 1000  # large pages are of 512


def test_without_glibc_nothing_changes(monkeypatch):
    monkeypatch.setattr(glibc, "library", lambda: None)
    kernels.without_freed_blocks()
    kernels.without_compiler()
