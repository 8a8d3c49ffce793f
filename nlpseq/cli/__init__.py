"""The command line: one module a verb, imported when its verb is called."""

import os
from typing import Any, ClassVar

import click

from nlpseq import __version__
from nlpseq.cli import verb


class _Main(verb.Verbs):
    modules: ClassVar = {
        "init": "nlpseq.cli.init",
        "run": "nlpseq.cli.run",
        "runs": "nlpseq.cli.runs",
        "predict": "nlpseq.cli.predict",
        "evaluate": "nlpseq.cli.evaluate",
        "align": "nlpseq.cli.align",
        "embed": "nlpseq.cli.embed",
        "tokenize": "nlpseq.cli.tokenize",
        "vocab": "nlpseq.cli.vocab",
        "check": "nlpseq.cli.check",
        "info": "nlpseq.cli.info",
        "export": "nlpseq.cli.export",
        "vectors": "nlpseq.cli.vectors",
        "completion": "nlpseq.cli.completion",
    }

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the call; where it asks for help, it is told here."""
        try:
            return super().make_context(*args, **extra)
        except BrokenPipeError:
            raise  # click leaves quietly
        except OSError as error:
            raise verb.failure(error) from error


@click.group(cls=_Main, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="nlpseq")
def main() -> None:
    """From raw text to a working sequence model on top of word vectors.

    \b
    Start here:
      nlpseq run quickstart                 sample texts to a sentiment model
      nlpseq info models/quickstart         what came out
      echo "gostei muito" | nlpseq predict models/quickstart
      nlpseq init classify > my.yaml        a pipeline of your own, to change

    Answers go to standard output, progress and messages to standard error. Exit status: 0
    done, 1 the data is bad, 2 the call is wrong.
    """
    # Threads of torch (of its libgomp) that wait for each other spin for milliseconds. Beside other
    # work that keeps those that are waited for off the cores: so they sleep soon. Torch is not
    # loaded yet, which asks once.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")


if "_NLPSEQ_COMPLETE" in os.environ:  # a shell asks
    from nlpseq.cli import completion

    completion.register()
