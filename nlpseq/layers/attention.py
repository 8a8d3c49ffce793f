"""Attention: to each query the sum of the values, weighted by how its keys suit the query.

Rows are positions, so a product of all queries with all keys is Q Kᵀ; deck 001 writes it Qᵀ K,
with positions as columns.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from nlpseq.layers.linear import Linear
from nlpseq.layers.masks import inside
from nlpseq.layers.positions import rotate


class Memory(NamedTuple):
    """What queries look at, made once for any number of them.

    ``keys`` and ``values`` are finite everywhere; ``mask`` is true where a key may be seen and
    broadcasts to the scores, shape (…, queries, keys).
    """

    keys: Tensor
    values: Tensor
    mask: Tensor


class Attended(NamedTuple):
    """``context`` has a row a query; ``weights``, shape (…, queries, keys), sum to 1 a query."""

    context: Tensor
    weights: Tensor | None


def _weighted(scores: Tensor, values: Tensor, mask: Tensor | None) -> Attended:
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    weights = scores.softmax(-1)  # (…, queries, keys)
    return Attended(weights @ values, weights)


def scaled_dot_product(Q: Tensor, K: Tensor, V: Tensor, mask: Tensor | None = None) -> Attended:
    """softmax((Q Kᵀ + M) / √d_k) V (Vaswani et al. 2017, section 3.2.1; deck 001, "Attention e
    Masked Attention"), where M is -∞ at what the mask hides.

    :param Q: shape (…, queries, d_k)
    :param K: shape (…, keys, d_k)
    :param V: shape (…, keys, d_v), finite also where it is hidden
    :param mask: true where a query sees a key; each query sees one at least
    """
    return _weighted(Q @ K.transpose(-2, -1) / math.sqrt(Q.shape[-1]), V, mask)


class DotAttention(nn.Module):
    """Attention by dot product (Luong et al. 2015, section 3.1; deck 001, "Mecanismo de Atenção:
    implementação básica")::

        alinhamento(s_i, h_j) = s_i · h_j
        a_ij = exp(alinhamento(s_i, h_j)) / Σ_k exp(alinhamento(s_i, h_k))
        c_i = Σ_j a_ij h_j

    Queries s_i have as many features as the states h_j.
    """

    def project(self, states: Tensor) -> Tensor:
        """The part of the alignment that is the same for all queries, a row a state."""
        return states

    def scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        """All alignments, shape (batch, queries, keys); ``keys`` as projected."""
        return queries @ keys.transpose(1, 2)

    def remember(self, states: Tensor, lengths: Tensor) -> Memory:
        """The states as queries will look at them.

        :param states: h, shape (batch, keys, features)
        :param lengths: shape (batch,), each at least 1; nothing beyond is ever looked at
        """
        true = inside(lengths, states.shape[1])  # (batch, keys, 1)
        states = torch.where(true, states, 0)
        return Memory(self.project(states), states, true.transpose(1, 2))

    def forward(self, queries: Tensor, memory: Memory) -> Attended:
        """c, shape (batch, queries, features), and a, shape (batch, queries, keys).

        :param queries: s, shape (batch, queries, size)
        """
        return _weighted(self.scores(queries, memory.keys), memory.values, memory.mask)


class GeneralAttention(DotAttention):
    """Attention through a matrix (Luong et al. 2015, section 3.1, "general")::

        alinhamento(s_i, h_j) = s_i · W h_j

    :param query_size: features of a query s_i
    :param state_size: features of a state h_j
    """

    def __init__(self, query_size: int, state_size: int) -> None:
        super().__init__()
        self.W = Linear(state_size, query_size, bias=False)
        nn.init.xavier_uniform_(self.W.weight)

    def project(self, states: Tensor) -> Tensor:
        """W h_j, shape (batch, keys, query_size)."""
        keys: Tensor = self.W(states)
        return keys


class AdditiveAttention(DotAttention):
    """Attention through a layer of its own (Bahdanau et al. 2015, section 3.1 and appendix
    A.1.2)::

        alinhamento(s_i, h_j) = v · tanh(W s_i + U h_j)

    :param query_size: features of a query s_i
    :param state_size: features of a state h_j
    :param hidden: features of v
    """

    def __init__(self, query_size: int, state_size: int, hidden: int) -> None:
        super().__init__()
        self.W = Linear(query_size, hidden, bias=False)
        self.U = Linear(state_size, hidden, bias=False)
        self.v = Linear(hidden, 1, bias=False)
        for layer in (self.W, self.U, self.v):
            nn.init.xavier_uniform_(layer.weight)

    def project(self, states: Tensor) -> Tensor:
        """U h_j, shape (batch, keys, hidden)."""
        keys: Tensor = self.U(states)
        return keys

    def scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        """All alignments, shape (batch, queries, keys)."""
        both = self.W(queries).unsqueeze(2) + keys.unsqueeze(1)  # (batch, queries, keys, hidden)
        scores: Tensor = self.v(both.tanh()).squeeze(3)
        return scores


class MultiHeadAttention(nn.Module):
    """Several attentions side by side (Vaswani et al. 2017, section 3.2.2; deck 001,
    "Representações para cada palavra")::

        Z_h = softmax((Q_h K_hᵀ + M) / √d_k) V_h        Q_h = e W_Q, K_h = e' W_K, V_h = e' W_V
        Z = concat(Z_1, …, Z_H) W_O

    Queries e and memory e' are the same states (self-attention) or others (cross-attention).

    No weight is dropped in training: torch would leave the kernel that never holds a matrix of
    all queries and keys, and the paper (section 5.4) drops features alone.

    :param size: features of a state, a multiple of ``heads``
    :param rotary: turn queries and keys by their positions (``positions.rotate``)
    :raises ValueError: for sizes that do not divide
    """

    def __init__(self, size: int, heads: int, *, rotary: bool = False) -> None:
        super().__init__()
        if size % heads:
            raise ValueError(f"size {size} is not a multiple of heads {heads}")
        if rotary and size // heads % 2:
            raise ValueError(
                f"rotary positions need an even number of features a head, not {size // heads}"
            )
        self.heads, self.rotary = heads, rotary
        self.W_Q, self.W_K, self.W_V, self.W_O = (Linear(size, size, bias=False) for _ in range(4))
        for layer in (self.W_Q, self.W_K, self.W_V, self.W_O):
            nn.init.xavier_uniform_(layer.weight)

    def _split(self, x: Tensor) -> Tensor:
        batch, length, _ = x.shape
        return x.view(batch, length, self.heads, -1).transpose(1, 2)  # (…, heads, length, d_k)

    def remember(self, states: Tensor, lengths: Tensor) -> Memory:
        """The states as queries will look at them: keys and values a head, (batch, heads, keys,
        size / heads).

        :param states: e', shape (batch, keys, size)
        :param lengths: shape (batch,), each at least 1; nothing beyond is ever looked at
        """
        true = inside(lengths, states.shape[1])  # (batch, keys, 1)
        states = torch.where(true, states, 0)
        keys, values = self._split(self.W_K(states)), self._split(self.W_V(states))
        if self.rotary:
            keys = rotate(keys)
        return Memory(keys, values, true.transpose(1, 2).unsqueeze(1))

    def forward(
        self, queries: Tensor, memory: Memory, *, causal: bool = False, weights: bool = False
    ) -> Attended:
        """Z, shape (batch, queries, size).

        :param queries: e, shape (batch, queries, size), finite everywhere
        :param causal: query i sees keys up to i alone, in self-attention
        :param weights: give them too, shape (batch, heads, queries, keys); they need memory for
            each pair, which is never held without
        """
        Q = self._split(self.W_Q(queries))  # (batch, heads, queries, d_k)
        if self.rotary:
            Q = rotate(Q)
        keys, values, mask = memory
        if weights:
            if causal:
                mask = mask & mask.new_ones(Q.shape[2], keys.shape[2]).tril()
            Z, given = scaled_dot_product(Q, keys, values, mask)
        else:
            # What is beyond a row's length comes after all its true queries: causal hides it.
            Z = scaled_dot_product_attention(
                Q, keys, values, attn_mask=None if causal else mask, is_causal=causal
            )
            given = None
        return Attended(self.W_O(Z.transpose(1, 2).flatten(2)), given)


class AttentionPooling(nn.Module):
    """All states to one, by a query that is learned (Yang et al. 2016, section 2.2)::

        score_t = v · tanh(W h_t + b)        a_t = softmax_t(score_t)        s = Σ_t a_t h_t

    :param size: features of a state h_t
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.W, self.v = Linear(size, size), Linear(size, 1, bias=False)
        nn.init.xavier_uniform_(self.W.weight)
        nn.init.zeros_(self.W.bias)
        nn.init.xavier_uniform_(self.v.weight)

    def attend(self, states: Tensor, lengths: Tensor) -> Attended:
        """s, shape (batch, size), and a, shape (batch, length), 0 beyond a row's length.

        :param states: shape (batch, length, size)
        :param lengths: shape (batch,), each at least 1
        """
        true = inside(lengths, states.shape[1])  # (batch, length, 1)
        states = torch.where(true, states, 0)
        scores = self.v(torch.tanh(self.W(states)))  # (batch, length, 1)
        context, weights = _weighted(scores.transpose(1, 2), states, true.transpose(1, 2))
        assert weights is not None
        return Attended(context.squeeze(1), weights.squeeze(1))

    def forward(self, states: Tensor, lengths: Tensor) -> Tensor:
        """s, shape (batch, size); parameters as ``attend``."""
        return self.attend(states, lengths).context
