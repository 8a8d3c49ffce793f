import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlpseq.text.tokenize import rules

unhurried = settings(deadline=None)  # the table of characters is made once

MARKS = "".join(
    chr(c)
    for c in range(0x300, 0x10000)
    if unicodedata.category(chr(c)) in ("Mn", "Mc", "Me") or c in (0x200C, 0x200D)
)
RUN = rf"[\w{MARKS}]+"
ORACLES = {
    True: re.compile(rf"{RUN}|[^\w\s{MARKS}]"),
    False: re.compile(rf"{RUN}(?:['’]{RUN})*"),
}
anything = st.text(
    st.sampled_from("ab '’'-.,\n\u0085\u2028\u0301\u200d\ud800İΣéß_1٣\U0001f469\U0001d165\xa0")
    | st.characters()
)
narrow = st.text(st.characters(max_codepoint=0xFF))


@pytest.mark.parametrize("marks", [True, False])
@unhurried
@given(text=anything | narrow)
@example("")
@example("'")
@example("a'")
@example("'a")
@example("a'b")
@example("a''b")
@example("a'’b")
@example("a'b'c' 'd")
@example("\u0301'\u0301")
@example("é’a")
def test_spans_are_those_of_the_regular_expression(marks, text):
    starts, ends = rules.spans(text, marks=marks)
    spans = list(zip(starts.tolist(), ends.tolist(), strict=True))
    assert spans == [match.span() for match in ORACLES[marks].finditer(text)]


@unhurried
@given(text=anything | narrow)
def test_runs_stand_between_white_space(text):
    starts, ends = rules.runs(text)
    spans = list(zip(starts.tolist(), ends.tolist(), strict=True))
    assert spans == [match.span() for match in re.finditer(r"\S+", text)]
    assert [text[i:j] for i, j in spans] == text.split()


@unhurried
@given(text=anything | narrow)
def test_ink_is_what_is_not_white_space(text):
    assert rules.is_ink(text).tolist() == [not c.isspace() for c in text]


@pytest.mark.parametrize("marks", [True, False])
@unhurried
@given(text=anything | narrow)
@example("")
@example("a'b'")
@example("é,’a’b")
def test_a_spaced_text_splits_into_the_tokens(marks, text):
    assert rules.spaced(text, marks=marks).split() == ORACLES[marks].findall(text)
