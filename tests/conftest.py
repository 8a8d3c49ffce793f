"""What several tests share: the real data, where there is any."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("NLPSEQ_DATA", ROOT.parent / "shared" / "data"))

# Networks as small as these are slower by several threads that wait for each other, ten times where
# tests run side by side. Before torch is loaded, which asks once; what tests start inherits it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

hypothesis.settings.register_profile("nlpseq", deadline=None)  # kernels may be compiled in a test
hypothesis.settings.load_profile("nlpseq")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked ``data`` are skipped where the real data sets are absent."""
    if not DATA.is_dir():
        for item in items:
            if item.get_closest_marker("data"):
                item.add_marker(pytest.mark.skip(reason=f"no data sets in {DATA}"))


@pytest.fixture(autouse=True, scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's cache out of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NLPSEQ_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def data() -> Path:
    """The folder of the real data sets."""
    return DATA
