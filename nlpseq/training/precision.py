"""Precision: what the products of a training are computed in."""

from contextlib import AbstractContextManager, nullcontext

import torch

from nlpseq.errors import CallError
from nlpseq.training.settings import Precision


def autocast(precision: Precision, device: torch.device) -> AbstractContextManager[object]:
    """The context, to be entered any number of times, in which losses are computed.

    With ``bf16`` products are in bfloat16, which has float32's range and so needs no scaling of
    the loss; sums, losses, weights and the optimizer stay in float32.

    :raises CallError: where the device has no bfloat16
    """
    if precision == "float32":
        return nullcontext()
    try:
        context = torch.autocast(device.type, torch.bfloat16)
        square = torch.ones(2, 2, device=device)
        with context:
            able = (square @ square).dtype == torch.bfloat16
    except (RuntimeError, TypeError):
        able = False
    if not able:
        raise CallError(f"{device} has no bf16", remedy="use the precision float32")
    return context
