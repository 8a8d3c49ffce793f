import math

import numpy as np
import pytest

from nlpseq.embeddings.evaluation import categorisation
from nlpseq.embeddings.evaluation.lookup import Options
from nlpseq.embeddings.evaluation.report import Source
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import DataError

FILE = "cor\tazul\ncor\tverde\nbicho\tgato\nbicho\tcão\nbicho\tverde\ncor\troxo\n"
VECTORS = Vectors(
    ["azul", "verde", "gato", "cão"],
    np.array([[1, 0.1], [2, 0.1], [0.1, 1], [0.1, 3]], dtype=np.float32),
)


@pytest.mark.parametrize("text", [FILE, ": cor\nazul verde\nroxo\n:bicho\n\ngato cão verde\n"])
def test_read_and_purity(file, text):
    members = categorisation.read(Source(file(text)))
    assert len(members) == 6
    assert ("bicho", "verde") in members
    figures = categorisation.evaluate(VECTORS, file(text)).figures()
    assert (figures["words"], figures["known"], figures["categories"]) == (6, 5, 2)
    assert figures["purity_known"] == pytest.approx(4 / 5)
    assert figures["purity_all"] == pytest.approx(4 / 6)
    assert figures["largest"] == pytest.approx(3 / 5)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("cor\tazul\ncor verde\n", 2, "a category, a tab and a word"),
        ("cor\tazul\n\tverde\n", 2, "a category"),
        ("cor\tazul\tverde\n", 1, "a category"),
        ("cor\tazul\ncor\tazul\n", 2, "'azul' stands in 'cor' twice"),
        (": cor\nazul\nverde azul\n", 3, "twice"),
        ("cor\tazul\ncor\tverde\n", None, "fewer than two"),
        ("", None, "fewer than two"),
    ],
)
def test_a_bad_file_is_told_with_its_line(file, text, line, message):
    path = file(text)
    with pytest.raises(DataError, match=message) as caught:
        categorisation.read(Source(path))
    assert caught.value.where == (f"{path}:{line}" if line else str(path))


def test_length_and_case(file):
    long = Vectors(VECTORS.words, VECTORS.matrix * np.array([[1], [1e3], [1], [1e-3]], np.float32))
    text = FILE.replace("azul", "AZUL")
    figures = categorisation.evaluate(long, file(text), Options(ignore_case=True)).figures()
    assert figures["purity_known"] == pytest.approx(4 / 5)


def test_words_of_one_vector(file, recwarn):
    one = Vectors(VECTORS.words, np.ones((4, 2), dtype=np.float32))
    figures = categorisation.evaluate(one, file(FILE)).figures()
    assert figures["purity_known"] == figures["largest"]
    assert not recwarn


def test_nothing_known(file):
    figures = categorisation.evaluate(VECTORS, file("a\tb\nc\td\n")).figures()
    assert math.isnan(figures["purity_known"])
    assert figures["purity_all"] == 0


def test_a_seed_gives_the_same_clusters(random, file):
    path = file("".join(f"c{i % 5}\tw{i}\n" for i in range(23)))
    one, other = (categorisation.evaluate(random(), path, seed=7) for _ in range(2))
    assert str(one) == str(other)
    assert "seed 7" in one.signature
    assert one.figures()["largest"] <= one.figures()["purity_known"] < 1
