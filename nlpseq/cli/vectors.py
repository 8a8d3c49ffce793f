"""``nlpseq vectors``: questions to word vectors."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nlpseq.cli import verb

if TYPE_CHECKING:
    from nlpseq.embeddings.vectors import Neighbour

_neighbours = click.option(
    "-k", "k", type=click.IntRange(1), default=10, show_default=True, help="How many answers."
)


@click.group()
def command() -> None:
    """Ask word vectors: neighbours and analogies.

    VECTORS is word2vec or GloVe text, plain or compressed. Answers are a word and its score a
    line, with a tab between.
    """


@command.command(cls=verb.Verb)
@click.argument("vectors", type=click.Path(path_type=Path))
@click.argument("word")
@_neighbours
def near(vectors: Path, word: str, k: int) -> None:
    """The words nearest to WORD, by cosine.

    \b
    Example:
      nlpseq vectors near vectors/sample.txt filme -k 5
    """
    from nlpseq.embeddings.vectors import Vectors

    _show(Vectors.open(vectors).near(word, k))


@command.command(cls=verb.Verb)
@click.argument("vectors", type=click.Path(path_type=Path))
@click.argument("a")
@click.argument("b")
@click.argument("c")
@_neighbours
@click.option(
    "--method", type=click.Choice(["add", "mul"]), default="add", show_default=True,
    help="3CosAdd or 3CosMul.",
)  # fmt: skip
def analogy(vectors: Path, a: str, b: str, c: str, k: int, method: str) -> None:
    """A is to B as C is to what?

    \b
    Example:
      nlpseq vectors analogy vectors/sample.txt homem rei mulher
    """
    from nlpseq.embeddings.vectors import Vectors

    opened = Vectors.open(vectors)
    _show(opened.analogy(a, b, c, k, "mul" if method == "mul" else "add"))


def _show(answers: "list[Neighbour]") -> None:
    for word, score in answers:
        click.echo(f"{word}\t{score:.4f}")
