"""The C library, where it is glibc."""

import ctypes

import pytest

from nlpseq import glibc


def test_what_has_no_such_malloc_is_none(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert glibc.library() is None


@pytest.mark.parametrize("error", [OSError, TypeError])
def test_a_system_without_one_is_none(monkeypatch, error):
    def refuse(name):
        raise error

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    assert glibc.library() is None
