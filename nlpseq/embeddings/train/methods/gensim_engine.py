"""Training by gensim under our settings: the known reference, for checks.

gensim reads the corpus fastest from a file. That holds the ids of the stream instead of its words,
except for fastText, which looks into the words.
"""

import json
import tempfile
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from nlpseq import __version__
from nlpseq.embeddings.interchange import from_gensim
from nlpseq.embeddings.train.settings import TrainSettings
from nlpseq.embeddings.train.stream import Stream, encode
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError, DataError
from nlpseq.progress import Progress, silent

_DOCUMENTS = 1 << 12  # written at a time
_OWN = {"draws", "copies", "corrected"}  # options that gensim has no equal of


def train(
    corpus: Stream | Iterable[Sequence[str]],
    settings: TrainSettings,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = silent,
) -> Vectors:
    """Train by gensim's ``Word2Vec`` or ``FastText``; the words come in the order of the stream.

    :raises CallError: where gensim is not installed, or has no such method, option or seed
    :raises DataError: for fastText, where a word holds white space
    """
    if settings.method == "glove":
        raise CallError("gensim has no GloVe", where="engine", remedy="train with numba")
    if getattr(settings, "loss", "negatives") == "softmax":
        raise CallError("gensim has no such softmax", where="loss", remedy="train with numba")
    if not 0 <= seed < 2**32:
        raise CallError(
            f"gensim has no seed {seed}", where="seed", remedy="its seeds are from 0 to 2**32 - 1"
        )
    if own := sorted(settings.model_fields_set & _OWN):
        raise CallError(f"gensim has no {own[0]}", where=own[0], remedy="leave it out")
    try:
        import gensim
    except ImportError as error:
        raise CallError(
            f"gensim cannot be loaded: {error}", remedy="pip install 'nlpseq[gensim]'"
        ) from error
    stream = (
        corpus
        if isinstance(corpus, Stream)
        else encode(corpus, min_count=settings.min_count, max_vocab=settings.max_vocab)
    )
    by_subwords = settings.method == "fasttext"
    words = _whole(stream) if by_subwords else [str(i) for i in range(len(stream.words))]
    options = _options(settings, seed, threads)
    made = gensim.models.FastText if by_subwords else gensim.models.Word2Vec
    with tempfile.TemporaryDirectory(prefix="nlpseq-") as folder:
        path = Path(folder) / "corpus.txt"
        _write(path, stream, words)
        model = made(**options)
        model.build_vocab_from_freq(dict(zip(words, stream.counts.tolist(), strict=True)))
        model.corpus_count = len(stream.offsets) - 1
        total = len(stream.ids)
        with progress.task("training by gensim", settings.epochs * total) as task:
            model.train(
                corpus_file=str(path),
                total_words=total,
                total_examples=model.corpus_count,
                epochs=settings.epochs,
                callbacks=[_epochs(task, total, settings.epochs)],
            )
    found = from_gensim(model)
    order = found.words.find_all(words)
    about = {
        "method": settings.method,
        "training": json.dumps({**settings.about(), "seed": seed, "threads": threads}),
        "engine": f"gensim {gensim.__version__}",
        "made_by": f"nlpseq {__version__}",
    }
    return Vectors(
        stream.words,
        np.ascontiguousarray(found.matrix[order]),
        counts=stream.counts,
        subwords=found.subwords,
        about=about,
    )


def _options(settings: TrainSettings, seed: int, threads: int) -> dict[str, Any]:
    """Our options under gensim's names."""
    given: Any = settings
    by_subwords = settings.method == "fasttext"
    skip_gram = settings.method == "skip-gram" or (
        by_subwords and given.architecture == "skip-gram"
    )
    options = {
        "vector_size": given.dim, "window": given.window, "negative": given.negatives,
        "min_count": 1, "sample": given.subsample, "alpha": given.learning_rate,
        "min_alpha": given.learning_rate * 1e-4, "seed": seed, "workers": threads,
        "sg": int(skip_gram),
    }  # fmt: skip
    if by_subwords:
        options |= {"min_n": given.min_n, "max_n": given.max_n, "bucket": given.buckets}
        options["ns_exponent"] = 0.5  # as fastText draws its noise
    return options


def _whole(stream: Stream) -> list[str]:
    words = list(stream.words)
    for word in words:
        if word.split() != [word]:
            raise DataError(
                f"the word {word!r} holds white space, at which gensim would cut it",
                remedy="train with numba",
            )
    return words


def _write(path: Path, stream: Stream, words: Sequence[str]) -> None:
    """A document a line, its words with blanks between."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for i in range(0, len(stream.offsets) - 1, _DOCUMENTS):
            ends = stream.offsets[i : i + _DOCUMENTS + 1].tolist()
            ids = stream.ids[ends[0] : ends[-1]].tolist()
            for start, end in pairwise(ends):
                document = ids[start - ends[0] : end - ends[0]]
                file.write(" ".join([words[i] for i in document]) + "\n")


def _epochs(task: Any, amount: int, epochs: int) -> Any:
    """A callback that shows the epochs."""
    from gensim.models.callbacks import CallbackAny2Vec

    class Epochs(CallbackAny2Vec):  # type: ignore[misc]
        done = 0

        def on_epoch_end(self, model: Any) -> None:
            self.done += 1
            task.advance(amount, f"epoch {self.done}/{epochs}")

    return Epochs()
