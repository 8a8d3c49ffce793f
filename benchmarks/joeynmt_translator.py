"""JoeyNMT's half of translator.py, run by the Python of JoeyNMT's own environment:

    python benchmarks/joeynmt_translator.py '{"folder": FOLDER, "model": FOLDER, ...}' [--quality]

The options are fields of ``Options``, as JSON. JoeyNMT as its own configuration files have it: a
Transformer with normalisation before each part, or a GRU with Luong's attention and input feeding;
one matrix for both embeddings and the output. It reads texts that are cut into subwords already,
and lowers its learning rate, clips and smooths as nlpseq does.

Prints JSON lines, all else goes to standard error. For speed: ``train_tokens_per_s`` of so many
``updates`` after ``warmup`` others; then of ``search`` in batches of ``batch`` sentences how many
``sentences_per_s`` and ``tokens_per_s`` it writes, as the model ends them or each of ``fixed``
subwords; ``parameters`` and ``memory``. Tokens are those of targets, their ends counted while
training, filling never. With --quality it trains for ``updates``, goes on where it was cut off, and
prints ``updates`` and ``tokens`` of the whole training, ``train_tokens_per_s`` of its part in this
process, ``cpu_seconds`` of all cores where that was the whole, validation included, and the
``hypotheses`` of the development part, as subwords, of the checkpoint that had the best BLEU.
"""

import argparse
import functools
import json
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peers import peak, say

#: of the same torch as nlpseq's; sentencepiece as JoeyNMT still knows it
PEER = ["torch==2.13.0", "sentencepiece==0.2.0", "ctranslate2==4.8.5", "sacrebleu==2.6.0"]
#: what JoeyNMT imports; it is installed alone, since it pins a protobuf of 2021
IMPORTED = ["tensorboard", "sacremoses", "subword-nmt", "matplotlib", "importlib-metadata"]
JOEYNMT = "joeynmt==2.3.0"

SEARCHES = (("greedy", 1), ("beam 5", 5))


@dataclass(frozen=True)
class Options:
    """What is trained on what; the defaults are those of translator.py."""

    folder: str  #: with {train,dev,few}.{src,trg} as subwords, a blank between two, and words.txt
    model: str  #: what is trained; a folder
    texts: tuple[str, ...] = ()  #: files: source and target to train on, and of development
    sentences: int | None = None  #: of the development part; None: all
    epochs: int = 1  #: of nlpseq's training for quality
    architecture: str = "transformer"  #: or recurrent
    hidden: int = 256
    layers: int = 3
    heads: int = 4
    dropout: float = 0.2
    smoothing: float = 0.1
    batch_tokens: int = 2048
    updates: int = 300
    warmup: int = 10  #: updates before those that are timed
    rising: int = 100  #: updates in which the learning rate rises
    learning_rate: float = 0.001
    validate_after: int = 10**9  #: updates
    limit: int = 64  #: subwords of a translation
    fixed: int = 16  #: subwords of a translation that may not end earlier
    threads: int = 2
    seed: int = 1


def configuration(options: Options) -> dict[str, Any]:
    """JoeyNMT's, of its YAML."""
    side = {"level": "word", "max_length": 128, "voc_file": f"{options.folder}/words.txt"}
    embeddings = {"embedding_dim": options.hidden, "dropout": options.dropout}
    part = {"num_layers": options.layers, "dropout": options.dropout}
    if options.architecture == "transformer":
        part |= {"type": "transformer", "num_heads": options.heads, "layer_norm": "pre"}
        part |= {"hidden_size": options.hidden, "ff_size": 4 * options.hidden}
        part |= {"embeddings": embeddings | {"scale": True}}
        encoder, decoder = dict(part), dict(part)
    else:
        part |= {"type": "recurrent", "rnn_type": "gru", "embeddings": embeddings}
        encoder = part | {"hidden_size": options.hidden // 2, "bidirectional": True}
        decoder = part | {"hidden_size": options.hidden, "hidden_dropout": options.dropout}
        decoder |= {"attention": "luong", "input_feeding": True, "init_hidden": "bridge"}
    return {
        "name": "benchmark",
        "joeynmt_version": "2.3.0",
        "model_dir": options.model,
        "use_cuda": False,
        "random_seed": options.seed,
        "data": {
            "train": f"{options.folder}/train",
            "dev": f"{options.folder}/dev",
            "test": f"{options.folder}/few",
            "dataset_type": "plain",
            "src": {"lang": "src", **side},
            "trg": {"lang": "trg", **side},
        },
        "training": {
            "optimizer": "adam",
            "adam_betas": [0.9, 0.98],
            "learning_rate": options.learning_rate,
            "learning_rate_min": 1e-9,
            "learning_rate_warmup": options.rising,
            "scheduling": "warmupinversesquareroot",
            "clip_grad_norm": 1.0,
            "normalization": "tokens",
            "label_smoothing": options.smoothing,
            "batch_size": options.batch_tokens,
            "batch_type": "token",
            "epochs": 10**6,
            "updates": options.warmup + options.updates,
            "logging_freq": options.validate_after,
            "validation_freq": options.validate_after,
            "early_stopping_metric": "bleu",
            "keep_best_ckpts": -1,
            "print_valid_sents": [],
        },
        "testing": {
            "batch_size": 64,
            "batch_type": "sentence",
            "max_output_length": options.limit,
            "eval_metrics": ["bleu"],
            "generate_unk": False,
        },
        "model": {
            "initializer": "xavier_uniform",
            "embed_initializer": "xavier_uniform",
            "bias_initializer": "zeros",
            "tied_embeddings": True,
            "tied_softmax": True,
            "encoder": encoder,
            "decoder": decoder,
        },
    }


def trained(options: Options, *, keep: bool) -> tuple[Any, Any, Any, Any]:
    """JoeyNMT's arguments, model and data, trained, and the clock of the training."""
    import yaml
    from joeynmt.config import load_config, parse_global_args, set_validation_args
    from joeynmt.prediction import prepare
    from joeynmt.training import TrainManager

    class Clock(TrainManager):  # type: ignore[misc]
        """Seconds and target tokens of each update, from the start of one to that of the next."""

        updates: list[tuple[float, int]]

        def _train_step(self, batch: Any) -> Any:
            self.updates.append((time.perf_counter(), int(batch.ntokens)))
            return super()._train_step(batch)

        def _validate(self, data: Any) -> None:
            started = time.perf_counter()
            super()._validate(data)
            self.validating = self.validating + time.perf_counter() - started

        def _save_checkpoint(self, new_best: bool, score: float) -> None:
            if not keep:
                return
            super()._save_checkpoint(new_best, score)
            wanted = {path.resolve() for path in self.model_dir.glob("*est.ckpt")}
            for path in set(self.model_dir.glob("[0-9]*.ckpt")) - wanted:
                path.unlink()

    folder = Path(options.model)
    folder.mkdir(parents=True, exist_ok=True)
    written = configuration(options)
    latest = folder / "latest.ckpt"
    if latest.exists():
        written["training"]["load_model"] = str(latest)
    (folder / "config.yaml").write_text(yaml.safe_dump(written))
    args = parse_global_args(load_config(str(folder / "config.yaml")), mode="train")
    model, train, dev, few = prepare(args, rank=0, mode="train")
    manager = Clock(
        rank=0, model=model, model_dir=args.model_dir, device=args.device, autocast=args.autocast,
        seed=args.seed, train_args=args.train, dev_args=set_validation_args(args.test),
    )  # fmt: skip
    manager.updates, manager.validating = [], 0.0
    if manager.stats.steps < args.train.max_updates:
        manager.train_and_validate(train, dev)
    manager.updates.append((time.perf_counter(), 0))
    return args, model, (dev, few), manager


def translations(
    args: Any, model: Any, data: Any, beam: int, batch: int, fixed: int | None = None
) -> list[list[str]]:
    """The subwords of each, without the end.

    :param fixed: how many they are; None: as the model ends them
    """
    from joeynmt import prediction, search

    test = args.test._replace(batch_size=batch, beam_size=beam, beam_alpha=1.0)
    if fixed:
        test = test._replace(max_output_length=fixed)
    # min_output_length of the configuration gets lost on the way to the search
    prediction.search = functools.partial(search.search, min_output_length=fixed or 1)
    found = prediction.predict(
        model, data, args.device, n_gpu=0, compute_loss=False, args=test, autocast=args.autocast
    )
    return [[word for word in words if word != "</s>"] for words in found[3]]


def speed(options: Options) -> None:
    """Updates, then translations."""
    args, model, (dev, few), clock = trained(options, keep=False)
    started, _ = clock.updates[options.warmup]
    *counted, (ended, _) = clock.updates[options.warmup :]
    say(train_tokens_per_s=sum(tokens for _, tokens in counted) / (ended - started))
    for search, beam in SEARCHES:
        for batch, fixed in ((64, None), (1, None), (64, options.fixed), (1, options.fixed)):
            translations(args, model, few, beam, batch, fixed)
            started = time.perf_counter()
            found = translations(args, model, dev, beam, batch, fixed)
            seconds = time.perf_counter() - started
            told = {"search": search, "batch": batch, "fixed": fixed}
            say(**told, **rates(found, seconds, fixed))
    say(parameters=sum(p.numel() for p in model.parameters()), memory=peak())


def quality(options: Options) -> None:
    """A training, then the hypotheses of its best checkpoint."""
    from joeynmt.helpers import load_checkpoint

    goes_on, started = (Path(options.model) / "latest.ckpt").exists(), time.process_time()
    args, model, (dev, _), clock = trained(options, keep=True)
    took = None if goes_on else time.process_time() - started
    now = sum(tokens for _, tokens in clock.updates)
    seconds = clock.updates[-1][0] - clock.updates[0][0] - clock.validating
    rate = now / seconds if now else None
    told = clock.stats
    say(updates=told.steps, tokens=told.total_tokens, train_tokens_per_s=rate, cpu_seconds=took)
    best = load_checkpoint(Path(options.model) / "best.ckpt", args.device)
    model.load_state_dict(best["model_state"])
    for search, beam in SEARCHES:
        say(search=search, hypotheses=translations(args, model, dev, beam, 64))


def rates(found: Sequence[Sequence[str]], seconds: float, fixed: int | None) -> dict[str, float]:
    """Of translations as subwords, each of this many where it is fixed."""
    tokens = sum(map(len, found))
    if fixed and tokens != fixed * len(found):
        sys.exit(f"{len(found)} translations of {fixed} subwords each have {tokens} together")
    return {"sentences_per_s": len(found) / seconds, "tokens_per_s": tokens / seconds}


def asked(description: str | None) -> argparse.Namespace:
    """What a half is called with: the options, and whether it is for quality."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("options", type=lambda text: Options(**json.loads(text)), metavar="JSON")
    parser.add_argument("--quality", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Run it."""
    arguments = asked(__doc__)

    import torch

    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    torch.set_num_threads(arguments.options.threads)
    (quality if arguments.quality else speed)(arguments.options)


if __name__ == "__main__":
    main()
