"""Files and vectors that several tests of the evaluation use."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nlpseq.embeddings.vectors import Vectors


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Write a test file."""

    def write(content: str | bytes, name: str = "test.txt") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def random() -> Callable[..., Vectors]:
    """Vectors w0, w1, … without a meaning."""

    def make(V: int = 23, D: int = 7, seed: int = 0) -> Vectors:
        matrix = np.random.default_rng(seed).normal(size=(V, D)).astype(np.float32)
        return Vectors([f"w{i}" for i in range(V)], matrix)

    return make
