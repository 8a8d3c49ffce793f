"""The command line: one module a verb, imported when its verb is called."""

from typing import ClassVar

import click

from nlpseq import __version__
from nlpseq.cli import verb


class _Main(verb.Verbs):
    modules: ClassVar = {
        "run": "nlpseq.cli.run",
        "predict": "nlpseq.cli.predict",
        "evaluate": "nlpseq.cli.evaluate",
        "embed": "nlpseq.cli.embed",
        "tokenize": "nlpseq.cli.tokenize",
        "vocab": "nlpseq.cli.vocab",
        "check": "nlpseq.cli.check",
        "info": "nlpseq.cli.info",
        "export": "nlpseq.cli.export",
        "vectors": "nlpseq.cli.vectors",
    }


@click.group(cls=_Main, context_settings={"help_option_names": ["-h", "--help"]})
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
