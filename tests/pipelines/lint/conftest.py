"""What the tests of the checks share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nlpseq.pipelines.lint import Finding, Findings, Options, check

Check = Callable[..., list[Finding]]


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Write files, check the first, and give the findings."""
    monkeypatch.chdir(tmp_path)

    def run(files: dict[str, str | bytes], *, most: int = 20, **options: Any) -> list[Finding]:
        for name, content in files.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        told: list[Finding] = []
        check(next(iter(files)), Options(**options), Findings(told.append, most))
        return told

    return run
