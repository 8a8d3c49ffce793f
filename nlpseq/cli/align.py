"""``nlpseq align``: which words of a text each word of its translation looked at."""

import json
import re
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from nlpseq.cli import verb
from nlpseq.errors import CallError, DataError

if TYPE_CHECKING:
    from nlpseq.models.translate import Alignment

_NUMBER = "{}"  # what stands for a line's number in a name


@click.command(cls=verb.Verb, short_help="Show what a translator looked at.")
@click.argument("model", metavar="MODEL", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", metavar="WHERE",
    help="A picture of the one line, .png or .svg, or its numbers, .json; or FOLDER/, or a name "
    "with {} in it, for a picture of each.",
)  # fmt: skip
@click.option(
    "--layer", type=click.IntRange(1), metavar="N",
    help="Of a Transformer: the block of the decoder, from 1; by default the last.",
)  # fmt: skip
@click.option(
    "--head", type=click.IntRange(1), metavar="N",
    help="Of a Transformer: from 1; by default the mean of all.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace pictures that are there already.")
@verb.threads
@verb.device
def command(
    model: Path,
    output: str | None,
    layer: int | None,
    head: int | None,
    force: bool,
    threads: int | None,
    device: str,
) -> None:
    """Show which words of a text each word of its translation looked at.

    Each line of standard input is a text, of which the model's own translation is taken, or text
    and translation with a tab between. Without -o each is answered by a JSON object on a line of
    standard output.

    \b
    Examples:
      echo "seis de julho de mil novecentos" | nlpseq align models/dates
      echo "seis de julho de mil novecentos" | nlpseq align models/dates -o july.png
      nlpseq align models/en-pt -o maps/ < texts.en
      nlpseq align models/en-pt --layer 2 --head 1 -o "maps/head-1-{}.svg" < pairs.tsv
    """
    import nlpseq

    places = None if output is None else _Places.of(output, force)
    loaded: Any = nlpseq.load(model, device=device, threads=threads)
    if loaded.task != "translate":
        raise CallError(
            f"a model for the task {loaded.task!r}, which aligns nothing",
            where=str(model),
            remedy="align is for translators, such as nlpseq run dates makes",
        )
    pairs = _pairs()
    if places is not None and not places.several:
        pairs = _only(pairs)
    answers = loaded.explain(pairs, layer=layer, head=head)
    if places is not None:
        _draw(answers, places)
        return
    for answer in answers:
        sys.stdout.buffer.write(_json(answer))
    sys.stdout.buffer.flush()


class _Places(NamedTuple):
    """Where pictures are written."""

    pattern: Path  #: its name with ``{}`` for the number of the line, where there are several
    force: bool

    @classmethod
    def of(cls, output: str, force: bool) -> "_Places":
        """:raises CallError: where nothing can be written, or must not be without ``--force``"""
        from nlpseq.models.translate.picture import SUFFIXES

        endings = (*SUFFIXES, ".json")
        if output.endswith("/") or Path(output).is_dir():
            output = str(Path(output) / f"{_NUMBER}.png")
        if not output.lower().endswith(endings):
            raise CallError(
                "an alignment is written as PNG, SVG or JSON",
                where=output,
                remedy=f"end the name in {', '.join(endings)}, or in / for a folder",
            )
        places = cls(Path(output), force)
        for path in places.there():
            verb.refuse_overwriting(path, force)
        return places

    @property
    def several(self) -> bool:
        return _NUMBER in self.pattern.name

    def path(self, number: int) -> Path:
        """The file of a line, numbered from 1."""
        return self.pattern.with_name(self.pattern.name.replace(_NUMBER, f"{number:05}"))

    def there(self) -> list[Path]:
        """What stands where pictures are to be written."""
        if not self.several:
            return [self.pattern]
        name = re.escape(self.pattern.name).replace(re.escape(_NUMBER), r"\d{5,}")
        folder = self.pattern.parent
        found = folder.iterdir() if folder.is_dir() else ()
        return sorted(path for path in found if re.fullmatch(name, path.name))


def _pairs() -> Iterator[tuple[str, str | None]]:
    from nlpseq.files import STDIN, text_lines

    for _, line in text_lines(STDIN):
        source, tab, target = line.partition("\t")
        yield source, target if tab else None


def _only(pairs: Iterator[tuple[str, str | None]]) -> Iterator[tuple[str, str | None]]:
    """The one pair that there is to be."""
    found = list(islice(pairs, 2))
    if len(found) == 1:
        return iter(found)
    if not found:
        raise DataError("there is no text to draw", where="standard input")
    raise CallError(
        "there are several texts, and one file", where="standard input",
        remedy=f"-o FOLDER/ or a name with {_NUMBER} in it makes a file for each",
    )  # fmt: skip


def _draw(answers: "Iterator[Alignment]", places: _Places) -> None:
    from nlpseq.models.translate.picture import picture
    from nlpseq.writing import atomic_write

    drawn = 0
    for number, answer in enumerate(answers, 1):
        path = places.path(number)
        try:
            if path.suffix.lower() == ".json":
                content, unreadable = _json(answer), 0
            else:
                content, unreadable = picture(answer, path.suffix.lower())
        except DataError as error:
            error.where = f"standard input:{number}"
            if not places.several:
                raise
            click.echo(str(error), err=True)
            continue
        with atomic_write(path) as file:
            file.write(content)
        drawn += 1
        if unreadable:
            click.echo(f"{path}: words with letters that the font lacks: {unreadable}", err=True)
    click.echo(f"{places.pattern}: {drawn:,} written", err=True)


def _json(answer: "Alignment") -> bytes:
    text = json.dumps(answer.record(), ensure_ascii=False)
    return f"{text}\n".encode("utf-8", "replace")
