"""What the pages of the command line show is run, each in an empty folder."""

import pytest

from tests import pages

PAGES = pages.ROOT / "cli"


@pytest.mark.parametrize("page", sorted(path.name for path in PAGES.glob("*.md")))
def test_what_a_page_shows_runs(page, tmp_path):
    pages.run(PAGES / page, tmp_path)


def test_each_verb_has_its_page():
    from nlpseq.cli import main

    assert {f"{verb}.md" for verb in main.modules} <= {page.name for page in PAGES.glob("*.md")}
