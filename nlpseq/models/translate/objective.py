"""The loss of a translator, and how it is computed without a table of all words' probabilities."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import Function, once_differentiable

from nlpseq.layers.product import matrix_gradient, product

_NUMBERS = 1 << 21  # logits that are held at a time: so few that they stay near the processor


def cross_entropy(
    states: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, smoothing: float
) -> Tensor:
    """-Σ q log p, the mean of the words, with p = softmax(W s + b) and labels smoothed (Szegedy et
    al. 2016, section 7): q is 1 - ε at the true word, and ε / V more at every word.

    The gradient is computed on the way there, some rows at a time::

        dz = (p - q) / N        ds = dz W        dW = dzᵀ s        db = Σ dz

    :param states: s, shape (N, features)
    :param weight: W, shape (V, features)
    :param bias: b, shape (V,)
    :param targets: the true words, shape (N,)
    :param smoothing: ε
    """
    loss: Tensor = _CrossEntropy.apply(  # type: ignore[no-untyped-call]
        states, weight, bias, targets, smoothing, torch.is_grad_enabled()
    )
    return loss


class _CrossEntropy(Function):
    @staticmethod
    def forward(
        ctx: Any, states: Tensor, weight: Tensor, bias: Tensor, targets: Tensor,
        smoothing: float, learn: bool,
    ) -> Tensor:  # fmt: skip
        N, V = len(states), len(weight)
        learns_weight = learn and ctx.needs_input_grad[1]
        d_states, db = torch.empty_like(states), torch.zeros_like(bias)
        dW = torch.zeros_like(weight) if learns_weight else None
        loss = weight.new_zeros(())
        rows = max(16, _NUMBERS // V & ~15)
        for start in range(0, N, rows):
            s, true = states[start : start + rows], targets[start : start + rows].unsqueeze(1)
            # of products in bfloat16 (autocast) the sums are still of the weights' type
            z = product(s, weight, bias).to(weight.dtype)  # (rows, V)
            total = z.logsumexp(1, keepdim=True)
            smooth = z.mean(1, keepdim=True) * smoothing if smoothing else 0
            loss += (total - (1 - smoothing) * z.gather(1, true) - smooth).sum()
            if not learn:
                continue
            dz = z.sub_(total).exp_()
            if smoothing:
                dz.sub_(smoothing / V)
            dz.scatter_add_(1, true, dz.new_full(true.shape, smoothing - 1)).div_(N)
            d_states[start : start + rows] = product(dz, weight.t())
            db += dz.sum(0)
            if dW is not None:
                dW += matrix_gradient(dz, s.to(dW.dtype))
        if learn:
            ctx.save_for_backward(d_states, dW, db)
        return loss / N

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        d_states, dW, db = ctx.saved_tensors
        return (
            d_states * gradient, None if dW is None else dW * gradient, db * gradient,
            None, None, None,
        )  # fmt: skip
