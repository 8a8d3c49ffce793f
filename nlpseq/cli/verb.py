"""What every verb shares: how errors are shown, and the options that several have."""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import click

from nlpseq.errors import CallError, NlpseqError

threads = click.option(
    "--threads",
    type=click.IntRange(1),
    help="Processor cores to use; by default all. Training repeats byte for byte with 1.",
)
device = click.option(
    "--device", default="cpu", show_default=True, help="cpu, cuda or mps, as torch names them."
)


def refuse_overwriting(path: Path, force: bool) -> None:
    """Raise a CallError where a file cannot be written, or must not be without ``--force``."""
    if path.is_dir():
        raise CallError("this is a folder, a file is to be written", where=str(path))
    if path.is_file() and not force:
        raise CallError("is there already", where=str(path), remedy="--force replaces it")


class Verbs(click.Group):
    """A group whose verbs are imported when they are called: verb → module of its ``command``."""

    modules: ClassVar[Mapping[str, str]] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order of their table."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb."""
        if cmd_name not in self.modules:
            return None
        command: click.Command = import_module(self.modules[cmd_name]).command
        return command


class _Messages(logging.Handler):
    """What the library has to say goes to standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        # not by click.echo, which writes past whoever draws bars, and so into them
        sys.stderr.write(f"{record.getMessage()}\n")
        sys.stderr.flush()


@contextlib.contextmanager
def _messages() -> Iterator[None]:
    """What the library has to say is told as long as this lasts, where nobody listens yet."""
    logger = logging.getLogger("nlpseq")
    if logger.handlers:
        yield
        return
    handler, level = _Messages(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class _Failure(click.ClickException):
    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click declares it for the class

    def show(self, file: Any = None) -> None:
        head = click.style("error:", fg="red")
        color = False if os.environ.get("NO_COLOR") else None  # click does not heed it
        click.echo(f"{head} {self.message}", file=file, err=True, color=color)


class Verb(click.Command):
    """A command that shows errors as messages; ``--debug`` shows them with their traceback."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        debug = click.Option(["--debug"], is_flag=True, help="Show an error's traceback.")
        self.params.append(debug)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; what it raises becomes a message and an exit status."""
        debug = ctx.params.pop("debug")
        if getattr(sys, "stdout", None) is None:
            raise _Failure("there is no standard output: it is closed", 1)
        ctx.with_resource(_messages())
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except BrokenPipeError:
            raise  # click leaves quietly
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(130)
        except NlpseqError as error:
            if debug:
                raise
            raise _Failure(str(error), error.exit_code) from error
        except OSError as error:
            if debug:
                raise
            raise failure(error) from error


def failure(error: OSError) -> click.ClickException:
    """What the system says of a file, as a message."""
    from nlpseq.writing import has_no_room

    place = "standard output" if has_no_room(error) else error.filename
    return _Failure(f"{place}: {error.strerror}" if place else str(error.strerror or error), 1)
