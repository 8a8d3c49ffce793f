"""A training job: from a corpus and settings to vectors."""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Literal, get_args

from nlpseq import __version__
from nlpseq.checkpoints import FACTS
from nlpseq.embeddings.train import methods
from nlpseq.embeddings.train.job.checkpoint import Checkpoint, made
from nlpseq.embeddings.train.job.continuing import Start
from nlpseq.embeddings.train.job.run import Run
from nlpseq.embeddings.train.job.watching import Evaluation
from nlpseq.embeddings.train.settings import TrainSettings
from nlpseq.embeddings.train.stream import Stream, digest, encode
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError
from nlpseq.progress import Progress, Task, silent
from nlpseq.text.normalize import Recipe

Engine = Literal["numba", "gensim"]


def train(
    corpus: Stream | Iterable[Sequence[str]],
    settings: TrainSettings | None = None,
    *,
    recipe: Recipe = "none",
    seed: int = 0,
    threads: int = 1,
    start: Vectors | None = None,
    pinned: Iterable[str] = (),
    evaluation: Evaluation | None = None,
    checkpoint: Path | None = None,
    resume: bool = True,
    save: Callable[[Vectors], object] | None = None,
    engine: Engine = "numba",
    progress: Progress = silent,
) -> Vectors:
    """Train word vectors by the method of the settings.

    With one thread, equal input and seed give equal bytes, also where the training was cut off
    and taken up from its checkpoint. Several threads write without locks, and their result
    differs a little from run to run. The loss of each epoch, and its figures, are kept in the
    vectors' ``about["history"]``.

    :param corpus: a stream of ids; or documents, each a sequence of words, read once: contexts
        never cross from one to the next
    :param settings: of the method, such as ``SkipGramSettings`` (its defaults where None)
    :param recipe: the recipe that made the words, kept with the vectors
    :param start: saved vectors to go on from. Words that both know start from them, new words
        afresh; words that only they know stay as they are, at the end of the vocabulary. What
        else a method trains, such as the output rows of skip-gram, is not saved with vectors
        and starts at 0: until it is learned again the vectors move little, then at the full
        rate; a low ``learning_rate`` keeps them near
    :param pinned: words of ``start`` whose vectors must not change. They are trained and put
        back after each step, and steps are short then, some 20,000 words for each thread: in
        between, others see those that are frequent moved by a few per cent
    :param evaluation: test files to try the vectors on after each epoch; those of the best epoch
        are the ones that are given
    :param checkpoint: a folder where the training is kept while it runs; taken up from there if
        it was cut off, and removed at the end
    :param resume: False refuses a folder that holds a checkpoint
    :param save: told the vectors before the checkpoint is removed: where it fails, as on a full
        disk, the training can be taken up at its end
    :param engine: ``gensim`` is the known reference, for checks; it trains in one go
    :raises CallError: where options cannot be, or the checkpoint is of another training
    :raises DataError: where no word is frequent enough, numbers overflow, a test file is no such
        file, or the checkpoint is damaged
    """
    settings, pinned = settings or methods.settings_of("skip-gram")(), list(pinned)
    _check(recipe, threads, engine)
    if pinned and start is None:
        raise CallError("words are pinned to the vectors of a start, and there is none")
    if engine == "gensim":
        whole = {"start": start, "evaluation": evaluation, "checkpoint": checkpoint}
        for name, value in whole.items():
            if value is not None:
                raise CallError(f"no {name} with the engine gensim, which trains in one go")
        return _by_gensim(corpus, settings, recipe, seed, threads, save, progress)
    if checkpoint and not resume and (checkpoint / FACTS).exists():
        raise CallError(
            "a training was cut off here",
            where=str(checkpoint),
            remedy="resume it, or delete the folder",
        )
    stream = corpus if isinstance(corpus, Stream) else _encoded(corpus, settings, progress)
    origin = None
    if start is not None:
        origin = Start(start, stream, settings.dim, recipe, pinned)
    with made(checkpoint) if checkpoint else nullcontext() as folder:
        trainer = methods.trainer_of(
            stream, settings, seed, threads, folder=folder, progress=progress
        )
        if origin:
            origin.place(trainer)
        options = {**settings.about(), "seed": seed, "threads": threads}
        about = {
            **(origin.about() if origin else {}),
            "method": settings.method,
            "training": json.dumps(options),
            "made_by": f"nlpseq {__version__}",
        }
        run = Run(
            trainer, stream, settings.epochs,
            recipe=recipe, start=origin, evaluation=evaluation, about=about,
        )  # fmt: skip
        tests = evaluation.check(run.vectors()) if evaluation else None
        keeper = None
        if folder:
            options |= {"method": settings.method, "recipe": recipe, "corpus": digest(stream)}
            options |= {"evaluation": tests, **(origin.hashes() if origin else {})}
            # last, since they follow from others; else it is another version that cuts the epochs
            keeper = Checkpoint(folder, options | {"steps of an epoch": trainer.steps})
        vectors = run.to_end(threads, keeper, progress)
        if save:
            with run.kept_if_cut(keeper):
                save(vectors)
        if keeper:
            keeper.remove()
        return vectors


def _check(recipe: str, threads: int, engine: str) -> None:
    for name, given, known in (("recipe", recipe, Recipe), ("engine", engine, Engine)):
        if given not in get_args(known):
            listed = ", ".join(get_args(known))
            raise CallError(f"no {name} {given!r}", remedy=f"the {name}s are {listed}")
    if threads < 1:
        raise CallError(f"{threads} threads cannot train", where="threads")


def _encoded(
    documents: Iterable[Sequence[str]], settings: TrainSettings, progress: Progress
) -> Stream:
    with progress.task("reading text") as task:
        return encode(
            _counted(documents, task), min_count=settings.min_count, max_vocab=settings.max_vocab
        )


def _counted(documents: Iterable[Sequence[str]], task: Task) -> Iterable[Sequence[str]]:
    for number, words in enumerate(documents, start=1):
        task.advance(note=f"{number:,} documents")
        yield words


def _by_gensim(
    corpus: Stream | Iterable[Sequence[str]],
    settings: TrainSettings,
    recipe: Recipe,
    seed: int,
    threads: int,
    save: Callable[[Vectors], object] | None,
    progress: Progress,
) -> Vectors:
    from nlpseq.embeddings.train.methods.gensim_engine import train as by_gensim

    vectors = by_gensim(corpus, settings, seed, threads, progress)
    vectors.recipe = recipe
    if save:
        save(vectors)
    return vectors
