import bz2
import gzip
import hashlib
import math

import pytest

from nlpseq.embeddings.evaluation.report import Source, aligned, ratio, shown, without_nan
from nlpseq.errors import DataError


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_lines_are_read_once_and_hashed(file, pack):
    content = "\ufeffum\r\n\n \t\ndois três \nquatro".encode()
    source = Source(file(pack(content)))
    assert list(source) == [(1, "um"), (4, "dois três "), (5, "quatro")]
    assert source.digest == hashlib.sha256(content).hexdigest()[:12]


def test_what_is_not_utf8_is_told_with_its_line(file):
    path = file(b"um\n\xe9\n")
    with pytest.raises(DataError) as caught:
        list(Source(path))
    assert caught.value.where == f"{path}:2"


def test_figures_that_are_none():
    assert math.isnan(ratio(0, 0))
    assert ratio(1, 4) == 0.25
    assert [shown(math.nan), shown(0.12345)] == ["-", "0.1235"]
    assert without_nan({"a": math.nan, "b": 1}) == {"a": None, "b": 1}


def test_columns_are_aligned():
    assert aligned([["a", "12", "x"], ["bcd", "3", ""]]) == "a    12  x\nbcd   3"
