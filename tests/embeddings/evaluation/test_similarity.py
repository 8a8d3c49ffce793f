import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import pearsonr, rankdata, spearmanr

from nlpseq.embeddings.evaluation import similarity
from nlpseq.embeddings.evaluation.lookup import Options
from nlpseq.embeddings.evaluation.report import Source
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import DataError

PAIRS = [("tiger", "cat"), ("new york", "city"), ("old", "new")]


@pytest.mark.parametrize(
    "text",
    [
        "tiger,cat,7.35\nold,new,0\n",
        ",word1,word2,similarity\n0,tiger,cat,7.35\n1,old,new,0.0\n",
        'Word 1;Word 2;Human (mean)\r\n"tiger";cat;7.35\r\nold;new;0',
        "# Word 1\tWord 2\tHuman\ntiger\tcat\t7.35\n\nold\tnew\t+.0e1\n",
        "word1\tword2\tPOS\tSimLex999\tconc(w1)\ntiger\tcat\tN\t7.35\t4\nold\tnew\tA\t0\t3\n",
        "tiger  cat 7.35\nold new 0.\n",
        "\ufefftiger cat 7.35 0.1 9\nold new 0 0.2 8\n",
        ",a,b,s\n0,tiger,cat,7.35\n1,old,new,0.0\n2,,,\n",
        "\ta\tb\ts\n\ttiger\tcat\t7.35\n\told\tnew\t0\n",
    ],
)
def test_read(file, text):
    pairs = similarity.read(Source(file(text)))
    assert pairs.words == [("tiger", "cat"), ("old", "new")]
    assert pairs.scores.tolist() == [7.35, 0]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("tiger,cat,7\nold,new\n", 2, "2 columns"),
        ("tiger,cat,7\nold,new,high\n", 2, "'high' is not a score"),
        ("tiger,cat,7\nold,new,nan\n", 2, "not a score"),
        (f"tiger,cat,{'9' * 400}\n", 1, "not a score"),
        ("tiger,cat,7\n,new,1\n", 2, "a word is missing"),
        ("a,b,c\nd,e,f\n", 2, "two words and a score"),
        ("7,eleven,1.0\n", 1, "two words and a score"),
        ('tiger,cat,7\nold,"new,1\n', 2, "no CSV"),
        ("a\tb\n", None, "no pair"),
        ("", None, "no pair"),
        ("# tiger cat 7\n", None, "no pair"),
    ],
)
def test_a_bad_file_is_told_with_its_line(file, text, line, message):
    path = file(text)
    with pytest.raises(DataError, match=message) as caught:
        similarity.read(Source(path))
    assert caught.value.where == (f"{path}:{line}" if line else str(path))


words = st.text("abçé '-_", min_size=1).filter(lambda word: word == word.strip())


@given(
    pairs=st.lists(st.tuples(words, words, st.floats(-9, 9)), min_size=1, max_size=9),
    delimiter=st.sampled_from(",;\t"),
)
def test_what_csv_writes_is_read(tmp_path_factory, pairs, delimiter):
    path = tmp_path_factory.mktemp("pairs") / "pairs"
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows(pairs)
    path.write_text(written.getvalue(), encoding="utf-8", newline="")
    found = similarity.read(Source(path))
    assert found.words == [(a, b) for a, b, _ in pairs]
    assert found.scores.tolist() == [score for _, _, score in pairs]


@given(st.binary(max_size=60) | st.text('abc123.,;\t "#\n', max_size=60).map(str.encode))
def test_anything_else_is_an_error_or_pairs(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("pairs") / "pairs"
    path.write_bytes(content)
    try:
        found = similarity.read(Source(path))
    except DataError as error:
        assert error.where.startswith(str(path))
    else:
        assert len(found.words) == len(found.scores) > 0
        assert np.isfinite(found.scores).all()


VECTORS = Vectors(
    ["a", "b", "c", "d", "Zero"],
    np.array([[1, 0], [2, 1], [1, 1], [-1, 3], [0, 0]], dtype=np.float32),
)
FILE = "a,b,9\na,c,5\na,d,6\nc,d,2\nA,c,1\nx,a,3\nx,y,4\n"


def test_figures(file):
    found = similarity.evaluate(VECTORS, file(FILE))
    scores = [9, 5, 6, 2]
    cosines = [2 / 5**0.5, 0.5**0.5, -1 / 10**0.5, 2 / 20**0.5]
    figures = found.figures()
    assert (figures["pairs"], figures["known"]) == (7, 4)
    assert figures["coverage"] == pytest.approx(4 / 7)
    assert figures["spearman_known"] == pytest.approx(spearmanr(scores, cosines)[0])
    assert figures["pearson_known"] == pytest.approx(pearsonr(scores, cosines)[0])
    scores, cosines = [*scores, 1, 3, 4], [*cosines, 0, 0, 0]
    assert figures["spearman_all"] == pytest.approx(spearmanr(scores, cosines)[0])
    assert figures["pearson_all"] == pytest.approx(pearsonr(scores, cosines)[0])
    assert found.cosines[4:].tolist() == [0, 0, 0]
    assert similarity.evaluate(VECTORS, file(FILE), Options(ignore_case=True)).known.sum() == 5
    assert similarity.evaluate(VECTORS, file(FILE), Options(first=3)).known.sum() == 2


def test_a_word_with_itself_is_a_tie(random, file):
    vectors = random(60, 31)
    path = file("".join(f"w{i} w{i} {i}\n" for i in range(60)))
    assert set(similarity.evaluate(vectors, path).cosines) == {1.0}


def test_a_vector_of_zeros_is_known_and_like_nothing(file):
    found = similarity.evaluate(VECTORS, file("Zero,a,1\nZero,Zero,2\n"))
    assert found.cosines.tolist() == [0, 0]
    assert found.known.all()


def test_many_pairs_are_taken_in_parts(random, file, monkeypatch):
    path = file("".join(f"w{i % 23} w{i * 7 % 25} {i}\n" for i in range(50)))
    whole = similarity.evaluate(random(), path)
    monkeypatch.setattr(similarity, "_AT_ONCE", 7)
    parts = similarity.evaluate(random(), path)
    assert np.array_equal(whole.cosines, parts.cosines)


def test_without_known_pairs_there_is_no_figure(file):
    found = similarity.evaluate(VECTORS, file("x,y,1\nx,z,2\n"))
    assert math.isnan(found.figures()["spearman_known"])
    assert found.as_dict()["figures"]["spearman_all"] is None
    assert "Spearman            -             -" in str(found)


def test_table_and_signature(file):
    found = similarity.evaluate(VECTORS, file(FILE), Options(4, True))
    head, table, signature = str(found).split("\n\n")
    assert head == f"similarity {file(FILE)}"
    assert table.splitlines()[1:3] == [
        "pairs               5             7",
        "coverage       0.7143",
    ]
    for part in ("similarity", "pairs 7", "first 4", "case ignored", "5 x 2 recipe none"):
        assert part in signature
    other = similarity.evaluate(VECTORS, file(FILE.replace("9", "8")), Options(4, True))
    assert other.signature != found.signature


@given(arrays(np.float64, st.integers(1, 30), elements=st.integers(-3, 3).map(float)))
def test_midranks(values):
    assert similarity.midranks(values).tolist() == rankdata(values).tolist()


@given(st.integers(2, 30), st.integers(0, 99))
def test_correlations_are_scipy_s(n, seed):
    x, y = np.random.default_rng(seed).integers(0, 4, (2, n)).astype(float)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert math.isnan(similarity.spearman(x, y))
    else:
        assert similarity.spearman(x, y) == pytest.approx(spearmanr(x, y)[0], abs=1e-12)
        assert similarity.pearson(x, y) == pytest.approx(pearsonr(x, y)[0], abs=1e-12)
