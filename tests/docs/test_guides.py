"""What the guides show is run, each in an empty folder."""

import pytest

from tests import pages

GUIDES = [*sorted((pages.ROOT / "docs").glob("*.md")), pages.ROOT / "pipelines" / "README.md"]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_a_guide_shows_runs(guide, tmp_path):
    pages.run(guide, tmp_path)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_links_of_a_guide_lead_somewhere(guide):
    assert pages.broken_links(guide) == []
