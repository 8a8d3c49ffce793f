"""nlpseq's half of translator.py:

    python benchmarks/nlpseq_translator.py '{"folder": FOLDER, "texts": [FILES], ...}' [--quality]

Options and JSON lines are those of joeynmt_translator.py, by nlpseq.Translator. For speed the time
of translations goes from text to text, and their ``hypotheses`` are printed too, as subwords; after
a Transformer's training weights.npz is left in the folder. With --quality hypotheses are texts.
"""

import contextlib
import itertools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from joeynmt_translator import SEARCHES, Options, asked, rates
from peers import peak, say

from nlpseq import Subwords, TrainingSettings, Translator, TranslatorSettings
from nlpseq.layers.positions import sinusoidal
from nlpseq.models.translate import SearchSettings, vocabulary_of
from nlpseq.models.translate.pairs import Encoded
from nlpseq.text.corpus import Pair, read_pairs
from nlpseq.text.sequences import batches
from nlpseq.training.records import CSVRecord


class Clock:
    """Counts updates, as a training's progress; the last one ends it."""

    class DoneError(Exception):
        """There were as many updates as are wanted."""

    def __init__(self, updates: int) -> None:
        self.updates, self.ends = updates, list[float]()

    def task(self, description: str, total: int | None = None) -> "Clock":
        """Itself."""
        return self

    def __enter__(self) -> "Clock":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def advance(self, amount: int = 1, note: str = "") -> None:
        """Of an update there is a note."""
        if note:
            self.ends.append(time.perf_counter())
            if len(self.ends) == self.updates:
                raise self.DoneError


def model_of(options: Options) -> Translator:
    """The translator before training."""
    subwords = Subwords.load(Path(options.folder) / "tokenizer.json")
    vocabulary = vocabulary_of(subwords)
    own: dict[str, Any] = (
        {"heads": options.heads} if options.architecture == "transformer" else {"cell": "gru"}
    )
    settings = TranslatorSettings(
        architecture=options.architecture,  # type: ignore[arg-type]
        hidden=options.hidden,
        layers=options.layers,
        tied="joint",
        dropout=options.dropout,
        label_smoothing=options.smoothing,
        **own,
    )
    return Translator(
        vocabulary,
        vocabulary,
        settings,
        source_tokenizer=subwords,
        target_tokenizer=subwords,
        seed=options.seed,
    )


def training_of(options: Options, epochs: int) -> TrainingSettings:
    """As JoeyNMT's."""
    return TrainingSettings(
        epochs=epochs,
        batch_size=options.batch_tokens,
        learning_rate=options.learning_rate,
        schedule="inverse-sqrt",
        warmup=options.rising,
        betas=(0.9, 0.98),
        patience=epochs,
        threads=options.threads,
        seed=options.seed,
    )


def updates_of(pairs: Sequence[Encoded], training: TrainingSettings, epoch: int) -> list[int]:
    """Target tokens, ends among them, of each update of an epoch."""
    lengths = [pair.longest + 1 for pair in pairs]
    cut = batches(lengths, training.batch_size, seed=training.seed, epoch=epoch, unit="tokens")
    return [sum(len(pairs[i].target) + 1 for i in rows) for rows in cut]


def speed(options: Options, train: Sequence[Pair], dev: Sequence[Pair]) -> None:
    """Updates, then translations."""
    model, training = model_of(options), training_of(options, 10**4)
    clock = Clock(options.warmup + options.updates)
    with contextlib.suppress(Clock.DoneError):
        model.fit(train, None, training, unit="tokens", progress=clock)
    encoded, tokens = model.encoder.learnable(train), list[int]()
    for epoch in itertools.count(1):
        tokens += updates_of(encoded, training, epoch)
        if len(tokens) >= clock.updates:
            break
    seconds = clock.ends[-1] - clock.ends[options.warmup - 1]
    say(train_tokens_per_s=sum(tokens[options.warmup : clock.updates]) / seconds)
    if options.architecture == "transformer":
        write_weights(model, Path(options.folder))
    texts = [pair.source for pair in dev]
    for fixed in (None, options.fixed):
        if fixed:  # none ends by itself
            with torch.no_grad():
                model.network.output.bias[model.target.vocabulary.eos] = -1e9
        for search, beam in SEARCHES:
            settings = SearchSettings(beam=beam, max_length=fixed or options.limit)
            for batch in (64, 1, "all"):
                words, seconds = translations(model, texts, settings, batch)
                told = {"search": search, "batch": batch, "fixed": fixed, "hypotheses": words}
                say(**told, **rates(words, seconds, fixed))
    say(parameters=model.parameters, memory=peak())


def translations(
    model: Translator, texts: Sequence[str], settings: SearchSettings, batch: int | str
) -> tuple[list[list[str]], float]:
    """What is found, as subwords; and the seconds of the second time, from text to text."""
    size = batch if isinstance(batch, int) else len(texts)
    parts, words = [texts[i : i + size] for i in range(0, len(texts), size)], list[list[str]]()
    for part in parts:
        ids = list(model.source.encode(part))
        found = model.engine.find(ids, range(len(ids)), settings, settings.max_length or 0)
        words += [model.target.vocabulary.decode(best.ids) for best, *_ in found]
    started = time.perf_counter()
    for part in parts:
        for _ in model.predict(part, settings):
            pass
    return words, time.perf_counter() - started


def write_weights(model: Translator, folder: Path) -> None:
    """For CTranslate2."""
    positions = sinusoidal(torch.empty(1, 512, model.settings.hidden)).numpy()
    weights = {name: tensor.numpy() for name, tensor in model.network.state_dict().items()}
    heads = np.array(model.settings.heads)
    np.savez(folder / "weights.npz", heads=heads, positions=positions, **weights)


def quality(options: Options, train: Sequence[Pair], dev: Sequence[Pair]) -> None:
    """A training, then the translations of its best epoch."""
    model, training, folder = model_of(options), training_of(options, options.epochs), options.model
    encoded = model.encoder.learnable(train)
    epochs = [updates_of(encoded, training, 1 + i) for i in range(options.epochs)]
    goes_on, started = Path(f"{folder}-checkpoints").exists(), time.process_time()
    history = model.fit(
        train,
        dev,
        training,
        unit="tokens",
        checkpoints=Path(f"{folder}-checkpoints"),
        records=[CSVRecord(Path(f"{folder}.csv"))],
    )
    model.save(folder, replace=True)
    tokens = sum(map(sum, epochs))
    rate = tokens / sum(epoch.seconds for epoch in history)
    took = None if goes_on else time.process_time() - started
    say(updates=sum(map(len, epochs)), tokens=tokens, train_tokens_per_s=rate, cpu_seconds=took)
    for search, beam in SEARCHES:
        settings = SearchSettings(beam=beam, max_length=options.limit)
        found = model.predict((pair.source for pair in dev), settings)
        say(search=search, hypotheses=[each.text or "" for each in found])
    say(parameters=model.parameters, memory=peak())


def main() -> None:
    """Run it."""
    arguments = asked(__doc__)
    options: Options = arguments.options
    torch.set_num_threads(options.threads)
    train, dev = (list(read_pairs(*options.texts[i : i + 2])) for i in (0, 2))
    (quality if arguments.quality else speed)(options, train, dev[: options.sentences])


if __name__ == "__main__":
    main()
