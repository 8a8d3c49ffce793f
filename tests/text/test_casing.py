import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.text.casing import CASES, casing


@pytest.mark.parametrize(
    ("word", "case"),
    [
        ("recurso", "lower"),
        ("não", "lower"),
        ("na\u0303o", "lower"),
        ("d'água", "lower"),
        ("STF", "upper"),
        ("S.A.", "upper"),
        ("É", "upper"),
        ("Brasília", "initial"),
        ("Dom-", "initial"),
        ("McDonald", "mixed"),
        ("iPhone", "mixed"),
        ("1990", "number"),
        ("٣", "number"),
        ("8.112/90", "mostly-digits"),
        ("12:3", "mostly-digits"),
        ("1a", "digits"),
        ("COVID19", "digits"),
        ("...", "other"),
        ("—", "other"),
        ("法院", "other"),
        ("👩\u200d💻", "other"),
        ("", "other"),
    ],
)
def test_the_class_of_a_word(word, case):
    assert CASES[casing(word)] == case


@given(st.text())
def test_every_text_has_one(word):
    assert 0 <= casing(word) < len(CASES)


@given(st.text("abçé", min_size=1))
def test_what_lowercasing_loses_is_told(word):
    cases = {CASES[casing(form)] for form in (word, word.upper(), word.title())}
    assert cases == ({"lower", "upper", "initial"} if len(word) > 1 else {"lower", "upper"})
