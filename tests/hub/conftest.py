"""The local server, and the processes' environment turned to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub_server import HubServer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubServer]:
    """A server that stands for the web and for the hub, and caches of this test's own."""
    with HubServer() as running:
        running.isolate(monkeypatch, tmp_path)
        yield running
