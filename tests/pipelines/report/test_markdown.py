import re

import pytest

from nlpseq.pipelines.report import content, markdown


@pytest.fixture
def written():
    """Writes the Markdown of some outcomes."""

    def write(title, outcomes, command=""):
        sections = content.sections(title, outcomes, command)
        return markdown.page(title, sections, picture="curves.png", more="report.html")

    return write


def test_it_says_what_the_runs_have_come_to(written, both):
    page = written("films", both, "nlpseq run films")
    assert page.startswith("# films\n")
    assert "| **lstm** | **1,234** | **0.8500 ± 0.0141** |" in page
    assert "| flatten \\| 20 | 1,234 | 0.7000 ± 0.0000 | 0.8000 | 1 |" in page
    assert "**Below the linear baseline: flatten \\| 20 by 10.0 points. Use it" in page
    assert "Signature: nlpseq 0 \\| classification \\| data abc\n" in page
    assert "nlpseq run films --threads 1\n" in page
    assert "seeds 1, 2" in page
    assert "- machine: a machine\n" in page
    assert "![The development figure after each epoch](curves.png)" in page


def test_one_run_is_told_of_and_several_are_left_to_the_other_page(written, both, outcome, details):
    page = written("films", [outcome("", 1, 0.84, details=details())])
    assert "| pos | 21 | 5 | 1 |\n| neg | 3 | 20 | 0 |\n" in page
    assert "| um filme ruim | neg | pos | 98.7% |\n" in page
    assert "| classifier | 5.0 | 300 | rows/s 90 |\n" in page
    assert "| corpus.train | train.jsonl | abab" in page
    several = written("films", both)
    assert "um filme" not in several
    assert "[report.html](report.html) alone: 4." in several


def test_what_comes_from_strangers_has_no_markup(written, outcome, details, hostile):
    page = written(hostile, [outcome(hostile, 1, 0.84, details=details(hostile))], "run ```x")
    assert "````sh\nrun ```x --threads 1\n````\n" in page
    assert "\\<img src=x" in page
    assert not re.search(r"(?<!\\)(<|>|\[a|\]\(h|`x)", page.replace("run ```x", ""))
    tables = re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE)
    assert len(tables) == 8
    for table in tables:  # none of the texts makes a column
        rows = [re.findall(r"(?<!\\)\|", line) for line in table.splitlines()]
        assert len(set(map(len, rows))) == 1
