"""``nlpseq runs prune``: what the last run has no use for."""

from pathlib import Path

import click

from nlpseq.cli import verb


@click.command(cls=verb.Verb, short_help="Remove what the last runs have no use for.")
@click.argument("folder", type=click.Path(path_type=Path), default="runs")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed; remove nothing.")
def command(folder: Path, yes: bool, dry_run: bool) -> None:
    """Remove from a run, or from all runs of a folder, what stages of other options and other data
    have left than those of its last run.

    \b
    Examples:
      nlpseq runs prune --dry-run
      nlpseq runs prune runs/quickstart --yes
    """
    from nlpseq.pipelines.runs import found, prune, unused

    for run in found(folder):
        sizes = unused(run)
        for path, size in sizes.items() if dry_run else ():
            click.echo(f"{size / 1e6:,.1f} MB\t{path}")
        said = f"{run}: {len(sizes)} stages, {sum(sizes.values()) / 1e6:,.1f} MB"
        if sizes and not dry_run and not yes:
            click.confirm(f"{said}. Remove them?", abort=True, err=True)
        freed = 0 if dry_run or not sizes else prune(run)
        click.echo(f"{said}{' removed' if freed else ''}", err=True)
