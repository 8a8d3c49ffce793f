import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpseq.text.characters import MARK, RUN, SPACE, WORD, encodable, kinds

unhurried = settings(deadline=None)  # the table of characters is made once


@pytest.mark.parametrize(
    ("characters", "kind"),
    [
        (" \t\n\r\x1c\x85\u00a0\u2028\u3000", SPACE),
        ("aZé_0²٣कไ漢ªº\U00010400", WORD),
        ("\u0301\u0949\u0e35\u200c\u200d\ufe0f", WORD),
        (".,-'’$€{<@«¿😀\u200b\ufeff\ufffd\ud800\x00", MARK),
    ],
)
def test_kinds(characters, kind):
    assert [kinds()[ord(c)] for c in characters] == [kind] * len(characters)


def test_every_code_point_has_a_kind():
    assert kinds().shape == (0x110000,)
    assert set(kinds().tolist()) == {SPACE, WORD, MARK}


@unhurried
@given(c=st.characters())
def test_kinds_are_those_of_the_expressions(c):
    kind = WORD if re.fullmatch(RUN, c) else SPACE if c.isspace() else MARK
    assert kinds()[ord(c)] == kind


@unhurried
@given(c=st.characters(min_codepoint=0x300, max_codepoint=0xFFFF, categories=["Mn", "Mc", "Me"]))
def test_combining_marks_do_not_end_a_word(c):
    assert unicodedata.category(c) in ("Mn", "Mc", "Me")
    assert re.fullmatch(RUN, f"a{c}b")


def test_the_table_is_shared_and_cannot_be_written():
    with pytest.raises(ValueError, match="read-only"):
        kinds()[0] = MARK


@unhurried
@given(text=st.text(st.sampled_from("a\ud800\udfffé\U0001f469") | st.characters()))
def test_encodable(text):
    found = encodable(text)
    assert len(found) == len(text)
    assert found.encode().decode() == "".join(
        "\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text
    )
