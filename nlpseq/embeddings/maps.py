"""Maps of words: which words, where they stand on the plane, and the file that shows them."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpseq.embeddings.map_words import (
    Choice,
    Groups,
    Matrix,
    choose,
    require_finite,
    require_seed,
    unit,
)
from nlpseq.errors import CallError, DataError
from nlpseq.files import escaped
from nlpseq.progress import Progress, silent
from nlpseq.writing import atomic_write

__all__ = ["SUFFIXES", "Choice", "Drawn", "choose", "project", "require_suffix", "write_map"]

Method = Literal["pca", "tsne"]

#: What a map can be written as, by the end of the file's name.
SUFFIXES = (".png", ".svg", ".html", ".tsv")

_BLOCK = 8192  # rows that are widened to float64 at a time
_FEWEST = 5  # points that t-SNE needs: fewer have no neighbourhoods
_EARLY, _LATE, _STEP = 250, 500, 10  # iterations with exaggeration, without, between reports


class Drawn(NamedTuple):
    """What a map could not show.

    :param unlabelled: words whose label would have covered another, or the edge
    :param unreadable: words with a letter that the picture's font lacks: it shows a box
    """

    unlabelled: int
    unreadable: int


def project(
    matrix: Matrix,
    method: Method,
    *,
    seed: int = 0,
    threads: int = 1,
    perplexity: float = 30.0,
    progress: Progress = silent,
) -> Matrix:
    """Lay vectors out on the plane.

    ``pca`` gives the two directions of largest variance, always the same way round. ``tsne``
    (van der Maaten and Hinton 2008) keeps neighbours by cosine together; it starts from the
    PCA (Kobak and Berens 2019) and needs openTSNE. Fewer than five points are laid out by PCA.

    :param matrix: shape (n, D), float32
    :param seed: of t-SNE; equal seeds and numbers of threads give equal points
    :param threads: of t-SNE
    :param perplexity: about how many neighbours count for t-SNE; lowered to (n - 1) / 3
    :return: shape (n, 2), float32
    :raises DataError: for a number that is not finite
    """
    if matrix.ndim != 2 or not matrix.size:
        raise CallError("there are no vectors to draw")
    if method not in ("pca", "tsne"):
        raise CallError(f"no method {method!r}", remedy="the methods are pca and tsne")
    require_seed(seed)
    require_finite(matrix)
    if method == "pca":
        return _pca(matrix).astype(np.float32)
    return _tsne(matrix, seed, threads, perplexity, progress)


def _pca(matrix: Matrix) -> npt.NDArray[np.float64]:
    """The coordinates along the first two eigenvectors of the covariance, shape (n, 2)."""
    n, D = matrix.shape
    mean = matrix.mean(axis=0, dtype=np.float64)
    scatter = np.zeros((D, D))
    for block in _centred(matrix, mean):
        scatter += block.T @ block
    _, directions = np.linalg.eigh(scatter)
    axes = directions[:, :-3:-1]  # the eigenvalues ascend
    # An eigenvector may point either way: its largest component is made positive.
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    points = np.zeros((n, 2))
    start = 0
    for block in _centred(matrix, mean):
        points[start : start + len(block), : axes.shape[1]] = block @ axes
        start += len(block)
    return points


def _centred(matrix: Matrix, mean: npt.NDArray[np.float64]) -> Iterator[npt.NDArray[np.float64]]:
    for start in range(0, len(matrix), _BLOCK):
        yield matrix[start : start + _BLOCK] - mean


def _tsne(matrix: Matrix, seed: int, threads: int, perplexity: float, progress: Progress) -> Matrix:
    try:
        from openTSNE import TSNE
    except ImportError as error:
        raise CallError(
            "t-SNE needs openTSNE", remedy="pip install 'nlpseq[maps]', or draw by pca"
        ) from error
    if not 1 <= perplexity < math.inf:
        raise CallError(f"{perplexity} is no perplexity", remedy="it is 1 or more, often 30")
    n = len(matrix)
    if n < _FEWEST:
        return _pca(matrix).astype(np.float32)
    # The squared distance of vectors of length 1 is 2 - 2 cos, and rows of zeros have one too.
    rows = unit(matrix)
    start = _pca(rows)
    spread = float(start[:, 0].std()) or 1.0
    start *= 1e-4 / spread
    start += np.random.default_rng(seed).normal(0, 1e-6, start.shape)  # parts equal points
    neighbours = min(n - 1, int(3 * perplexity))
    with progress.task("t-SNE", _EARLY + _LATE) as task:

        def report(iteration: int, error: float, embedding: Any) -> None:
            task.advance(_STEP, f"divergence {error:.3f}")

        tsne = TSNE(
            perplexity=neighbours / 3,
            metric="euclidean",
            early_exaggeration_iter=_EARLY,
            n_iter=_LATE,
            n_jobs=threads,
            random_state=seed,
            callbacks=report,
            callbacks_every_iters=_STEP,
        )
        points = tsne.fit(rows, initialization=start)
    return np.asarray(points, dtype=np.float32)


def require_suffix(path: Path) -> str:
    """How ``path`` ends, in small letters, or a CallError that lists what a map can be."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise CallError(
            "a map is written as PNG, SVG, HTML or TSV",
            where=str(path),
            remedy=f"end the file's name in {', '.join(SUFFIXES)}",
        )
    return suffix


def write_map(
    path: Path | str,
    words: Sequence[str],
    points: npt.NDArray[Any],
    groups: npt.NDArray[Any] | None = None,
    title: str = "",
    *,
    heads: int = 0,
) -> Drawn:
    """Write a map in the format that the end of its name says; equal input gives equal bytes.

    ``.png`` and ``.svg`` are pictures with labels that do not overlap, ``.html`` is one page
    to look around and search in, ``.tsv`` the columns word, x, y and group.

    :param words: in the order that labels are wanted in, the most frequent first as a rule
    :param points: shape (n, 2)
    :param groups: shape (n,), each word's group from 0; a colour each
    :param heads: the first so many words stand out
    :raises DataError: for a point that is not finite
    """
    path = Path(path)
    suffix = require_suffix(path)
    points = np.asarray(points, dtype=np.float32)
    groups = np.asarray(np.zeros(len(words)) if groups is None else groups, dtype=np.int32)
    if points.shape != (len(words), 2) or groups.shape != (len(words),):
        raise CallError(
            f"{len(words)} words, points of shape {points.shape} and groups of {groups.shape}"
        )
    if not len(words):
        raise CallError("there are no words to draw", where=str(path))
    if groups.min() < 0:
        raise CallError("groups are counted from 0")
    finite = np.isfinite(points).all(axis=1)
    if not finite.all():
        raise DataError(f"the point of {words[int(np.argmin(finite))]!r} is not finite")
    drawn = Drawn(0, 0)
    with atomic_write(path) as file:
        if suffix == ".tsv":
            file.write(_tsv(words, points, groups))
        elif suffix == ".html":
            from nlpseq.embeddings.map_page import page

            file.write(page(words, points, groups, title, heads))
        else:
            from nlpseq.embeddings.map_labels import picture

            written, unlabelled, unreadable = picture(
                suffix[1:], words, points, groups, title, heads
            )
            file.write(written)
            drawn = Drawn(unlabelled, unreadable)
    return drawn


def _tsv(words: Sequence[str], points: Matrix, groups: Groups) -> bytes:
    lines = ["word\tx\ty\tgroup"]
    for word, (x, y), group in zip(words, points, groups, strict=True):
        lines.append(f"{escaped(word)}\t{x}\t{y}\t{group}")
    return "\n".join([*lines, ""]).encode()
