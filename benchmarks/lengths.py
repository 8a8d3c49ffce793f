"""What length costs: an LSTM, a TCN and a Transformer of one width, forward and backward:

    python benchmarks/lengths.py

Each encoder and length in a process of its own, on random vectors: a warm-up that is not counted,
then the best of several passes. Every row is as long as the batch. Memory is what the process held
at its peak above what it held before the first pass.
"""

import argparse
import json
import os
import subprocess
import sys
import time

#: encoder → its settings, whatever its length; all states are of one width
ENCODERS = {
    "LSTM": {"encoder": "lstm", "bidirectional": False},
    "TCN": {"encoder": "tcn", "widths": [3], "layers": 6},
    "Transformer": {"encoder": "transformer", "heads": 4, "layers": 2},
}
LENGTHS = [100, 250, 500, 1000, 2000, 4000]


def measure(name: str, length: int, options: argparse.Namespace) -> dict[str, float]:
    """Seconds of one forward and backward pass, and bytes."""
    import torch

    from nlpseq.layers.encoder import EncoderSettings, build
    from nlpseq.pipelines.machine import peak_memory, reset_peak

    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    settings = EncoderSettings(**ENCODERS[name], hidden=options.width, dropout=0.0)
    encoder = build(settings, options.width, longest=length)
    x = torch.randn(options.batch, length, options.width, requires_grad=True)
    lengths = torch.full((options.batch,), length)

    def step() -> float:
        started = time.perf_counter()
        states, _ = encoder(x, lengths)
        states.mean().backward()
        seconds = time.perf_counter() - started
        x.grad = None
        encoder.zero_grad(set_to_none=True)
        return seconds

    reset_peak()
    before = peak_memory() or 0
    step()
    best = min(step() for _ in range(options.repeats))
    parameters = sum(p.numel() for p in encoder.parameters())
    return {"seconds": best, "memory": (peak_memory() or 0) - before, "parameters": parameters}


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--encoders", nargs="+", choices=ENCODERS, default=list(ENCODERS))
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--batch", type=int, default=16, help="rows")
    parser.add_argument("--repeats", type=int, default=5, help="of which the best counts")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(measure(options.encoders[0], options.lengths[0], options)))
        return

    from nlpseq.pipelines.machine import machine, versions

    print(f"{machine()}; {versions()}; {options.threads} threads")
    print(f"width {options.width}, {options.batch} rows a batch\n")
    print("| | parameters | length | ms a batch | tokens/s | peak MiB |")
    print(f"|{' --- |' * 6}")
    shared = ["--width", options.width, "--batch", options.batch, "--repeats", options.repeats,
              "--threads", options.threads]  # fmt: skip
    for name in options.encoders:
        for length in options.lengths:
            worker = [__file__, "--worker", "--encoders", name, "--lengths", length, *shared]
            done = subprocess.run(
                [sys.executable, *map(str, worker)], capture_output=True, text=True,
                env={**os.environ, "OMP_NUM_THREADS": str(options.threads)},
            )  # fmt: skip
            if done.returncode:
                sys.exit(done.stderr)
            found = json.loads(done.stdout)
            tokens = options.batch * length / found["seconds"]
            print(
                f"| {name} | {found['parameters']:,} | {length:,} | {1e3 * found['seconds']:,.1f} "
                f"| {tokens:,.0f} | {found['memory'] / 2**20:,.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
