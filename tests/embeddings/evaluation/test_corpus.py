import gzip

import numpy as np
import pytest

from nlpseq.embeddings.evaluation import corpus
from nlpseq.embeddings.evaluation.lookup import Options
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import DataError

TEXT = "o rei , o Rei\n\nO mar 1984 mar\t,\n"
VECTORS = Vectors(["o", "rei", "0000"], np.eye(3, dtype=np.float32), "nilc")


def test_words_and_running_words(file):
    found = corpus.evaluate(VECTORS, file(gzip.compress(TEXT.encode())))
    assert found.found.by_word == {
        "exact": 2, "recipe": 3, "case": 0, "subwords": 0, "missing": 2,
    }  # fmt: skip
    figures = found.figures()
    assert (figures["words"], figures["tokens"]) == (7, 10)
    assert figures["words_exact"] == pytest.approx(2 / 7)
    assert figures["tokens_exact"] == 0.3
    assert figures["tokens_missing"] == 0.4
    assert found.missing == [(",", 2), ("mar", 2)]
    assert found.as_dict()["missing"] == {",": 2, "mar": 2}


def test_options(file):
    plain = Vectors(VECTORS.words, VECTORS.matrix)
    found = corpus.evaluate(plain, file(TEXT), Options(first=2, ignore_case=True))
    assert found.found.by_word["case"] == 2
    assert found.found.by_word["missing"] == 3
    assert corpus.evaluate(plain, file(TEXT), Options(first=1)).found.by_word["exact"] == 1


def test_table(file):
    text = str(corpus.evaluate(VECTORS, file(TEXT)))
    assert "exact         2  0.2857       3  0.3000" in text
    assert "most frequent missing: , 2, mar 2" in text
    assert "missing" not in str(corpus.evaluate(VECTORS, file("o rei\n"))).split("\n\n")[2]


def test_the_most_frequent_missing_words_alone_are_named(file):
    text = "".join(f"x{i} " * (1 + i % 7) for i in range(70))
    found = corpus.evaluate(VECTORS, file(text))
    assert len(found.missing) == 20
    assert found.missing[:2] == [("x13", 7), ("x20", 7)]


def test_no_word(file):
    with pytest.raises(DataError, match="no word"):
        corpus.evaluate(VECTORS, file(" \n\n"))
