"""The embedding layer: ids to vectors, learned with the task or carried over from training."""

from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from nlpseq.embeddings.vectors import Vectors
from nlpseq.text.vocabulary import Vocabulary

Embedding = nn.Embedding

#: learned: from random rows; tuned: from vectors, trained on; frozen: vectors as they are
EmbeddingMode = Literal["learned", "tuned", "frozen"]


class Coverage(NamedTuple):
    """How much of a vocabulary the vectors hold."""

    words: float  #: share of the vocabulary's words
    tokens: float  #: share of the running words, as the vocabulary counted them


def rows_for(vocabulary: Vocabulary, vectors: Vectors, *, seed: int) -> tuple[Tensor, Coverage]:
    """The embedding matrix of a vocabulary, shape (V, D), and what it covers.

    Row i is the vector of word i. A word that the vectors lack gets a random row of their mean
    and deviation, ``pad`` gets zeros.
    """
    random = np.random.default_rng(seed)
    mean, deviation = float(vectors.matrix.mean()), float(vectors.matrix.std())
    matrix = random.normal(mean, deviation, (len(vocabulary), vectors.dim)).astype(np.float32)
    ordinary = range(len(vocabulary.specials), len(vocabulary))
    found = [(i, row) for i in ordinary if (row := vectors.find(vocabulary.words[i])) is not None]
    ids, rows = np.array(found, dtype=np.int64).reshape(-1, 2).T
    matrix[ids] = vectors.matrix[rows]
    if vocabulary.pad is not None:
        matrix[vocabulary.pad] = 0
    counts = vocabulary.counts if vocabulary.counts is not None else np.ones(len(vocabulary))
    total = counts[len(vocabulary.specials) :].sum()
    coverage = Coverage(
        len(ids) / max(1, len(ordinary)), float(counts[ids].sum()) / max(1.0, float(total))
    )
    return torch.from_numpy(matrix), coverage


def embedding(
    size: int,
    dim: int,
    *,
    pad: int | None,
    rows: Tensor | None = None,
    frozen: bool = False,
) -> Embedding:
    """A layer (batch, length) → (batch, length, dim): x_t = E[id_t].

    It equals the product of a one-hot row with E (deck 000, "Word embeddings").

    :param rows: E to start from, shape (size, dim); by default uniform in [-0.05, 0.05]
    :param frozen: E is not trained
    """
    layer = nn.Embedding(size, dim, padding_idx=pad)
    with torch.no_grad():
        if rows is not None:
            layer.weight.copy_(rows)
        else:
            nn.init.uniform_(layer.weight, -0.05, 0.05)
            if pad is not None:
                layer.weight[pad] = 0
    layer.weight.requires_grad_(not frozen)
    return layer
