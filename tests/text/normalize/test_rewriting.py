import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlpseq.text.normalize.rewriting import (
    Normalized,
    Step,
    edges,
    enclosed,
    lower,
    lowered,
    matches,
    rewrite,
    runs_of,
    trace,
)

unhurried = settings(deadline=None)  # the table of characters is made once


def whole(text):
    return Normalized(text, np.arange(len(text) + 1, dtype=np.int32))


@pytest.mark.parametrize(
    ("text", "pattern", "by", "found", "origin"),
    [
        ("", "a", "b", "", [0]),
        ("abc", "x", "y", "abc", [0, 1, 2, 3]),
        ("abc", "b", "", "ac", [0, 2, 3]),
        ("abc", "b", "xy", "axyc", [0, 1, 1, 2, 3]),
        ("abcd", "bc", "x", "axd", [0, 1, 3, 4]),
        ("abbbbbc", "b+", "xyz", "axyzc", [0, 1, 3, 5, 6, 7]),
        ("abc", "(?=b)", " ", "a bc", [0, 1, 1, 2, 3]),
        ("abc", "$", "!", "abc!", [0, 1, 2, 3, 3]),
        ("abc", "abc", "", "", [3]),
        ("aa", "a", "xy", "xyxy", [0, 0, 1, 1, 2]),
        ("ab", "a|(?=b)", "x", "xxb", [0, 1, 1, 2]),
    ],
)
def test_one_step(text, pattern, by, found, origin):
    steps = [Step(matches(pattern), by)]
    assert rewrite(text, steps) == found
    traced = trace(whole(text), steps)
    assert traced.text == found
    assert traced.origin.tolist() == origin
    assert traced.origin.dtype == np.int32


def test_steps_follow_each_other():
    steps = [Step(matches("b+"), ""), Step(matches("ac"), "XYZ")]
    assert rewrite("abbc-ac", steps) == "XYZ-XYZ"
    found = trace(whole("abbc-ac"), steps)
    assert found.text == "XYZ-XYZ"
    assert found.origin.tolist() == [0, 0, 3, 4, 5, 5, 6, 7]


@unhurried
@given(
    text=st.text("ab.-"),
    steps=st.lists(
        st.tuples(st.sampled_from(["a", "b+", r"(?=\.)", "ab|-", "$", "(?<=a)"]), st.text("xa-")),
        max_size=4,
    ),
)
def test_both_ways_are_those_of_sub(text, steps):
    expected = text
    for pattern, by in steps:
        expected = re.sub(pattern, by, expected)
    made = [Step(matches(pattern), by) for pattern, by in steps]
    assert rewrite(text, made) == expected
    found, origin = trace(whole(text), made)
    assert found == expected
    assert len(origin) == len(found) + 1
    assert (np.diff(origin) >= 0).all()
    assert origin[-1] == len(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ""),
        ("ÁÉ", "áé"),
        ("ΟΔΟΣ", "οδος"),
        ("ΟΔΟΣ'Α", "οδος'α"),
        ("ΣΑΣ.ΣΑ", "σας.σα"),
        ("İΣ", "i̇ς"),
        ("A\nΣ\nΑΣ", "a\nσ\nας"),
    ],
)
def test_lower(text, found):
    assert lower(text) == found
    assert lowered(text).text == found


def test_places_of_a_character_that_becomes_two():
    assert lowered("aİb").origin.tolist() == [0, 1, 1, 2, 3]
    assert lowered("İ").origin.tolist() == [0, 0, 1]


@unhurried
@given(text=st.text(st.sampled_from("İΣ'.Aa\ud800\u0301") | st.characters()))
@example("İΣİ'Σ")
def test_lower_case_is_in_its_place(text):
    found, origin = lowered(text)
    assert found == lower(text)
    assert origin[-1] == len(text)
    assert origin.shape == (len(found) + 1,)
    for c, place in zip(found, origin, strict=False):
        assert c in text[place].lower() or (c == "ς" and text[place] == "Σ")


@pytest.mark.parametrize(
    ("text", "longest", "least", "spans"),
    [
        ("", False, 0, []),
        ("a", False, 0, []),
        ("<a>", False, 0, [(0, 3)]),
        ("<>", False, 0, [(0, 2)]),
        ("<>", False, 1, []),
        ("<>>", False, 1, [(0, 3)]),
        ("<a><b>", False, 1, [(0, 3), (3, 6)]),
        ("<a> <b>", True, 0, [(0, 7)]),
        ("<<a>", False, 1, [(0, 4)]),
        ("<a", False, 0, []),
        (">a<", False, 0, []),
        ("<a\n>", False, 0, []),
        ("<a\n<b>", False, 0, [(3, 6)]),
        ("<a>\n<b>", True, 0, [(0, 3), (4, 7)]),
        ("<a> <\n>", True, 0, [(0, 3)]),
    ],
)
def test_enclosed(text, longest, least, spans):
    assert list(enclosed("<", ">", longest=longest, least=least)(text)) == spans


@unhurried
@given(text=st.text("<>a\n"))
def test_enclosed_is_the_regular_expression(text):
    for longest, least, pattern in ((False, 1, "<.+?>"), (False, 0, "<.*?>"), (True, 0, "<.*>")):
        spans = [match.span() for match in re.finditer(pattern, text)]
        assert list(enclosed("<", ">", longest=longest, least=least)(text)) == spans


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", []),
        (" ", [(0, 1)]),
        ("a", []),
        (" a", [(0, 1)]),
        ("a \n", [(1, 3)]),
        ("\u2028a b\t", [(0, 1), (4, 5)]),
    ],
)
def test_edges(text, spans):
    assert list(edges(text)) == spans


def test_runs_of():
    assert list(runs_of(lambda run: "@" in run)("a @ b@\nc@d e")) == [(2, 3), (4, 6), (7, 10)]
