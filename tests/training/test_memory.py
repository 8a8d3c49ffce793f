"""Freed memory that stays at hand while a training runs."""

import resource
import subprocess
import sys

import pytest

from nlpseq.training import memory

pytestmark = pytest.mark.skipif(memory._LIBRARY is None, reason="no glibc")

#: page faults of a large block that comes after one was freed, before, inside, and after
FAULTS = """
import ctypes, resource
from nlpseq.training.memory import kept

def faults():
    for _ in range(2):  # the second time is counted
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        block = ctypes.create_string_buffer(1 << 27)
        del block
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

before = faults()
with kept():
    with kept():
        faults()
    inside = faults()  # the inner one's end changes nothing
with kept() as tidy:
    block = ctypes.create_string_buffer(1 << 27)
    del block
    tidy()
    kept_back = faults()  # all of it fits the next batch
    blocks = []
    for _ in range(3):  # three batches' blocks are held at a time
        blocks.append(ctypes.create_string_buffer(1 << 27))
        tidy()
    blocks = None
    block = ctypes.create_string_buffer(7 << 26)  # in their place, and a little more
    del block
    tidy()
    start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = ctypes.create_string_buffer(1 << 27)
    tidied = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - start
    del block
print(before, inside, faults(), kept_back, tidied)
"""


def test_memory_is_kept_inside_and_given_back_where_it_is_much_and_after():
    done = subprocess.run(
        [sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True
    )
    before, inside, after, kept_back, tidied = map(int, done.stdout.split())
    pages = (1 << 27) // resource.getpagesize()
    assert max(inside, kept_back) < before / 100
    assert min(before, after, tidied) > pages / 1000  # large pages are of 512


def test_it_ends_also_where_something_is_wrong():
    with pytest.raises(ZeroDivisionError), memory.kept():
        assert memory._inside == 1
        1 / 0  # noqa: B018
    assert memory._inside == 0


def test_without_glibc_nothing_changes(monkeypatch):
    monkeypatch.setattr(memory, "_LIBRARY", None)
    with memory.kept() as tidy:
        tidy()
        assert memory._inside == 0
