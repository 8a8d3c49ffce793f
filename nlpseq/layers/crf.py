"""Linear-chain conditional random field (Lafferty et al. 2001; as the last layer of a tagger:
Lample et al. 2016, section 2.2).

For a sentence with emissions e_t of shape (K,), the score of a path y of tags is

    s(y) = start[y_1] + sum_t e_t[y_t] + sum_t T[y_(t-1), y_t] + end[y_n]

and its probability P(y) = exp(s(y)) / Z, with Z = sum_y' exp(s(y')) over all paths. The gradient
of log Z by e_t[j] is the marginal P(y_t = j), that by T[i, j] the expected number of steps from i
to j, so that the gradient of log P(y) is what y has minus what is expected.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from nlpseq.layers import crf_kernels
from nlpseq.layers.masks import inside
from nlpseq.text.transitions import Transitions

#: the score of a step that is not allowed; finite, so that the loss of a path with one is, too
IMPOSSIBLE = -1e4


class Crf(nn.Module):
    """Scores of steps from tag to tag, learned.

    All is computed on the CPU: from another device emissions come over, a few numbers a word.

    :param tags: K
    :param allowed: steps that are not have no probability; by default all are
    """

    may_start: Tensor
    may_between: Tensor
    may_end: Tensor

    def __init__(self, tags: int, allowed: Transitions | None = None) -> None:
        super().__init__()
        self.tags = tags
        self.transitions = nn.Parameter(torch.empty(tags, tags))
        self.start = nn.Parameter(torch.empty(tags))
        self.end = nn.Parameter(torch.empty(tags))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.1, 0.1)
        given = allowed or Transitions(
            *(np.ones(s, dtype=bool) for s in (tags, (tags, tags), tags))
        )
        for name, mask in given._asdict().items():
            self.register_buffer(f"may_{name}", torch.from_numpy(mask.copy()), persistent=False)

    def scores(self) -> tuple[Tensor, Tensor, Tensor]:
        """T, start and end, with ``IMPOSSIBLE`` where there is no such step."""
        return (
            self.transitions.masked_fill(~self.may_between, IMPOSSIBLE),
            self.start.masked_fill(~self.may_start, IMPOSSIBLE),
            self.end.masked_fill(~self.may_end, IMPOSSIBLE),
        )

    def log_likelihood(self, emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """log P(y) of each row, shape (batch,).

        :param emissions: shape (batch, steps, K)
        :param tags: y, shape (batch, steps); what is beyond a row's length does not matter
        :param lengths: shape (batch,), each at least 1
        """
        transitions, start, end = self.scores()
        within = inside(lengths, emissions.shape[1]).squeeze(2)
        tags = tags.masked_fill(~within, 0)
        emitted = emissions.gather(2, tags.unsqueeze(2)).squeeze(2)  # (batch, steps)
        steps = transitions[tags[:, :-1], tags[:, 1:]]  # (batch, steps - 1)
        final = tags.gather(1, (lengths - 1).unsqueeze(1)).squeeze(1)
        score = (
            start[tags[:, 0]]
            + emitted.masked_fill(~within, 0).sum(1)
            + steps.masked_fill(~within[:, 1:], 0).sum(1)
            + end[final]
        )
        log_z: Tensor = _LogPartition.apply(emissions, lengths, transitions, start, end)  # type: ignore[no-untyped-call]
        return score - log_z

    @torch.no_grad()
    def marginals(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """P(y_t = j), shape (batch, steps, K), 0 beyond a row's length."""
        _, marginals, _ = _expect(emissions, lengths, *self.scores())
        return marginals.to(emissions)

    @torch.no_grad()
    def decode(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """The tags of the most likely path, shape (batch, steps), 0 beyond a row's length."""
        transitions, start, end = (_numbers(each.double()) for each in self.scores())
        tags = np.zeros(emissions.shape[:2], dtype=np.int64)
        crf_kernels.best(_numbers(emissions), _numbers(lengths), transitions, start, end, tags)
        return torch.from_numpy(tags).to(emissions.device)


def _numbers(tensor: Tensor) -> npt.NDArray[Any]:
    """A tensor as the kernels read it."""
    if tensor.is_floating_point() and tensor.dtype.itemsize < 4:  # NumPy has no bfloat16
        tensor = tensor.float()
    numbers: npt.NDArray[Any] = tensor.detach().cpu().contiguous().numpy()
    return numbers


def _expect(
    emissions: Tensor, lengths: Tensor, transitions: Tensor, start: Tensor, end: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """log Z, marginals and expected steps, on the CPU, in float64."""
    e = _numbers(emissions)
    B, _, K = e.shape
    marginals, pairs = np.empty(e.shape), np.empty((B, K, K))
    T, first, final = (_numbers(each.double()) for each in (transitions, start, end))
    log_z = crf_kernels.expect(e, _numbers(lengths), T, first, final, marginals, pairs)
    return torch.from_numpy(log_z), torch.from_numpy(marginals), torch.from_numpy(pairs)


class _LogPartition(torch.autograd.Function):
    """log Z of each row, shape (batch,)."""

    @staticmethod
    def forward(
        ctx: Any, emissions: Tensor, lengths: Tensor, transitions: Tensor, start: Tensor,
        end: Tensor,
    ) -> Tensor:  # fmt: skip
        log_z, marginals, pairs = _expect(emissions, lengths, transitions, start, end)
        ctx.save_for_backward(marginals.to(emissions), pairs.to(emissions), lengths)
        return log_z.to(emissions)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        marginals, pairs, lengths = ctx.saved_tensors
        rows = torch.arange(len(lengths), device=lengths.device)
        first, final = marginals[:, 0], marginals[rows, lengths - 1]
        return (
            marginals * gradient[:, None, None],
            None,
            torch.einsum("b,bij->ij", gradient, pairs),
            gradient @ first,
            gradient @ final,
        )
