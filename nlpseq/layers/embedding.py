"""The embedding layer: ids to vectors, learned with the task or carried over from training."""

from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from nlpseq.embeddings.coverage import Coverage, coverage
from nlpseq.embeddings.vectors import Vectors
from nlpseq.text.vocabulary import Vocabulary

Embedding = nn.Embedding

#: learned: from random rows; tuned: from vectors, trained on; frozen: vectors as they are
EmbeddingMode = Literal["learned", "tuned", "frozen"]


def rows_for(vocabulary: Vocabulary, vectors: Vectors, *, seed: int) -> tuple[Tensor, Coverage]:
    """The embedding matrix of a vocabulary, shape (V, D), and what it covers.

    Row i is the vector of word i, by its subwords where the vectors have those alone. A word
    that the vectors lack gets a random row with mean and deviation of the others, ``pad`` gets
    zeros. Of mapped vectors only the rows that are needed are read.
    """
    ordinary = range(len(vocabulary.specials), len(vocabulary))
    found = [vectors.resolve(vocabulary.words[i]) for i in ordinary]
    pairs = [
        (i, one.row) for i, one in zip(ordinary, found, strict=True) if one and one.row is not None
    ]
    ids, rows = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    known = vectors.rows.take(rows)
    mean, deviation = (float(known.mean()), float(known.std())) if len(known) else (0.0, 0.1)
    random = np.random.default_rng(seed)
    matrix = random.normal(mean, deviation, (len(vocabulary), vectors.dim)).astype(np.float32)
    matrix[ids] = known
    for i, one in zip(ordinary, found, strict=True):
        if one and one.how == "subwords":
            matrix[i] = vectors[vocabulary.words[i]]
    if vocabulary.pad is not None:
        matrix[vocabulary.pad] = 0
    counts = vocabulary.counts if vocabulary.counts is not None else np.ones(len(vocabulary))
    return torch.from_numpy(matrix), coverage(found, counts[len(vocabulary.specials) :].tolist())


def table(size: int, dim: int, *, pad: int | None = None) -> Embedding:
    """A layer of random rows, of mean 0 and deviation 1, as torch's own.

    Which draws them by a function that, of a model without weights, imports torch's compiler first:
    a second of the loading of every model.
    """
    make: Any = nn.Embedding.from_pretrained  # has no types
    layer: Embedding = make(torch.randn(size, dim), freeze=False, padding_idx=pad)
    return layer


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
    layer = table(size, dim, pad=pad)
    with torch.no_grad():
        if rows is not None:
            layer.weight.copy_(rows)
        else:
            nn.init.uniform_(layer.weight, -0.05, 0.05)
            if pad is not None:
                layer.weight[pad] = 0
    layer.weight.requires_grad_(not frozen)
    return layer
