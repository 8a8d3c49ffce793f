import pytest
import torch

from nlpseq.errors import CallError
from nlpseq.training.precision import autocast


def test_products_are_in_the_precision_asked_for():
    square = torch.ones(2, 2)
    for precision, wanted in (("float32", torch.float32), ("bf16", torch.bfloat16)):
        context = autocast(precision, torch.device("cpu"))
        for _ in range(2):
            with context:
                assert (square @ square).dtype == wanted
        assert (square @ square).dtype == torch.float32


def test_a_device_without_bf16_is_refused():
    with pytest.raises(CallError, match=r"meta has no bf16\n  use the precision float32"):
        autocast("bf16", torch.device("meta"))
