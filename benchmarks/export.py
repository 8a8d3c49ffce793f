"""What a model loses and gains as a graph of ONNX and as int8:

    python benchmarks/export.py imdb/train.jsonl.gz models/course-imdb/*/seed-1 --last 5000

Each model answers the labelled documents with torch, and exported both ways with onnxruntime:
size of the weights, documents a second (tokenising aside), accuracy, and the largest difference
of a probability.
"""

import argparse
import tempfile
from collections import deque
from pathlib import Path


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, help="labelled documents: text and label")
    parser.add_argument("models", type=Path, nargs="+", help="model folders")
    parser.add_argument("--last", type=int, help="the last so many documents alone")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()

    import torch

    from nlpseq import load
    from nlpseq.models.onnx.export import export
    from nlpseq.text.corpus import read

    torch.set_num_threads(options.threads)
    documents = list(deque(read(options.file, label="label"), maxlen=options.last))
    columns = ["model", "MB", "int8", "docs/s: torch", "onnx", "int8", "accuracy", "onnx", "int8"]
    print(f"| {' | '.join([*columns, 'difference'])} |\n|{' --- |' * 10}")
    for path in options.models:
        model = load(path, threads=options.threads)
        with tempfile.TemporaryDirectory() as folder:
            full, small = (
                export(
                    model,
                    Path(folder) / weights,
                    weights=weights,
                    documents=documents,
                    threads=options.threads,
                )
                for weights in ("float32", "int8")
            )
        name = path.parent.name if path.name.startswith("seed-") else path.name
        size = f"{full.size.before / 1e6:.2f} | {small.size.after / 1e6:.2f}"
        speed = " | ".join(f"{s:,.0f}" for s in (*full.speed, small.speed.after))
        quality = " | ".join(f"{q:.4f}" for q in (*full.quality, small.quality.after))
        print(f"| {name} | {size} | {speed} | {quality} | {full.difference:.0e} |", flush=True)


if __name__ == "__main__":
    main()
