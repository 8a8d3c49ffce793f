"""The README runs, and says the same in three languages."""

import re
from pathlib import Path

import pytest

from tests import pages

README = pages.ROOT / "README.md"
OTHERS = [pages.ROOT / f"README.{language}.md" for language in ("pt", "es")]

_BLOCK = re.compile(r"^```\w*\n.*?^```$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f]\d+)*")
_SEPARATOR = re.compile(r"[.,\u00a0\u202f]")


def code(page: Path) -> list[str]:
    """The fenced blocks, without the remarks in them, which are translated."""
    blocks = _BLOCK.findall(page.read_text(encoding="utf-8"))
    return [re.sub(r"  # .*", "", block) for block in blocks]


def headings(page: Path) -> list[str]:
    """The level of each."""
    return re.findall("^#+(?= )", pages.prose(page), re.MULTILINE)


def paragraphs(page: Path) -> list[str]:
    return [text for text in pages.prose(page).split("\n\n") if text.strip()]


def figures(page: Path) -> list[list[str]]:
    """The digits of each number, of each row of the tables: their separators are the language's."""
    rows = [line for line in pages.prose(page).splitlines() if line.startswith("|")]
    return [[_SEPARATOR.sub("", number) for number in _NUMBER.findall(row)] for row in rows]


def calls(page: Path) -> list[list[str]]:
    """What each row of the tables has between backticks, in some order."""
    rows = [line for line in pages.prose(page).splitlines() if line.startswith("|")]
    return [sorted(re.findall(r"`[^`]+`", row)) for row in rows]


@pytest.mark.parametrize("other", OTHERS, ids=lambda page: page.name)
class TestTranslations:
    def test_have_the_same_code(self, other):
        assert code(other) == code(README)

    def test_have_the_same_headings(self, other):
        assert headings(other) == headings(README)

    def test_have_the_same_figures_in_their_tables(self, other):
        assert figures(other) == figures(README)

    def test_have_the_same_commands_in_their_tables(self, other):
        assert calls(other) == calls(README)

    def test_have_as_many_paragraphs(self, other):
        assert len(paragraphs(other)) == len(paragraphs(README))

    def test_link_the_same_places(self, other):
        names = {page.name for page in (README, *OTHERS)}
        assert set(pages.links(other)) - names == set(pages.links(README)) - names


@pytest.mark.parametrize("page", [README, *OTHERS], ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    assert {other.name for other in (README, *OTHERS)} - {page.name} <= set(pages.links(page))
    assert pages.broken_links(page) == []


def test_what_the_readme_shows_runs(tmp_path):
    first = "nlpseq run quickstart -s vectors.epochs=2 -s classifier.training.epochs=2"
    done = pages.execute(["bash", "-c", first], tmp_path)  # which the set-up has run
    assert done.returncode == 0, done.stdout
    pages.run(README, tmp_path)
