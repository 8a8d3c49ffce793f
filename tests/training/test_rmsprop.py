"""RMSprop, beside torch's."""

import torch
from torch import nn

from nlpseq.training.rmsprop import RMSprop


def test_it_equals_torchs_whatever_the_size_of_a_gradient():
    start = torch.randn(7, 5, generator=torch.Generator().manual_seed(0))
    gradients = torch.randn(7, 5, generator=torch.Generator().manual_seed(1))
    gradients *= torch.tensor([1, 1e-4, 1e-9, 1e-19, 1e-22, 1e-30, 0]).unsqueeze(1)
    found = []
    for kind, options in (
        (RMSprop, {"weight_decay": 0.0}),
        (torch.optim.RMSprop, {"alpha": 0.9, "eps": 1e-8}),
    ):
        theta = nn.Parameter(start.clone())
        optimizer = kind([theta], 0.01, **options)
        for step in range(300):  # v of a row without a gradient comes close to zero
            theta.grad = gradients if step < 3 else torch.zeros(7, 5)
            optimizer.step()
        found.append(theta.detach())
    torch.testing.assert_close(*found)
    assert torch.equal(found[0][-1], start[-1])
