import re
from html.parser import HTMLParser
from itertools import count, islice
from typing import NamedTuple

import pytest

from nlpseq.models.tag.picture import page

VOID = {"meta"}


class Span(NamedTuple):
    start: int
    end: int
    type: str
    confidence: float | None = None


class Reader(HTMLParser):
    """A page as a browser reads it: its texts, and the marks in each. Asserts that tags pair up."""

    def __init__(self, pieces):
        super().__init__()
        self.open, self.texts, self.marks, self.legend = [], [], [], []
        self.titles = {"title": "", "h1": ""}
        self.feed("".join(pieces))
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "p":
            assert attrs == {"dir": "auto"}
            self.texts.append("")
            self.marks.append([])
        elif tag == "mark":
            self.marks[-1].append(["", "", attrs["title"], attrs["class"]])
        elif tag == "li":
            self.legend.append(["", attrs["class"]])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in self.titles:
            self.titles[self.open[-1]] += data
        elif "li" in self.open:
            self.legend[-1][0] += data
        elif "b" in self.open:
            self.marks[-1][-1][1] += data
        elif "p" in self.open:
            self.texts[-1] += data
            if "mark" in self.open:
                self.marks[-1][-1][0] += data


def test_a_block_for_each_text_and_a_mark_for_each_entity():
    text = "Ana lives\nin  Recife"
    read = Reader(
        page(
            [(text, [Span(0, 3, "PER", 0.98346), Span(14, 20, "LOC")]), ("", []), ("no one", ())],
            ["PER", "LOC"],
        )
    )
    assert read.texts == [text, "", "no one"]
    assert read.marks == [
        [["Ana", "\xa0PER", "PER 98.3%", "c1"], ["Recife", "\xa0LOC", "LOC", "c0"]],
        [],
        [],
    ]
    assert read.legend == [["LOC", "c0"], ["PER", "c1"]]
    assert read.titles == {"title": "Entities", "h1": "Entities"}


def test_nothing_that_comes_from_outside_is_taken_for_the_page():
    bad = """</title></p><script>alert(1)</script>" onclick='x' &amp; {{texts}} {{legend}}"""
    read = Reader(page([(bad, [Span(1, 9, bad)]), (bad, [])], [bad], title=bad))
    assert read.texts == [bad, bad]
    assert read.marks[0] == [[bad[1:9], "\xa0" + bad, bad, "c0"]]
    assert read.legend == [[bad, "c0"]]
    assert read.titles == {"title": bad, "h1": bad}


def test_places_are_characters_of_the_text():
    text = "👩‍👩‍👧 Zoe\u0301 & 𝔸 em São Paulo 🇧🇷!"
    names = ["👩‍👩‍👧", "Zoe\u0301", "𝔸", "São Paulo", "🇧🇷"]
    spans = [Span(text.index(name), text.index(name) + len(name), "X") for name in names]
    read = Reader(page([(text, spans)], ["X"]))
    assert read.texts == [text]
    assert [mark[0] for mark in read.marks[0]] == names


def test_entities_may_touch_and_may_be_the_whole_text():
    read = Reader(page([("abcd", [Span(0, 2, "A"), Span(2, 4, "B")])], ["A", "B"]))
    assert [mark[0] for mark in read.marks[0]] == ["ab", "cd"]
    assert read.texts == ["abcd"]


def test_what_html_has_no_sign_for_is_shown_as_replaced_and_can_be_written():
    written = "".join(page([("a\x00b\ud800c\td\r\ne", [Span(1, 2, "X")])], ["X"]))
    assert written.encode().decode() == written
    assert Reader([written]).texts == ["a\ufffdb\ufffdc\td\r\ne"]


def test_a_block_is_out_before_the_next_text_is_asked_for():
    asked = []

    def endless():
        for i in count():
            asked.append(i)
            yield f"text {i}", []

    pieces = page(endless(), [])
    next(pieces)
    assert asked == []
    assert next(pieces) == '<p dir="auto">text 0</p>\n'
    assert asked == [0]
    *_, last = islice(pieces, 1000)
    assert "text 1000<" in last and asked[-1] == 1000


def test_without_texts_the_page_is_whole():
    read = Reader(page([], []))
    assert read.texts == [] and read.legend == []


@pytest.mark.parametrize(
    "spans",
    [
        [Span(0, 3, "X"), Span(2, 4, "X")],  # overlaps
        [Span(2, 3, "X"), Span(0, 1, "X")],  # out of order
        [Span(3, 6, "X")],
        [Span(-2, 1, "X")],
        [Span(1, 1, "X")],
        [Span(0, 1, "Y")],
    ],
)
def test_an_entity_without_a_place_or_a_known_type_is_an_error_where_it_comes(spans):
    pieces = page([("fine", []), ("12345", spans)], ["X"])
    assert "fine" in list(islice(pieces, 2))[1]
    with pytest.raises(ValueError, match=r"entity -?\d+-\d+ has"):
        next(pieces)


def test_a_types_colour_is_its_place_among_the_sorted():
    types = [f"T{i:02}" for i in range(14)]
    colours = [f"c{i}" for i in (*range(12), 0, 1)]
    for given in (types, types[::-1], types + types[3:5]):
        read = Reader(page([("x", [Span(0, 1, "T13")])], given))
        assert read.legend == [list(pair) for pair in zip(types, colours, strict=True)]
        assert read.marks[0][0][3] == "c1"


def contrast(one, other):
    """Of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_letters_stand_out_by_day_and_by_night():
    head = next(page([], []))
    sides = head.split("@media screen and (prefers-color-scheme: dark)")
    inks = re.findall("--ink: (#.{6})", head)
    assert len(sides) == len(inks) == 2
    for side, ink in zip(sides, inks, strict=True):
        boxes = re.findall(r"\.c\d+ \{ --box: (#.{6}); \}", side)
        assert len(set(boxes)) == 12
        for ground in [*boxes, *re.findall("--paper: (#.{6})", side)]:
            assert contrast(ink, ground) >= 4.5


def test_the_page_asks_for_nothing_from_elsewhere():
    written = "".join(page([("see http://example.org", [])], ["X"]))
    assert "default-src 'none'" in written
    assert not re.search(r"<(script|link|img|iframe|base)|url\(|@import|\ssrc=|\shref=", written)
