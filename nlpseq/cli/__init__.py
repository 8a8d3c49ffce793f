"""The command line: one module a verb, imported when its verb is called."""

from importlib import import_module

import click

from nlpseq import __version__

#: verb → the module whose ``command`` it is
VERBS = {
    "run": "nlpseq.cli.run",
    "predict": "nlpseq.cli.predict",
    "info": "nlpseq.cli.info",
    "vectors": "nlpseq.cli.vectors",
}


class _Verbs(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(VERBS[cmd_name]).command
        return command


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="nlpseq")
def main() -> None:
    """From raw text to a working sequence model on top of word vectors.

    \b
    Start here:
      nlpseq run quickstart                 sample texts to a sentiment model
      nlpseq info models/quickstart         what came out
      echo "gostei muito" | nlpseq predict models/quickstart

    Answers go to standard output, progress and messages to standard error. Exit status: 0
    done, 1 the data is bad, 2 the call is wrong.
    """
