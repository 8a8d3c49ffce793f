import xml.etree.ElementTree as ET

import matplotlib
import pytest
from matplotlib.figure import Figure

from nlpseq.pictures import drawing, label, saved


def made(suffix, text="título $x^2$ 日本"):
    with drawing():
        figure = Figure((3, 2), dpi=100)
        figure.suptitle(text)
        figure.subplots().plot([1, 2], [3, 4])
        return saved(figure, suffix)


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_picture_knows_neither_the_time_nor_the_readers_settings(suffix, recwarn):
    before = made(suffix)
    with matplotlib.rc_context({"font.size": 30, "lines.linewidth": 9, "savefig.dpi": 20}):
        assert made(suffix) == before
        assert matplotlib.rcParams["font.size"] == 30
    assert made(suffix, "$x^2$ título") != before
    assert not recwarn.list


def test_settings_come_back_after_an_error():
    with matplotlib.rc_context({"font.size": 30}):
        with pytest.raises(ZeroDivisionError), drawing(font_size=7):
            assert matplotlib.rcParams["font.size"] == 7
            _ = 1 / 0
        assert matplotlib.rcParams["font.size"] == 30


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("maçã", "maçã"), ("", ""), ("123456", "123456"), ("1234567", "123456…"),
        ("\n", "\\u000a"), ("\u2028", "\\u2028"), ("\ud800", "\\ud800"), ("$^$", "$^$"),
    ],
    ids=["plain", "empty", "longest", "too long", "line", "separator", "surrogate", "dollars"],
)  # fmt: skip
def test_a_label_is_one_line(text, shown):
    assert label(text, 6) == shown


def test_any_character_fits_into_xml():
    every = "".join(map(chr, [*range(0x300), *range(0xD7F0, 0xE010), *range(0xFFF0, 0x10000)]))
    ET.fromstring(f"<a>{label(every, len(every)).replace('&', '').replace('<', '')}</a>")
