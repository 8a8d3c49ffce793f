"""``nlpseq vectors convert``: from any format to any other."""

from pathlib import Path
from typing import Any

import click

from nlpseq.cli import verb
from nlpseq.cli.progress import shown
from nlpseq.cli.vectors import opening
from nlpseq.errors import CallError
from nlpseq.files import STDIN, STDOUT

_TARGETS = ["store", "word2vec", "word2vec-binary", "glove", "projector"]
_SOURCES = ["store", "safetensors-vocab", "fasttext", "word2vec-binary", "text", "gensim"]


@click.command(cls=verb.Verb, short_help="From any format to any other.")
@click.argument("source")
@click.argument("target", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--to", type=click.Choice(_TARGETS),
    help="Format of TARGET; by default its name says: .safetensors store, .bin word2vec-binary, "
    ".tsv projector, anything else word2vec text.",
)  # fmt: skip
@click.option(
    "--from", "format", type=click.Choice(_SOURCES),
    help="Format of SOURCE, where content is not enough. gensim can run code, and has to be given.",
)  # fmt: skip
@click.option(
    "--precision", type=click.Choice(["float32", "float16", "int8"]), default="float32",
    show_default=True, help="Of a store: half or a quarter of the size.",
)  # fmt: skip
@click.option(
    "--recipe", type=click.Choice(["none", "lower", "nilc", "glove"]),
    help="How training normalised words, kept with a store and applied in look-ups.",
)  # fmt: skip
@click.option("--first", type=click.IntRange(1), help="So many words at most.")
@click.option(
    "--words", type=click.Path(path_type=Path), help="The words of this file alone, one a line."
)
@click.option(
    "--repair", is_flag=True, help="Leave out what is faulty, and say so, instead of stopping."
)
@click.option("--licence", help="Kept with a store.")
@click.option("--source", "origin", help="Where the vectors are from, kept with a store.")
@verb.threads
@click.option("--force", is_flag=True, help="Replace TARGET where it is there already.")
def command(
    source: str,
    target: Path,
    to: str | None,
    format: str | None,
    precision: str,
    recipe: str | None,
    first: int | None,
    words: Path | None,
    repair: bool,
    licence: str | None,
    origin: str | None,
    threads: int | None,
    force: bool,
) -> None:
    """Write the vectors of SOURCE to TARGET; `-` is standard input or output.

    A store (.safetensors) opens at once, is searched without being read whole, and keeps recipe,
    licence and source. Text is parsed on all cores, and never held in memory whole.

    \b
    Examples:
      nlpseq vectors convert glove.6B.zip/glove.6B.100d.txt glove.safetensors --recipe lower
      nlpseq vectors convert skip_s100.zip nilc.safetensors --recipe nilc --repair
      nlpseq vectors convert cc.pt.300.bin small.safetensors --words words.txt --precision int8
      nlpseq vectors convert v.safetensors v.txt.gz
    """
    from nlpseq.embeddings.formats.projector import words_path
    from nlpseq.embeddings.opening import Options, convert
    from nlpseq.embeddings.saving import check, format_of
    from nlpseq.embeddings.vectors import Vectors

    if str(target) == "-":
        target = STDOUT
    kind: Any = to or format_of(target)
    number: Any = precision
    written = [target, words_path(target)] if kind == "projector" else [target]
    for path in written:
        if path != STDOUT:
            verb.refuse_overwriting(path, force)
    check(target, kind, number)
    about = {"licence": licence, "source": origin, "recipe": recipe}
    given = {name: value for name, value in about.items() if value is not None}
    only = None if words is None else list(opening.words_of(words))
    place = STDIN if source == "-" else source
    form: Any = format
    with shown(verbose=False) as progress:
        if kind == "store":
            options = Options(first, only, repair, form, False, threads)
            convert(place, target, options, precision=number, about=given, progress=progress)
        else:
            if given:
                raise CallError(
                    f"only a store keeps {', '.join(given)}",
                    where=str(target),
                    remedy="let the name end in .safetensors",
                )
            Vectors.open(
                place,
                first=first,
                only=only,
                repair=repair,
                format=form,
                cache=False,
                threads=threads,
                progress=progress,
            ).save(target, format=kind, precision=number)
    if target != STDOUT:
        click.echo(f"{target}: {target.stat().st_size / 2**20:,.1f} MiB", err=True)
