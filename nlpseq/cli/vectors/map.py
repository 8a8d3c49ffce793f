"""``nlpseq vectors map``: words on the plane."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from nlpseq.cli import verb
from nlpseq.cli.progress import shown
from nlpseq.cli.vectors import opening


@click.command(cls=verb.Verb, short_help="Draw words as a picture, or a page to look around in.")
@opening.vectors
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE",
    help="Ends in .html (a page to pan, zoom and search in), .png, .svg or .tsv.",
)  # fmt: skip
@click.option("--first", type=click.IntRange(1), help="The first so many words; by default 1,000.")
@click.option(
    "--words", type=click.Path(path_type=Path), metavar="FILE", help="These words, one a line."
)
@click.option(
    "--near", multiple=True, metavar="WORD",
    help="A word and its neighbours; each one given has a colour of its own.",
)  # fmt: skip
@click.option(
    "-k", "k", type=click.IntRange(1), default=50, show_default=True, help="Neighbours of each."
)
@click.option("--clusters", type=click.IntRange(1), help="Colour so many clusters (k-means).")
@click.option(
    "--method", type=click.Choice(["tsne", "pca"]),
    help="By default tsne where openTSNE is installed (pip install 'nlpseq[maps]'), else pca.",
)  # fmt: skip
@click.option(
    "--perplexity", type=click.FloatRange(1), default=30.0, show_default=True,
    help="Of t-SNE: how many neighbours count.",
)  # fmt: skip
@click.option("--title", help="Above the map; by default what VECTORS is called.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@verb.threads
@opening.no_cache
@click.option("--force", is_flag=True, help="Replace FILE where it is there already.")
@click.option("-v", "--verbose", is_flag=True, help="Say what is being done, line by line.")
def command(
    vectors: str,
    output: Path,
    first: int | None,
    words: Path | None,
    near: tuple[str, ...],
    k: int,
    clusters: int | None,
    method: str | None,
    perplexity: float,
    title: str | None,
    seed: int,
    threads: int | None,
    no_cache: bool,
    force: bool,
    verbose: bool,
) -> None:
    """Lay words out on the plane, so that words used alike stand together.

    \b
    Examples:
      nlpseq vectors map vectors/sample.safetensors -o map.html
      nlpseq vectors map vectors/sample.safetensors -o kin.png --near filme --near hotel -k 30
    """
    from nlpseq.embeddings.maps import choose, project, require_suffix, write_map

    require_suffix(output)
    verb.refuse_overwriting(output, force)
    if method is None:
        method = "tsne" if find_spec("openTSNE") else "pca"
        if method == "pca":
            click.echo("drawn by PCA; with nlpseq[maps] installed, by t-SNE", err=True)
    opened = opening.opened(vectors, cache=not no_cache)
    chosen: dict[str, Any] = {}
    if near:
        chosen["near"] = near
    if words is not None:
        chosen["words"] = list(opening.words_of(words))
    if first is not None or not chosen:
        chosen["first"] = first or 1000
    choice = choose(opened, **chosen, k=k, clusters=clusters, seed=seed)
    if choice.unknown:
        click.echo(f"not in the vectors: {', '.join(choice.unknown[:20])}", err=True)
    with shown(verbose) as progress:
        points = project(
            opened.rows.take(choice.rows),
            "pca" if method == "pca" else "tsne",
            seed=seed,
            threads=threads or 1,
            perplexity=perplexity,
            progress=progress,
        )
    drawn = write_map(
        output,
        [opened.words[int(row)] for row in choice.rows],
        points,
        choice.groups,
        title if title is not None else Path(vectors).name,
        heads=choice.heads,
    )
    click.echo(f"{output}: {len(choice.rows):,} words", err=True)
    if drawn.unlabelled:
        click.echo(f"{drawn.unlabelled:,} of them without a label, which had no room", err=True)
    if drawn.unreadable:
        click.echo(f"{drawn.unreadable:,} with letters that the font lacks", err=True)
