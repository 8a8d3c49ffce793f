"""Outcomes by hand, and pages as a browser reads them."""

from html.parser import HTMLParser

import pytest

from nlpseq.pipelines.outcome import Outcome, StageResult

VOID = {"meta"}
HOSTILE = """</script></td><img src=x onerror="alert(1)"> & {{title}} | `x` [a](http://a.example)"""


def make(combination, seed, accuracy, **more):
    known = {
        "key": "0" * 32,
        "choices": {"classifier": combination},
        "stages": [
            StageResult(seed, "corpus", 9.0, 500 << 20, {}, combination, shared=True),
            StageResult(seed, "classifier", 5.0, 300 << 20, {"rows/s": 90}, combination),
        ],
        "figures": {"accuracy": accuracy, "macro_f1": accuracy, "linear": 0.8, "rows": 50.0},
        "parameters": 1234,
        "curve": [accuracy - 0.1, accuracy, accuracy - 0.05],
        "best": 2,
        "seconds": 4.0,
        "trained": 90.0,
        "predicted": 1000.0,
        "size": 2_500_000,
        "threads": 1,
        "device": "cpu",
        "finished": "2026-11-21T10:00:00+00:00",
        "machine": "a machine",
        "versions": "nlpseq 0",
    }
    return Outcome(combination=combination, seed=seed, **{**known, **more})


def told(label="neg", **more):
    """Details of a classifier with the labels pos and another."""
    known = {
        "signature": "nlpseq 0 | classification | data abc",
        "labels": [
            {"name": "pos", "precision": 0.9, "recall": 0.8, "f1": 0.85, "gold": 27,
             "predicted": 24},
            {"name": label, "precision": 0.7, "recall": 0.75, "f1": 0.72, "gold": 23,
             "predicted": 26},
        ],
        "confusion": {
            "labels": ["pos", label],
            "columns": ["pos", label, "(no answer)"],
            "counts": [[21, 5, 1], [3, 20, 0]],
        },
        "examples": [
            {"text": "um filme\nruim", "true": label, "predicted": "pos", "confidence": 0.987},
            {"text": "", "true": "pos", "predicted": "(no answer)", "confidence": None},
        ],
        "wrong": 9,
        "looked_at": 50,
        "coverage": {
            "source": {
                "by_word": {"exact": 6, "recipe": 1, "case": 0, "subwords": 0, "missing": 3},
                "by_token": {"exact": 70, "recipe": 20, "case": 0, "subwords": 0, "missing": 10},
            }
        },
        "options": {"classifier": {"hidden": 32, "training": {"epochs": 3, "clip": 1.5}}},
        "inputs": [{"option": "corpus.train", "path": "train.jsonl", "hash": "ab" * 32}],
    }  # fmt: skip
    return {**known, **more}


@pytest.fixture
def outcome():
    """Makes an outcome of a combination, a seed and an accuracy."""
    return make


@pytest.fixture
def details():
    """Makes details, as an outcome keeps them."""
    return told


@pytest.fixture
def both():
    """Two combinations with two seeds each."""
    return [
        make("lstm", 1, 0.84, details=told()),
        make("flatten | 20", 1, 0.7, best=1),
        make("lstm", 2, 0.86, best=5),
        make("flatten | 20", 2, 0.7, best=1),
    ]


@pytest.fixture
def hostile():
    """A text that would like to be part of the page."""
    return HOSTILE


class Element:
    """A tag, what it has, and what stands in it."""

    def __init__(self, tag, attrs, inside):
        self.tag, self.attrs, self.inside, self.text = tag, attrs, inside, ""

    def __repr__(self):
        return f"<{self.tag} {self.attrs}> {self.text!r}"

    def floats(self, *names):
        return tuple(float(self.attrs[name]) for name in names)


class Page(HTMLParser):
    """All elements of a page in order. Asserts that tags pair up, and that only those in svg close
    themselves.
    """

    def __init__(self, written):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(written)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        element = Element(tag, dict(attrs), tuple(self.open))
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        assert any(element.tag == "svg" for element in self.open)
        self.elements.append(Element(tag, dict(attrs), tuple(self.open)))

    def handle_endtag(self, tag):
        assert self.open.pop().tag == tag

    def handle_data(self, data):
        for element in self.open:
            element.text += data

    def all(self, tag, inside=None, **attrs):
        """The elements of a tag, with some attributes (``cls`` for class), inside another."""
        wanted = {"class" if name == "cls" else name: value for name, value in attrs.items()}
        return [
            e
            for e in self.elements
            if e.tag == tag
            and (inside is None or inside in e.inside)
            and all(e.attrs.get(name) == value for name, value in wanted.items())
        ]

    def table(self, heading):
        """The cells of the first table after a heading, row by row."""
        start = next(
            i for i, e in enumerate(self.elements) if e.tag in HEADINGS and e.text == heading
        )
        table = next(e for e in self.elements[start:] if e.tag == "table")
        return [
            [e.text for e in self.elements if row in e.inside and e.tag in ("td", "th")]
            for row in self.all("tr", table)
        ]


HEADINGS = ("h2", "h3", "h4", "summary")


@pytest.fixture
def parsed():
    """Reads a page."""
    return Page
