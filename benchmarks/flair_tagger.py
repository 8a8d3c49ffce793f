"""Flair's half of tagger.py, run by the Python of Flair's own environment:

    python benchmarks/flair_tagger.py '{"train": FILE, "dev": FILE, "vectors": FILE, ...}'

The options are fields of ``Options``, as JSON. Flair's SequenceTagger as Flair has it (a linear map
over the embeddings, its dropouts, a BiLSTM, a CRF over IOBES) on frozen word vectors and its own
characters, trained by ModelTrainer with SGD: the learning rate falls to ``anneal_factor`` of itself
when F1 on the development part has not risen for more than ``patience`` epochs.

Prints JSON lines, all else goes to standard error. After each epoch: ``epoch``, ``seconds`` of
training alone, ``tokens`` trained on, ``dev_f1`` of the spans (micro, 0 to 1, as Flair reckons it).
At the end: ``train_tokens_per_s``, the first ``warmup`` batches left out; ``predict_tokens_per_s``
of ``SequenceTagger.predict`` over the development part, after a warm-up over its first sentences;
``dev_f1`` of the last epoch; ``parameters`` that are trained; ``memory``, the most that the process
held, in bytes. With --updates training stops after so many batches, and ``dev_f1`` is null where
that is within the first epoch. The time of Flair's CRF grows with the square of a batch's longest
sentence, so that a few batches may be several times faster or slower than an epoch.
"""

import argparse
import json
import logging
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from peers import peak, say

#: flair reads vectors with gensim; torch's version is nlpseq's
PEER = ["flair==0.15.1", "gensim==4.4.0", "torch==2.13.0"]


@dataclass(frozen=True)
class Options:
    """What is trained on what; Flair's defaults but for hidden size, epochs and seed."""

    train: str  #: CoNLL: a token and its IOB2 tag a line
    dev: str
    vectors: str  #: word2vec's text, packed or not
    hidden: int = 200
    char_dim: int = 25
    char_hidden: int = 25
    word_dropout: float = 0.05
    locked_dropout: float = 0.5
    learning_rate: float = 0.1
    anneal_factor: float = 0.5
    patience: int = 3
    batch_size: int = 32
    epochs: int = 10
    threads: int = 2
    seed: int = 1
    warmup: int = 10  #: batches


def corpus_of(options: Options) -> Any:
    """Both parts, every line of them."""
    from flair.datasets.sequence_labeling import MultiFileColumnCorpus

    return MultiFileColumnCorpus(
        {0: "text", 1: "ner"},
        train_files=[options.train],
        dev_files=[options.dev],
        sample_missing_splits=False,  # else a tenth of train becomes a test part
    )


def tagger_of(options: Options, corpus: Any, folder: Path) -> Any:
    """The model before training."""
    from flair.data import Dictionary
    from flair.embeddings import CharacterEmbeddings, StackedEmbeddings, WordEmbeddings
    from flair.models import SequenceTagger
    from gensim.models import KeyedVectors

    vectors = folder / "vectors.kv"  # Flair opens no packed text
    KeyedVectors.load_word2vec_format(options.vectors).save(str(vectors))
    characters = Dictionary()  # Flair's own list would be downloaded
    for sentence in corpus.train:
        for token in sentence:
            for character in token.text:
                characters.add_item(character)
    embeddings = [
        WordEmbeddings(str(vectors)),
        CharacterEmbeddings(characters, options.char_dim, options.char_hidden),
    ]
    return SequenceTagger(
        StackedEmbeddings(embeddings),
        corpus.make_label_dictionary("ner", add_unk=False),
        "ner",
        hidden_size=options.hidden,
        use_rnn=True,
        use_crf=True,
        tag_format="BIOES",
        word_dropout=options.word_dropout,
        locked_dropout=options.locked_dropout,
    )


def fit(tagger: Any, corpus: Any, options: Options, updates: int | None, folder: Path) -> Any:
    """Train, print a line an epoch; gives tokens/s and F1 of the last epoch."""
    from flair.trainers import ModelTrainer
    from flair.trainers.plugins import TrainerPlugin, TrainingInterrupt

    class Clock(TrainerPlugin):
        """Seconds and tokens of each batch, from the end of the one before."""

        def __init__(self) -> None:
            super().__init__()
            self.batches: list[tuple[float, int]] = []
            self.f1: float | None = None

        @TrainerPlugin.hook
        def before_training_epoch(self, **_: Any) -> None:
            self.first = len(self.batches)
            self.mark = time.perf_counter()

        @TrainerPlugin.hook
        def after_training_batch(self, batch: Any, **_: Any) -> None:
            now = time.perf_counter()
            self.batches.append((now - self.mark, sum(map(len, batch))))
            self.mark = now
            if len(self.batches) == updates:
                raise TrainingInterrupt(f"{updates} updates done")

        @TrainerPlugin.hook
        def after_evaluation(self, epoch: int, validation_scores: Any, **_: Any) -> None:
            self.f1 = float(validation_scores[0])
            seconds, tokens = map(sum, zip(*self.batches[self.first :], strict=True))
            say(epoch=epoch, seconds=seconds, tokens=tokens, dev_f1=self.f1)

    clock = Clock()
    ModelTrainer(tagger, corpus).train(
        folder,
        learning_rate=options.learning_rate,
        anneal_factor=options.anneal_factor,
        patience=options.patience,
        mini_batch_size=options.batch_size,
        max_epochs=options.epochs,
        use_final_model_for_eval=True,  # the best one would be written anew at every gain
        save_final_model=False,
        create_file_logs=False,
        create_loss_file=False,
        plugins=[clock],
    )
    counted = clock.batches[options.warmup :]
    if not counted:
        sys.exit(f"{len(clock.batches)} batches in all, of which {options.warmup} are the warm-up")
    seconds, tokens = map(sum, zip(*counted, strict=True))
    return tokens / seconds, clock.f1


def predict(tagger: Any, corpus: Any, options: Options) -> float:
    """Tokens/s over the development part, none of it embedded beforehand."""
    from flair.training_utils import store_embeddings

    sentences = list(corpus.dev)
    tagger.eval()
    for part in (sentences[: options.warmup * options.batch_size], sentences):
        store_embeddings(sentences, "none")
        started = time.perf_counter()
        tagger.predict(part, mini_batch_size=options.batch_size, label_name="predicted")
        seconds = time.perf_counter() - started
    return sum(map(len, sentences)) / seconds


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("options", type=lambda text: Options(**json.loads(text)), metavar="JSON")
    parser.add_argument("--updates", type=int, metavar="N", help="train on N batches, for speed")
    arguments = parser.parse_args()
    options: Options = arguments.options

    import flair
    import torch

    for handler in logging.getLogger("flair").handlers:
        handler.setStream(sys.stderr)
    logging.getLogger("flair").info(asdict(options))
    torch.set_num_threads(options.threads)
    flair.device = torch.device("cpu")
    flair.set_seed(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus = corpus_of(options)
        tagger = tagger_of(options, corpus, folder)
        speed, f1 = fit(tagger, corpus, options, arguments.updates, folder)
        say(
            train_tokens_per_s=speed,
            predict_tokens_per_s=predict(tagger, corpus, options),
            dev_f1=f1,
            parameters=sum(p.numel() for p in tagger.parameters() if p.requires_grad),
            memory=peak(),
        )


if __name__ == "__main__":
    main()
