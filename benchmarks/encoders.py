"""How fast the course's models train and predict, beside Keras on TensorFlow:

    python benchmarks/encoders.py imdb/train.jsonl.gz

Keras gets an environment of its own, made where there is none (--peer FOLDER). Both get the same
ids of the same documents: the 10,000 most frequent words, the last 500 of a document (the last 20
for flatten). Keras has them padded to that length, as the course has; nlpseq once padded like it,
so that both do the same work, and once as its users get it, rows of like length sharing a batch.

Each system in a process of its own, one model after the other, the three systems in turn: a
warm-up that is not counted, then the best of several epochs over the training rows, and of as
many predictions. Same batch, RMSprop, same threads. nlpseq is timed through Classifier.fit and
Classifier.probabilities, tokenising aside; memory is the peak of the process.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from peers import peak, python_of

PEER = ["tensorflow==2.21.0", "keras==3.15.0"]
WORDS, LENGTH, SHORT = 10_000, 500, 20
ONE_WAY = {"dim": 32, "hidden": 32, "bidirectional": False, "pooling": "last"}

#: model → its settings here, and its parameters in the course, where that says
MODELS: dict[str, tuple[dict[str, Any], int | None]] = {
    "flatten": ({"encoder": "flatten", "dim": 8}, 80_161),
    "SimpleRNN": ({"encoder": "rnn", **ONE_WAY}, None),
    "LSTM": ({"encoder": "lstm", **ONE_WAY}, 328_353),
    "GRU": ({"encoder": "gru", **ONE_WAY}, None),
    "BiLSTM": ({"encoder": "lstm", **ONE_WAY, "bidirectional": True}, None),
    "CNN": (
        {"encoder": "cnn", "dim": 128, "hidden": 32, "widths": [7], "layers": 2, "pool": 5},
        None,
    ),
}
#: cells that Keras does not have: shown as multiples of the LSTM
CELLS = {
    "LSTM": MODELS["LSTM"][0],
    "peephole": {"encoder": "peephole", **ONE_WAY},
    "minimal-gru": {"encoder": "minimal-gru", **ONE_WAY},
    "janet": {"encoder": "janet", **ONE_WAY},
}
SYSTEMS = ("padded", "keras", "bucketed")


def encode(source: Path, train: int, predict: int, target: Path) -> None:
    """Write the ids and labels of both parts: what all systems read."""
    from nlpseq import Tokenizer, Vocabulary
    from nlpseq.text.corpus import read

    documents = list(islice(read(source, label="label"), train + predict))
    if len(documents) < train + predict:
        sys.exit(f"{source} has {len(documents)} documents; --train and --predict ask for more")
    tokens = [Tokenizer(punctuation=False).words(document.text) for document in documents]
    vocabulary = Vocabulary.build(tokens[:train], max_size=WORDS)
    rows = [vocabulary.encode(words)[-LENGTH:] for words in tokens]
    labels = sorted({str(d.label) for d in documents})
    np.savez(
        target,
        ids=np.concatenate(rows),
        ends=np.cumsum([len(row) for row in rows]),
        labels=[labels.index(str(d.label)) for d in documents],
        train=train,
        words=len(vocabulary),
    )


def load(data: Path, length: int) -> tuple[list[np.ndarray], np.ndarray, int, int]:
    """The last ``length`` ids of each row, labels, how many rows are trained on, words."""
    file = np.load(data)
    rows = [row[-length:] for row in np.split(file["ids"], file["ends"][:-1])]
    return rows, file["labels"], int(file["train"]), int(file["words"])


def padded(rows: list[np.ndarray], length: int) -> np.ndarray:
    """Shape (rows, length), zeros before, as Keras' pad_sequences has it."""
    filled = np.zeros((len(rows), length), dtype=np.int32)
    for target, row in zip(filled, rows, strict=True):
        target[length - len(row) :] = row
    return filled


def ours(model: str, system: str, data: Path, options: argparse.Namespace) -> dict[str, float]:
    """nlpseq, on rows padded or not."""
    import torch

    from nlpseq import Classifier, ClassifierSettings, Document, TrainingSettings, Vocabulary

    settings = (MODELS[model] if model in MODELS else (CELLS[model], None))[0]
    length = SHORT if model == "flatten" else LENGTH
    rows, labels, train, words = load(data, length)
    if system == "padded":
        rows = list(padded(rows, length))
    torch.set_num_threads(options.threads)

    class OfIds(Classifier):
        """A classifier whose documents are the numbers of encoded rows."""

        def ids(self, texts: Iterable[str]) -> list[list[np.ndarray]]:
            return [[rows[int(text)]] for text in texts]

    classifier = OfIds(
        Vocabulary([f"w{i}" for i in range(words - 2)], specials=("pad", "unk")),
        ["0", "1"],
        ClassifierSettings(**settings, dropout=0.0, max_length=length),
    )
    documents = [Document(str(i), str(label)) for i, label in enumerate(labels)]
    batch = 32 if model == "flatten" else 128

    def fit(count: int, epochs: int) -> float:
        training = TrainingSettings(
            epochs=epochs, batch_size=batch, optimizer="rmsprop", threads=options.threads
        )
        history = classifier.fit(documents[:count], training=training)
        return max(epoch.rows_per_second for epoch in history)

    def predict(part: list[list[np.ndarray]]) -> float:
        started = time.perf_counter()
        classifier.probabilities(part)
        return len(part) / (time.perf_counter() - started)

    fit(min(train, 3 * batch), 1)
    speed = fit(train, options.repeats)
    held = [[row] for row in rows[train:]]
    predict(held[:256])
    return {
        "parameters": classifier.parameters,
        "train": speed,
        "predict": max(predict(held) for _ in range(options.repeats)),
    }


def keras(model: str, data: Path, options: argparse.Namespace) -> dict[str, float]:
    """The course's code."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    from keras import Sequential, callbacks, layers

    length = SHORT if model == "flatten" else LENGTH
    rows, labels, train, words = load(data, length)
    x, y = padded(rows, length), labels.astype("float32")
    settings = MODELS[model][0]
    hidden = settings.get("hidden", 0)
    between = {
        "flatten": lambda: [layers.Flatten()],
        "SimpleRNN": lambda: [layers.SimpleRNN(hidden)],
        "LSTM": lambda: [layers.LSTM(hidden)],
        "GRU": lambda: [layers.GRU(hidden)],
        "BiLSTM": lambda: [layers.Bidirectional(layers.LSTM(hidden))],
        "CNN": lambda: [
            layers.Conv1D(hidden, 7, activation="relu"),
            layers.MaxPooling1D(5),
            layers.Conv1D(hidden, 7, activation="relu"),
            layers.GlobalMaxPooling1D(),
        ],
    }
    network = Sequential(
        [
            layers.Input((length,)),
            layers.Embedding(words, settings["dim"]),
            *between[model](),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    network.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["acc"])
    batch = 32 if model == "flatten" else 128

    class Clock(callbacks.Callback):
        """The seconds of each epoch."""

        def __init__(self) -> None:
            super().__init__()
            self.seconds: list[float] = []

        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            self.started = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            self.seconds.append(time.perf_counter() - self.started)

    clock = Clock()
    warm = min(train, 3 * batch)
    network.fit(x[:warm], y[:warm], epochs=1, batch_size=batch, verbose=0)
    network.fit(
        x[:train], y[:train], epochs=options.repeats, batch_size=batch, verbose=0,
        callbacks=[clock],
    )  # fmt: skip

    def predict(part: np.ndarray) -> float:
        started = time.perf_counter()
        network.predict(part, batch_size=batch, verbose=0)
        return len(part) / (time.perf_counter() - started)

    predict(x[train : train + 256])
    return {
        "parameters": network.count_params(),
        "train": train / min(clock.seconds),
        "predict": max(predict(x[train:]) for _ in range(options.repeats)),
    }


def run(python: str, system: str, model: str, data: Path, options: argparse.Namespace) -> Any:
    """One system's figures on one model, from a process of its own."""
    threads = str(options.threads)
    done = subprocess.run(
        [python, __file__, str(data), "--worker", system, "--models", model,
         "--threads", threads, "--repeats", str(options.repeats)],
        capture_output=True, text=True,
        env={**os.environ, "OMP_NUM_THREADS": threads},
    )  # fmt: skip
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def compare(python: str, data: Path, options: argparse.Namespace) -> None:
    """Print the table beside Keras."""
    columns = ["", "parameters"]
    for what in ("trained rows/s", "predicted rows/s", "peak MiB"):
        columns += [f"{what}: Keras", "padded", "bucketed"]
    print(f"| {' | '.join(columns)} |")
    print(f"|{' --- |' * 11}")
    for model in (name for name in options.models if name in MODELS):
        found = {
            system: run(python if system == "keras" else sys.executable, system, model, data,
                        options)
            for system in SYSTEMS
        }  # fmt: skip
        wanted = MODELS[model][1]
        counts = {figures["parameters"] for figures in found.values()}
        if wanted and counts != {wanted}:
            print(f"{model} has {counts} parameters, the course's {wanted}", file=sys.stderr)
        theirs = found["keras"]
        cells = [model, "; ".join(f"{count:,}" for count in sorted(counts))]
        for figure in ("train", "predict"):
            cells.append(f"{theirs[figure]:,.0f}")
            for system in ("padded", "bucketed"):
                speed = found[system][figure]
                cells.append(f"{speed:,.0f} ({speed / theirs[figure]:.1f} ×)")
        cells += [f"{found[s]['memory'] / 2**20:,.0f}" for s in ("keras", "padded", "bucketed")]
        print(f"| {' | '.join(cells)} |", flush=True)


def compare_cells(data: Path, options: argparse.Namespace) -> None:
    """Print the table of the cells that Keras lacks."""
    columns = ["bucketed", "trained rows/s", "times the LSTM's", "predicted rows/s"]
    print(f"\n| {' | '.join([*columns, columns[2]])} |")
    print(f"|{' --- |' * 5}")
    names = ["LSTM", *(name for name in options.models if name in CELLS and name != "LSTM")]
    # not padded: where x_t is zero for long, JANET's gradient grows beyond all numbers
    found = {name: run(sys.executable, "bucketed", name, data, options) for name in names}
    for name, figures in found.items():
        cells = [name]
        for figure in ("train", "predict"):
            cells.append(f"{figures[figure]:,.0f}")
            cells.append(f"{found['LSTM'][figure] / figures[figure]:.1f}")
        print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, help="labelled documents: text and label")
    parser.add_argument(
        "--models", nargs="+", metavar="MODEL", choices=[*MODELS, *CELLS],
        default=list({**MODELS, **CELLS}), help="by default all: %(choices)s",
    )  # fmt: skip
    parser.add_argument("--train", type=int, default=4096, metavar="ROWS")
    parser.add_argument("--predict", type=int, default=8192, metavar="ROWS")
    parser.add_argument("--repeats", type=int, default=3, help="of which the best counts")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peer", type=Path, metavar="FOLDER", help="Keras' environment")
    parser.add_argument("--worker", choices=SYSTEMS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        [model] = options.models
        if options.worker == "keras":
            figures = keras(model, options.file, options)
        else:
            figures = ours(model, options.worker, options.file, options)
        print(json.dumps({**figures, "memory": peak()}))
        return

    from nlpseq.hub.places import cache_folder
    from nlpseq.pipelines.machine import machine, versions

    beside = any(name in MODELS for name in options.models)
    python = (
        python_of(options.peer or cache_folder() / "benchmarks" / "keras", PEER) if beside else ""
    )
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "rows.npz"
        encode(options.file, options.train, options.predict, data)
        print(f"{machine()}; {versions()}, {', '.join(PEER)}; {options.threads} threads\n")
        if beside:
            compare(python, data, options)
        if any(name in CELLS and name not in MODELS for name in options.models):
            compare_cells(data, options)


if __name__ == "__main__":
    main()
