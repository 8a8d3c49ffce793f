"""``nlpseq vectors train``: from a corpus to word vectors."""

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nlpseq.cli import cutting, verb
from nlpseq.cli.progress import shown
from nlpseq.cli.vectors import opening
from nlpseq.cli.vectors.methods import TrainingVerb
from nlpseq.errors import CallError

if TYPE_CHECKING:
    from nlpseq.embeddings.train.job import Engine
    from nlpseq.embeddings.train.job.watching import Evaluation
    from nlpseq.embeddings.train.settings import TrainSettings
    from nlpseq.embeddings.train.stream import Stream
    from nlpseq.embeddings.vectors import Vectors
    from nlpseq.progress import Progress
    from nlpseq.text.normalize import Recipe
    from nlpseq.text.tokenize.many import Cuts

_SPACE = re.compile(r"[ \t\n\v\f\r]+")


@click.command(cls=TrainingVerb, short_help="Train vectors on a corpus.")
@cutting.options
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path), required=True,
    help="Its name says the format: .safetensors a store, .bin word2vec binary, .tsv projector, "
    "anything else word2vec text, also packed.",
)  # fmt: skip
@click.option(
    "--phrases", type=click.IntRange(1), metavar="PASSES",
    help="Join words that come together more often than by chance, as new_york: 1 pass joins two, "
    "2 up to four.",
)  # fmt: skip
@click.option(
    "--connectors", type=click.Choice(["en", "es", "pt"]),
    help="With --phrases: articles and prepositions of this language may stand inside them.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0), metavar="N", default=0, show_default=True,
    help="Of all that is drawn.",
)  # fmt: skip
@verb.threads
@click.option(
    "--resume", is_flag=True,
    help="Go on with a training that was cut off; the other options as they were.",
)  # fmt: skip
@click.option(
    "--start", "--continue-from", "start", metavar="VECTORS",
    help="Go on from saved vectors: words that both know start from them, new words are added.",
)  # fmt: skip
@click.option(
    "--pin", type=click.Path(path_type=Path), metavar="FILE",
    help="Words of --start, one a line, whose vectors must not change.",
)  # fmt: skip
@click.option(
    "--evaluate", "tests", type=click.Path(path_type=Path), multiple=True, metavar="FILE",
    help="Word pairs with scores, or analogies, tried after each epoch; the best epoch is kept. "
    "May be given several times.",
)  # fmt: skip
@click.option(
    "--engine", type=click.Choice(["numba", "gensim"]), default="numba", show_default=True,
    help="gensim is the known reference, for checks.",
)  # fmt: skip
@click.option(
    "--no-cache", is_flag=True, help="Keep no copy of the corpus as ids for the next training."
)
@click.option("--force", is_flag=True, help="Replace FILE, and drop what was cut off.")
@click.option("-v", "--verbose", is_flag=True, help="Say what is being done, line by line.")
def command(
    sources: tuple[str, ...],
    how: str | None,
    language: str | None,
    recipe: "Recipe | None",
    no_punctuation: bool,
    source_format: str | None,
    field: str,
    encoding: str,
    repair: bool,
    output: Path,
    method: str,
    phrases: int | None,
    connectors: str | None,
    seed: int,
    threads: int | None,
    resume: bool,
    start: str | None,
    pin: Path | None,
    tests: tuple[Path, ...],
    engine: "Engine",
    no_cache: bool,
    force: bool,
    verbose: bool,
    **given: Any,
) -> None:
    """Train word vectors on CORPUS: files, packed or not, folders, patterns, `-` standard input.

    A document is a line, or a record of JSON lines, CSV, TSV, parquet. Its words are what stands
    between blanks, unless --tokenizer, --language, --recipe or --no-punctuation is given: then
    texts are cut into words first, and the recipe is kept with the vectors.

    Ctrl-C, and a checkpoint about once a minute, keep what was learned in FILE.checkpoint;
    --resume goes on. With --threads 1 the same call gives the same bytes, cut off or not.

    \b
    Examples:
      nlpseq vectors train corpus.txt.gz -o v.safetensors
      nlpseq vectors train reviews.csv --field body --recipe lower -o v.safetensors
      nlpseq vectors train corpus/ -o v.safetensors --method fasttext --dim 300 --epochs 10
      nlpseq vectors train corpus.txt -o v.safetensors --method glove --evaluate simlex999.csv
      nlpseq vectors train new.txt -o w.safetensors --start v.safetensors --pin words.txt
    """
    from nlpseq.checkpoints import FACTS
    from nlpseq.cli.vectors.kernels import without_blas, without_compiler, without_freed_blocks

    without_blas()
    without_freed_blocks()
    from nlpseq.embeddings.train.job import train
    from nlpseq.embeddings.train.stream.joining import Joining
    from nlpseq.text.workers import cores

    threads = threads or cores()
    options = {name: value for name, value in given.items() if value is not None}
    checkpoint = output.with_name(f"{output.name}.checkpoint")
    if seed >= 2**63:
        raise CallError(f"{seed} is too large", where="--seed", remedy="seeds are below 2**63")
    if pin is not None and start is None:
        raise CallError("is for --start, of no effect here", where="--pin")
    if connectors is not None and phrases is None:
        raise CallError("is for --phrases, of no effect here", where="--connectors")
    _check(output, checkpoint, force, resume, engine)
    _settings(method, options)  # before anything is read
    reading = cutting.reading(sources, source_format, field, encoding, repair)
    raw = how or language or recipe or no_punctuation
    cutting.bound_threads(threads)
    cuts = cutting.cuts(how, language, recipe, no_punctuation) if raw else None
    evaluation = _evaluation(tests) if tests else None
    joining = Joining(phrases, connectors) if phrases is not None else None
    pinned = None if pin is None else list(opening.words_of(pin))
    started = time.perf_counter()
    with shown(verbose) as progress, _kept(checkpoint):
        saved = None
        if start is not None:
            saved = opening.opened(start, cache=not no_cache)
            options.setdefault("dim", saved.dim)
        settings = _settings(method, options)
        wanted = joining.reading(settings) if joining else settings
        without_compiler()  # which the imports above have brought, and reading brings again
        stream = _stream(reading, cuts, wanted, threads, not no_cache, progress)
        without_compiler()
        reading.say()
        if joining:
            with progress.task("joining phrases"):
                stream, number = joining(stream, settings)
            click.echo(f"{number:,} phrases", err=True)
        if threads > 1:
            click.echo(
                f"{threads} threads write without locks: not byte for byte the same again; "
                "--threads 1 is",
                err=True,
            )
        went_on = resume and (checkpoint / FACTS).exists()
        if resume and not went_on:
            click.echo(f"{checkpoint}: nothing to resume, from the start", err=True)
        trained = time.perf_counter()

        def save(vectors: "Vectors") -> None:
            if joining:
                vectors.about["phrases"] = str(joining)
            vectors.save(output)

        vectors = train(
            stream,
            settings,
            recipe=getattr(cuts, "recipe", "none"),
            seed=seed,
            threads=threads,
            start=saved,
            pinned=pinned or (),
            evaluation=evaluation,
            checkpoint=None if engine == "gensim" else checkpoint,
            save=save,
            engine=engine,
            progress=progress,
        )
    ended = time.perf_counter()
    tokens = int(stream.counts.sum())
    speed = "" if went_on else f", {tokens * settings.epochs / (ended - trained):,.0f} words/s"
    _tell(output, vectors, f"{tokens:,} tokens in {ended - started:.1f} s{speed}")


def _check(output: Path, checkpoint: Path, force: bool, resume: bool, engine: str) -> None:
    """Refuse what cannot end well before anything is read."""
    from nlpseq.checkpoints import FACTS, Folder
    from nlpseq.embeddings.formats.projector import words_path
    from nlpseq.embeddings.saving import check, format_of

    # the checkpoint lies beside it, and where a device lies none belongs
    if str(output) == "-" or (output.exists() and not (output.is_file() or output.is_dir())):
        raise CallError(
            "vectors are written to a file", where=f"-o {output}", remedy="name it: -o FILE"
        )
    kind = format_of(output)
    check(output, kind, "float32")
    for path in [output, words_path(output)] if kind == "projector" else [output]:
        verb.refuse_overwriting(path, force)
    if engine == "gensim" and resume:
        raise CallError("gensim trains in one go", where="--resume", remedy="leave --resume out")
    if (checkpoint / FACTS).exists() and not resume:
        if not force:
            raise CallError(
                "a training was cut off here",
                where=str(checkpoint),
                remedy="--resume goes on with it, --force starts from the beginning",
            )
        Folder(checkpoint).remove()


def _settings(method: str, options: dict[str, Any]) -> "TrainSettings":
    from nlpseq.embeddings.train.options import checked

    return checked(method, options)


def _stream(
    reading: cutting.Reading,
    cuts: "Cuts | None",
    settings: "TrainSettings",
    threads: int,
    keep: bool,
    progress: "Progress",
) -> "Stream":
    from nlpseq.embeddings.train.stream import encode, read

    if reading.repairs is None:
        return read(
            reading.sources,
            min_count=settings.min_count,
            max_vocab=settings.max_vocab,
            threads=threads,
            progress=progress,
            tokenizer=cuts,
            field=reading.field,
            format=reading.format,
            encoding=reading.encoding,
            keep=keep,
        )
    texts = reading.texts()
    words: Iterable[Sequence[str]] = (
        cuts.stream_words(texts) if cuts else ([*filter(None, _SPACE.split(t))] for t in texts)
    )
    return encode(words, min_count=settings.min_count, max_vocab=settings.max_vocab)


def _evaluation(paths: Sequence[Path]) -> "Evaluation":
    """The test files, told apart by their first lines, each read once before any work."""
    from nlpseq.embeddings.evaluation import analogies, similarity
    from nlpseq.embeddings.evaluation.report import Source
    from nlpseq.embeddings.train.job.watching import Evaluation
    from nlpseq.files import require

    pairs, questions = [], []
    for path in map(require, paths):
        _, line = next(iter(Source(path)), (0, ""))
        four = line.split()
        if line.startswith(":") or (len(four) == 4 and not any(map(_is_number, four))):
            analogies.read(Source(path))
            questions.append(path)
        else:
            similarity.read(Source(path))
            pairs.append(path)
    return Evaluation(pairs, questions)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@contextmanager
def _kept(checkpoint: Path) -> Iterator[None]:
    """Say where the training is kept when it was cut off; leave no folder where it is not."""
    from nlpseq.checkpoints import FACTS

    try:
        yield
    except BaseException as error:
        if (checkpoint / FACTS).exists():
            if isinstance(error, KeyboardInterrupt | OSError):
                click.echo(
                    f"kept in {checkpoint}: the same command with --resume goes on", err=True
                )
        elif checkpoint.is_dir() and not any(checkpoint.iterdir()):
            checkpoint.rmdir()
        raise


def _tell(output: Path, vectors: "Vectors", figures: str) -> None:
    from nlpseq.pipelines.machine import peak_memory

    peak = peak_memory()
    memory = "" if peak is None else f", {peak / 2**20:,.0f} MiB"
    size = f"{len(vectors):,} words × {vectors.dim}"
    click.echo(f"{output}: {size}, {figures}{memory}", err=True)
