"""How fast an entity tagger trains and predicts, and how good it is, beside Flair:

    python benchmarks/tagger.py train.conll dev.conll vectors.txt.gz --epochs 10

BiLSTM and CRF over the same word vectors and characters (a BiLSTM over them), the same hidden size,
batch and threads, in float32, each in a process of its own. Flair trains with SGD as it does by
default, on frozen vectors; nlpseq as pipelines/ner-pt.yaml has it. Seconds are those of training
alone, Flair's without its first batches, nlpseq's without its first epoch; predictions are of the
development sentences, the second time. F1 of the spans after each epoch is each tool's own.
``--updates`` trains Flair on so many batches only, and nlpseq for two epochs: a trial. Which ones
they are matters to Flair, whose CRF slows down with the square of a batch's longest sentence.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from flair_tagger import PEER
from peers import peak, python_of, say

OURS = {"embedding": "tuned", "characters": "lstm", "character_dim": 25, "character_hidden": 50}
TRAINING = {"learning_rate": 0.0015, "patience": 1000}


def ours(options: argparse.Namespace) -> None:
    """nlpseq's half: a JSON line an epoch, and one at the end, as Flair's."""
    import torch

    from nlpseq.embeddings.vectors import Vectors
    from nlpseq.models.tag import Tagger, TaggerSettings
    from nlpseq.models.tag.tagset import labels_of
    from nlpseq.models.tag.words import characters_of
    from nlpseq.text.corpus.tagged import read_tagged, settled
    from nlpseq.text.normalize import RECIPES
    from nlpseq.text.vocabulary import Vocabulary
    from nlpseq.training.settings import TrainingSettings

    torch.set_num_threads(options.threads)
    train, scheme = settled(read_tagged(options.train))
    dev = settled(read_tagged(options.dev), scheme=scheme).sentences
    tokens = sum(map(len, train))
    vectors = Vectors.open(options.vectors)
    words = ([RECIPES["lower"](word) for word in sentence.words] for sentence in train)
    model = Tagger(
        Vocabulary.build(words, min_count=2).extended(vectors.words),
        labels_of(train, scheme),
        TaggerSettings(hidden=options.hidden, word_dropout=0.05, **OURS),  # type: ignore[arg-type]
        scheme=scheme,
        characters=characters_of(sentence.words for sentence in train),
        vectors=vectors,
        seed=options.seed,
    )

    def tell(history: Any) -> None:
        last = history[-1]
        say(epoch=last.number, seconds=last.seconds, tokens=tokens, dev_f1=last.figure)

    training = TrainingSettings(
        epochs=2 if options.updates else options.epochs,
        batch_size=options.batch_size,
        threads=options.threads,
        seed=options.seed,
        keep="last",
        **TRAINING,  # type: ignore[arg-type]
    )
    history = model.fit(train, dev, training, records=[tell])
    later = history[1:] or history
    sentences = [sentence.words for sentence in dev]
    for _ in range(2):
        started = time.perf_counter()
        for _ in model.predict(sentences):
            pass
        seconds = time.perf_counter() - started
    say(
        train_tokens_per_s=tokens * len(later) / sum(epoch.seconds for epoch in later),
        predict_tokens_per_s=sum(map(len, sentences)) / seconds,
        dev_f1=history[-1].figure,
        parameters=model.parameters,
        memory=peak(),
    )


def run(command: list[str], threads: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What a half says of each epoch, and at the end."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(done.stderr)
    *epochs, last = map(json.loads, done.stdout.splitlines())
    return epochs, last


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("train", type=Path)
    parser.add_argument("dev", type=Path)
    parser.add_argument("vectors", type=Path)
    parser.add_argument("--hidden", type=int, default=200)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--updates", type=int, metavar="N")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peer", type=Path, default=Path("peers/flair"), metavar="FOLDER")
    parser.add_argument("--ours", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.ours:
        ours(options)
        return

    from nlpseq.pipelines.machine import machine, versions

    mine, my_last = run([sys.executable, __file__, *sys.argv[1:], "--ours"], options.threads)
    told = {
        "train": str(options.train),
        "dev": str(options.dev),
        "vectors": str(options.vectors),
        **{n: getattr(options, n) for n in ("hidden", "batch_size", "epochs", "threads", "seed")},
    }
    half = str(Path(__file__).with_name("flair_tagger.py"))
    updates = ["--updates", str(options.updates)] if options.updates else []
    theirs, their_last = run(
        [python_of(options.peer, PEER), half, json.dumps(told), *updates], options.threads
    )
    print(f"{machine()}; {versions()}; {', '.join(PEER)}")
    print(f"hidden {options.hidden}, batches of {options.batch_size}, {options.threads} threads\n")
    print("| | nlpseq | Flair | ratio |\n| --- | --- | --- | --- |")
    for name, what in (("train", "trained tokens/s"), ("predict", "predicted tokens/s")):
        pair = [last[f"{name}_tokens_per_s"] for last in (my_last, their_last)]
        print(f"| {what} | {pair[0]:,.0f} | {pair[1]:,.0f} | **{pair[0] / pair[1]:.1f}** |")
    print(f"| parameters | {my_last['parameters']:,} | {their_last['parameters']:,} | |")
    memory = [last["memory"] / 2**20 for last in (my_last, their_last)]
    print(f"| peak memory, MiB | {memory[0]:,.0f} | {memory[1]:,.0f} | |")
    if not options.updates:
        for one, other in zip(mine, theirs, strict=False):
            figures = f"{one['dev_f1']:.4f} | {other['dev_f1']:.4f}"
            print(f"| F1 after epoch {one['epoch']} | {figures} | |")


if __name__ == "__main__":
    main()
