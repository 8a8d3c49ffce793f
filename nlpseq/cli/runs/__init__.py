"""``nlpseq runs``: what runs of pipelines have left on the disk: one module a verb."""

from typing import ClassVar

import click

from nlpseq.cli import verb


class _Runs(verb.Verbs):
    modules: ClassVar = {
        "list": "nlpseq.cli.runs.list",
        "show": "nlpseq.cli.runs.show",
        "compare": "nlpseq.cli.runs.compare",
        "prune": "nlpseq.cli.runs.prune",
    }


@click.group(cls=_Runs)
def command() -> None:
    """Look at the runs of pipelines, compare them, and tidy up.

    A run is a folder that `nlpseq run` has made, runs/NAME unless the pipeline names another.
    """
