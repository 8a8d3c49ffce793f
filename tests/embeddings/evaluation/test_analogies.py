import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.embeddings.evaluation import analogies, answers
from nlpseq.embeddings.evaluation.lookup import DEFAULTS, Lookup, Options
from nlpseq.embeddings.evaluation.report import Source
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import DataError
from nlpseq.progress import silent


def test_read(file):
    text = ": family\nhe she king queen\nhe she king queen\n\n:gram1 x \n a  b\tc d\r\n"
    questions = analogies.read(Source(file(text)))
    assert questions.words == [("he", "she", "king", "queen")] * 2 + [("a", "b", "c", "d")]
    assert questions.sections == {"family": [0, 1], "gram1 x": [2]}
    assert analogies.read(Source(file("a b c d"))).sections == {"no section": [0]}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (": s\na b c d\na b c\n", 3, "3 words, a question has four"),
        ("a b c d e\n", 1, "5 words"),
        (": s\n", None, "no question"),
        ("", None, "no question"),
    ],
)
def test_a_bad_file_is_told_with_its_line(file, text, line, message):
    path = file(text)
    with pytest.raises(DataError, match=message) as caught:
        analogies.read(Source(path))
    assert caught.value.where == (f"{path}:{line}" if line else str(path))


@given(st.text("ab: \t\n\r", max_size=40))
def test_anything_else_is_an_error_or_questions(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("questions") / "q"
    path.write_text(text, newline="")
    try:
        questions = analogies.read(Source(path))
    except DataError as error:
        assert error.where.startswith(str(path))
    else:
        numbers = [n for section in questions.sections.values() for n in section]
        assert sorted(numbers) == list(range(len(questions.words)))


def ask(vectors, triples, options=DEFAULTS):
    lookup = Lookup(vectors, (word for triple in triples for word in triple), options)
    numbers = np.array([lookup.numbers(triple) for triple in triples])
    return answers.best(vectors.rows, lookup, numbers, "", silent)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_answers_are_those_of_single_questions(random, tmp_path, seed, precision, monkeypatch):
    monkeypatch.setattr(answers, "_MOST", 8)
    random(V=30, D=5, seed=seed).save(tmp_path / "v.safetensors", precision=precision)
    vectors = Vectors.open(tmp_path / "v.safetensors")
    triples = list(product(["w0", "w3", "w9"], ["w3", "w29"], ["w0", "w8", "w17"]))
    found = ask(vectors, triples)
    for method in ("add", "mul"):
        for leave_out, way in ((True, method), (False, f"{method}_given")):
            expected = vectors.analogies(triples, 1, method, leave_out=leave_out)
            assert [vectors.words[row] for row in found[way]] == [n[0].word for n in expected]
    among = vectors.select(first=11)
    triples = [triple for triple in triples if not {"w17", "w29"} & {*triple}]
    found = ask(vectors, triples, Options(first=11))
    expected = vectors.analogies(triples, 1, among=among)
    assert [vectors.words[row] for row in found["add"]] == [n[0].word for n in expected]


def test_of_equal_rows_the_first_is_the_answer(monkeypatch):
    monkeypatch.setattr(answers, "_MOST", 4)
    matrix = np.random.default_rng(0).normal(size=(40, 33)).astype(np.float32)
    matrix[5:] = matrix[4] * 2 ** (np.arange(35, dtype=np.float32) % 5)[:, None]
    vectors = Vectors([f"w{i}" for i in range(40)], matrix)
    found = ask(vectors, [("w0", "w4", "w0"), ("w4", "w4", "w4"), ("w0", "w6", "w0")])
    assert found["add"].tolist() == [5, 5, 4]
    assert found["mul"].tolist() == [5, 5, 4]
    assert found["add_given"].tolist() == [4, 4, 4]


def test_rows_without_a_direction(monkeypatch):
    monkeypatch.setattr(answers, "_MOST", 2)
    nan = np.nan
    matrix = np.array([[1, 0], [0, 1], [0, 0], [nan, 1], [-1, 0], [nan, nan]], dtype=np.float32)
    vectors = Vectors(list("abcdef"), matrix)
    # nothing but zeros, damage and the opposite is left
    assert ask(vectors, [("a", "b", "a")])["add"].tolist() == [2]
    assert ask(vectors, [("b", "a", "a")])["mul"].tolist() == [2]
    only = Vectors(["a", "b"], matrix[:2])
    assert ask(only, [("a", "b", "a")])["add"].tolist() == [-1]


FAMILY = Vectors(
    ["homem", "mulher", "rei", "rainha", "Mulher", "mesa"],
    np.array(
        [[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1.2], [0, 1, 1], [-1, -1, -1]], dtype=np.float32
    ),
)
FILE = """: family
homem mulher rei rainha
homem mulher rei princesa
mulher homem rainha rei
: gram1
homem rei mulher rainha
homem rei mulher mesa
: rare
um dois três quatro
"""


def test_figures(file):
    found = analogies.evaluate(FAMILY, file(FILE), Options(first=4))
    assert found.answered.tolist() == [True, False, True, True, False, False]
    figures = found.figures()
    assert (figures["questions"], figures["answered"], figures["coverage"]) == (6, 3, 0.5)
    assert figures["add_known"] == 1
    assert figures["add_all"] == 0.5
    assert figures["semantic_questions"] == 4
    assert figures["semantic_mul_all"] == 0.5
    assert figures["syntactic_add_known"] == 1
    assert figures["syntactic_add_all"] == 0.5
    sections = found.as_dict()["sections"]
    assert list(sections) == ["family", "gram1", "rare"]
    assert sections["rare"]["add_known"] is None
    assert sections["rare"]["add_all"] == 0


def test_all_rows_may_be_answers_and_the_case_counts(file):
    found = analogies.evaluate(FAMILY, file(FILE))
    assert found.answered.tolist() == [True, False, True, True, True, False]
    # the nearest is Mulher
    assert found.right["add"].tolist() == [False, False, True, False, False, False]


def test_in_any_case_a_word_of_the_question_is_no_answer(file):
    found = analogies.evaluate(FAMILY, file(FILE.upper()), Options(ignore_case=True))
    assert found.right["add"].tolist() == [True, False, True, True, False, False]
    # … and an answer in another case is right
    swapped = Vectors([w.swapcase() for w in FAMILY.words], FAMILY.matrix)
    other = analogies.evaluate(swapped, file(FILE), Options(ignore_case=True))
    assert np.array_equal(other.right["add"], found.right["add"])


def test_words_of_the_question_may_be_answers(file):
    found = analogies.evaluate(FAMILY, file("homem mesa homem mesa\nhomem mulher rei rei\n"))
    assert found.right["add"].tolist() == [False, False]
    assert found.right["add_given"][0]


def test_many_questions_are_asked_in_parts(random, file, monkeypatch):
    lines = "".join(f"w{i} w{i * 3 % 23} w{i * 5 % 23} w{i * 7 % 29}\n" for i in range(23))
    whole = analogies.evaluate(random(), file(lines))
    monkeypatch.setattr(analogies, "_AT_ONCE", 4)
    parts = analogies.evaluate(random(), file(lines))
    for way in analogies.WAYS:
        assert np.array_equal(whole.right[way], parts.right[way])


def test_table(file):
    text = str(analogies.evaluate(FAMILY, file(FILE), Options(first=4)))
    rows = [line.split() for line in text.split("\n\n")[1].splitlines()]
    assert [row[0] for row in rows[2:]] == [
        "family", "gram1", "rare", "semantic", "syntactic", "total", "total,",
    ]  # fmt: skip
    assert rows[4] == ["rare", "1", "0", "-", "0.0000", "-", "0.0000"]
    assert rows[7] == ["total", "6", "3", "1.0000", "0.5000", "1.0000", "0.5000"]


def test_nothing_known(file):
    figures = analogies.evaluate(FAMILY, file("um dois três quatro\n")).figures()
    assert math.isnan(figures["add_known"])
    assert figures["add_all"] == 0
    assert "semantic_questions" not in figures
