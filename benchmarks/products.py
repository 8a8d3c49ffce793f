"""How fast layers multiply by their matrices, beside torch's own product (MKL), in float32:

    python benchmarks/products.py --threads 2

Learning is a product with its gradients, of a batch; a step is one product of few rows with a
matrix that was laid out before, as a translator writes word by word. Each figure is the best of
several rounds, in microseconds. Where torch's own product is taken anyway, the ratio is 1.
"""

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import linear

from nlpseq.layers.product import Layout, multiply, product
from nlpseq.pipelines.machine import machine, versions

SHAPES = [(256, 256), (256, 1024), (1024, 256), (256, 8000)]  # size, features


def best(work: Callable[[], object], rounds: int) -> float:
    """Microseconds."""
    found = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return min(found) * 1e6


def row(what: str, size: int, features: int, ours: float, torchs: float) -> None:
    """A line of the table."""
    print(f"| {what} | {size} x {features} | {ours:,.0f} | {torchs:,.0f} | {torchs / ours:.1f} |")


def learning(rows: int, size: int, features: int, rounds: int) -> None:
    """A product and its gradients."""
    x, W, b = torch.randn(rows, size), torch.randn(features, size), torch.randn(features)
    dy = torch.randn(rows, features)
    for tensor in (x, W, b):
        tensor.requires_grad_()

    def work(function: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
        x.grad = W.grad = b.grad = None
        function(x, W, b).backward(dy)

    figures = [best(lambda f=f: work(f), rounds) for f in (product, linear)]  # type: ignore[misc]
    row(f"learning, {rows:,} rows", size, features, *figures)


@torch.inference_mode()
def step(rows: int, size: int, features: int, rounds: int) -> None:
    """A product alone."""
    x, W, b = torch.randn(rows, size), torch.randn(features, size), torch.randn(features)
    laid = Layout()(W)
    ours = best(lambda: multiply(x, laid, b), rounds)
    row(f"a step, {rows:,} rows", size, features, ours, best(lambda: linear(x, W, b), rounds))


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=50)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"{machine()}; {versions()}; {arguments.threads} threads\n")
    print("| | matrix | nlpseq, µs | torch, µs | ratio |\n| --- | --- | --- | --- | --- |")
    for size, features in SHAPES:
        learning(1792, size, features, arguments.rounds)
    for rows in (1, 5, 64, 320):
        for size, features in SHAPES:
            step(rows, size, features, arguments.rounds * 4)


if __name__ == "__main__":
    main()
