"""``nlpseq vectors pull``: bring pretrained vectors here."""

from pathlib import Path

import click

from nlpseq.cli import verb
from nlpseq.cli.progress import shown


@click.command(cls=verb.Verb, short_help="Download pretrained vectors.")
@click.argument("name", metavar="NAME|hf://OWNER/NAME")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Also write them as a store, here."
)
@click.option("--offline", is_flag=True, help="From the cache or not at all.")
@click.option("--force", is_flag=True, help="Download again, and replace OUTPUT.")
@click.option("-v", "--verbose", is_flag=True, help="Say what is being done, line by line.")
def command(name: str, output: Path | None, offline: bool, force: bool, verbose: bool) -> None:
    """Download vectors of the catalogue or the hub; print where they lie.

    A download that was cut off goes on where it stopped; mirrors are tried in turn; checksums
    are compared where they are known. What is here already is not downloaded.

    \b
    Examples:
      nlpseq vectors pull nilc-skip-gram-100d
      nlpseq vectors pull hf://owner/name -o v.safetensors
    """
    from nlpseq.embeddings import catalogue
    from nlpseq.embeddings.opening import Options, convert

    if output is not None:
        verb.refuse_overwriting(output, force)
    about = {"source": name}
    with shown(verbose) as progress:
        if name.startswith("hf://"):
            path = catalogue.pull_address(name, progress=progress, offline=offline, force=force)
        else:
            entry = catalogue.find(name)
            path = catalogue.pull(entry, progress=progress, offline=offline, force=force)
            about = {"recipe": entry.recipe, "licence": entry.licence, "source": entry.name}
        if output is not None:
            convert(path, output, Options(), about=about, progress=progress)
    click.echo(output or path)
