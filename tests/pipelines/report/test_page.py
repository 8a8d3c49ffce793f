import re

import pytest

from nlpseq.pages import COLOURS
from nlpseq.pipelines.report import content, page


@pytest.fixture
def read(parsed):
    """Writes the page of some outcomes, and reads it."""

    def read(title, outcomes, command=""):
        return parsed(page.page(title, content.sections(title, outcomes, command)))

    return read


def test_one_run_is_told_from_the_sum_to_the_particulars(read, outcome, details):
    found = read("films", [outcome("", 1, 0.7, details=details())], "nlpseq run 'a & b'")
    assert [e.text for e in found.all("h2")] == [
        "Summary", "Figures", "Learning curves", "The run", "How it was made",
    ]  # fmt: skip
    assert [e.text for e in found.all("h3")] == [
        "Labels", "Confusion", "Errors", "Coverage of the vectors", "Stages", "What was read",
    ]  # fmt: skip
    assert [e.text for e in found.all("summary")] == ["Epochs", "Options"]
    assert [found.all(tag)[0].text for tag in ("title", "h1")] == ["films", "films"]
    links = [e.attrs["href"] for e in found.all("a")]
    assert links == [f"#{e.attrs['id']}" for e in found.all("section")]
    [command] = found.all("code")
    assert command.text == "nlpseq run 'a & b' --threads 1"
    [warned] = found.all("p", cls="warned")
    assert warned.text.startswith("Below the linear baseline: by 10.0 points.")
    facts = zip(found.all("dt"), found.all("dd"), strict=True)
    assert {name.text: value.text for name, value in facts} == {
        "finished": "2026-11-21",
        "versions": "nlpseq 0",
        "machine": "a machine",
        "threads": "1",
        "device": "cpu",
        "seeds": "1",
    }


def test_its_tables_have_what_the_outcome_has(read, outcome, details):
    told = details()
    found = read("films", [outcome("", 1, 0.84, details=told)])
    assert found.table("Figures")[1:3] == [["accuracy", "0.8400"], ["macro_f1", "0.8400"]]
    assert found.table("Labels") == [
        ["", "precision", "recall", "F1", "true", "predicted"],
        ["pos", "0.9000", "0.8000", "0.8500", "27", "24"],
        ["neg", "0.7000", "0.7500", "0.7200", "23", "26"],
    ]
    head, *rows = found.table("Confusion")
    confusion = told["confusion"]
    assert head[1:] == confusion["columns"]
    assert [row[0] for row in rows] == confusion["labels"]
    assert [[int(cell) for cell in row[1:]] for row in rows] == confusion["counts"]
    assert found.table("Errors") == [
        ["text", "true", "predicted", "confidence"],
        ["um filme\nruim", "neg", "pos", "98.7%"],
        ["", "pos", "(no answer)", ""],
    ]
    assert found.table("Coverage of the vectors") == [
        ["", "number", "exact", "recipe", "missing"],
        ["words", "10", "60.0%", "10.0%", "30.0%"],
        ["running words", "100", "70.0%", "20.0%", "10.0%"],
    ]
    assert found.table("Stages") == [
        ["stage", "seconds", "memory, MiB", "figures"],
        ["corpus (shared)", "9.0", "500", ""],
        ["classifier", "5.0", "300", "rows/s 90"],
    ]
    assert found.table("Epochs") == [
        ["epoch", "accuracy"], ["1", "0.7400"], ["2", "0.8400"], ["3", "0.7900"],
    ]  # fmt: skip
    [epochs] = [e for e in found.all("tr", cls="strong") if len(e.text) < 10]
    assert epochs.text == "20.8400"
    assert found.table("Options")[1:] == [
        ["classifier", "hidden", "32"],
        ["classifier", "training.epochs", "3"],
        ["classifier", "training.clip", "1.5"],
    ]
    assert found.table("What was read")[1:] == [["corpus.train", "train.jsonl", "ab" * 32]]
    notes = [e.text for e in found.all("p")]
    assert "9 errors in 50 development examples; the 2 of which the model is most certain." in notes
    assert "Signature: nlpseq 0 | classification | data abc" in notes


def test_a_cell_is_as_deep_as_its_share_of_the_row(read, outcome, details):
    found = read("films", [outcome("", 1, 0.84, details=details())])
    [table] = found.all("table", cls="confusion")
    cells = [e for e in found.all("td", table) if "true" not in e.text]
    expected = [("right", 21 / 27), ("wrong", 5 / 27), ("wrong", 1 / 27)]
    for cell, (hue, share) in zip(cells, expected, strict=False):
        shade = re.fullmatch(r"background: rgb\(var\(--(\w+)\) / (.+)\)", cell.attrs["style"])
        assert shade.group(1) == hue
        assert float(shade.group(2)) == pytest.approx(max(0.04, share / 2), abs=1e-3)
    assert cells[0].attrs["title"] == "77.8% of pos"
    assert cells[5].attrs == {"class": "none", "title": "0.0% of neg"}


def test_several_runs_are_folded_and_the_best_line_stands_out(read, both):
    found = read("films", both)
    runs = [e.text for e in found.all("summary") if "seed" in e.text]
    assert runs == [
        "lstm, seed 1: accuracy 0.8400",
        "flatten | 20, seed 1: accuracy 0.7000",
        "lstm, seed 2: accuracy 0.8600",
        "flatten | 20, seed 2: accuracy 0.7000",
    ]
    assert not [e for e in found.all("details") if "open" in e.attrs]
    strong = [e.text for e in found.all("tr", cls="strong")]
    assert strong[0].startswith("lstm1,2340.8500 ± 0.0141")
    assert [e.text[:47] for e in found.all("p", cls="warned")] == [
        "Below the linear baseline: flatten | 20 by 10.0"
    ]


def test_an_outcome_without_details_has_its_page(read, outcome):
    found = read("films", [outcome("", 1, 0.84, figures={}, curve=[], stages=[])])
    assert [e.text for e in found.all("h2")] == ["Summary", "The run", "How it was made"]


def test_translations_stand_beside_their_references(read, outcome, details):
    examples = [{"text": "um", "true": "one", "predicted": "a", "confidence": -0.734}]
    told = details(examples=examples, wrong=0, looked_at=1, confusion=None, labels=[])
    found = read("dates", [outcome("", 1, 0.84, details=told)])
    assert found.table("Examples") == [
        ["text", "reference", "translation", "log P"], ["um", "one", "a", "-0.73"],
    ]  # fmt: skip


def test_of_entities_it_is_told_what_is_wrong(read, outcome, details):
    known = {"text": "Ana", "true": "PER: Ana", "predicted": "LOC: Ana", "confidence": 0.5}
    told = details(examples=[known | {"kind": "type_errors"}], wrong=1, confusion=None)
    found = read("ner", [outcome("", 1, 0.84, details=told)])
    assert found.table("Errors") == [
        ["text", "true", "predicted", "confidence", "what is wrong"],
        ["Ana", "PER: Ana", "LOC: Ana", "50.0%", "type"],
    ]
    assert "1 error in 50 development examples." in [e.text for e in found.all("p")]


def test_nothing_that_comes_from_outside_is_taken_for_the_page(read, outcome, details, hostile):
    examples = [{"text": hostile, "true": hostile, "predicted": hostile, "confidence": 0.5}]
    options = {hostile: {hostile: hostile}}
    told = details(hostile, signature=hostile, examples=examples, options=options)
    known = {"figures": {hostile: 0.5, "rows": 3.0}, "machine": hostile, "details": told}
    plain = read("films", [outcome("", 1, 0.84, details=details())], "nlpseq run films")
    for outcomes in (
        [outcome(hostile, 1, 0.84, **known)],
        [outcome(hostile, 1, 0.84, **known), outcome("other", 1, 0.8)],
    ):
        found = read(hostile, outcomes, hostile)
        known_tags = {e.tag for e in plain.elements} | {"b", "g", "use"}  # of several curves
        assert {e.tag for e in found.elements} <= known_tags
        assert not [e for e in found.elements for name in e.attrs if name.startswith("on")]
        assert found.all("h1")[0].text == hostile
        assert hostile in [e.text for e in found.all("td")]
        assert f"Signature: {hostile}" in [e.text for e in found.all("p")]


def test_what_html_has_no_sign_for_can_be_written(outcome, details):
    told = details("a\x00\ud800")
    written = page.page("t", content.sections("t", [outcome("", 1, 0.8, details=told)], ""))
    assert "a\ufffd\ufffd" in written.encode().decode()


def test_the_page_asks_for_nothing_from_elsewhere(both, outcome, details):
    for outcomes in (both, [outcome("", 1, 0.84, details=details())]):
        written = page.page("films", content.sections("films", outcomes, "nlpseq run films"))
        assert written.count("default-src 'none'; style-src 'unsafe-inline'\"") == 1
        assert not re.search(
            r"https?:|//\w|\bsrc=|\bhref=\"(?!#)|@import|url\(|<(script|link|img|iframe|base)\b",
            written,
        )


def contrast(one, other):
    """Of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""

    def luminance(colour):
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in colour]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("side", [0, 1], ids=["day", "night"])
def test_letters_stand_out(side):
    colours = {
        name: [int(pair[side][i : i + 2], 16) / 255 for i in (1, 3, 5)]
        for name, pair in COLOURS.items()
    }
    for letters in ("ink", "faint", "accent"):
        for ground in ("paper", "raised"):
            assert contrast(colours[letters], colours[ground]) >= 4.5, (letters, ground)
    for hue in page.HUES.values():
        parts = [int(part) / 255 for part in hue[side].split()]
        deep = [
            page._DEEPEST * h + (1 - page._DEEPEST) * p
            for h, p in zip(parts, colours["paper"], strict=True)
        ]
        assert contrast(colours["ink"], deep) >= 4.5
