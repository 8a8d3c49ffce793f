"""What a page shows is run: its fenced blocks, from top to bottom, in one folder.

``sh`` and ``python`` have to succeed; a ``text`` behind one, if nothing stands between, is what it
prints. ``console`` has commands behind ``$`` with what they print, errors too. ``yaml`` that has
stages has to be a pipeline. A block of the shell below the line ``*Needs data of your own:*`` is
not run: that its commands and options exist is checked. The set-up is left to ``.ci/run``; other
blocks are for reading alone.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest

ROOT = Path(__file__).resolve().parents[1]
NEEDS_DATA = "*Needs data of your own:*"
SET_UP = "<!-- set-up -->"

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARIES = re.compile(r"\d+\.\d+|\d{1,3}(?:,\d{3})+")  # figures; places and counts are exact
_PROGRAMS = {
    "sh": ["bash", "-euo", "pipefail", "-c"],
    "python": [sys.executable, "-c"],
}
_ENDS = {"|", "||", "&&", ";", "&"}


class Block(NamedTuple):
    where: str  #: ``page:line``
    language: str
    text: str
    above: str  #: the last line above it that is not empty
    shown: str | None  #: what it prints, as the page says


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    found = list(_FENCE.finditer(text))
    result = []
    for i, match in enumerate(found):
        next_ = found[i + 1] if i + 1 < len(found) else None
        shown = None
        if next_ and next_[1] == "text" and not text[match.end() : next_.start()].strip():
            shown = next_[2]
        above = text[: match.start()].rstrip().rpartition("\n")[2]
        line = text.count("\n", 0, match.start()) + 1
        result.append(Block(f"{page.name}:{line}", match[1], match[2], above, shown))
    return result


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """Where a page leads to within the project."""
    return [place for place in re.findall(r"\]\(([^)]+)\)", prose(page)) if "://" not in place]


def broken_links(page: Path) -> list[str]:
    """Those that lead to no file, or to no heading of it."""
    broken = []
    for place in links(page):
        path, _, heading = place.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (heading and heading not in _anchors(target)):
            broken.append(place)
    return broken


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def run(page: Path, folder: Path) -> None:
    """Run the blocks of a page in a folder."""
    for block in blocks(page):
        if block.above == SET_UP:
            continue
        if block.language == "yaml" and re.search("^stages:", block.text, re.MULTILINE):
            _require_pipeline(block, folder)
        elif block.above == NEEDS_DATA:
            for words in _commands(block.text):
                _require_options(words, block.where)
        elif block.language in ("sh", "python"):
            done = execute([*_PROGRAMS[block.language], block.text], folder)
            assert done.returncode == 0, f"{block.where}\n{done.stdout}"
            assert done.stdout, f"{block.where} prints nothing"
            _require_shown(block.shown or "", done.stdout, block.where)
        elif block.language == "console":
            for command, shown in _transcript(block):
                done = execute([*_PROGRAMS["sh"], command], folder)
                assert "Traceback" not in done.stdout, f"{block.where}\n{done.stdout}"
                _require_shown(shown, done.stdout, block.where)


def execute(program: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program with the installed command at hand, on one core, where training repeats; what
    it prints and says is in one text, as a terminal shows it.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        program,
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        preexec_fn=_on_one_core if hasattr(os, "sched_setaffinity") else None,
    )


def _on_one_core() -> None:
    mine = sorted(os.sched_getaffinity(0))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    os.sched_setaffinity(0, {mine[worker % len(mine)]})


def _require_shown(shown: str, printed: str, where: str) -> None:
    """Each line that is shown is printed, in this order; ``…`` stands for anything."""
    lines = iter([_VARIES.sub("0.0", line).rstrip() for line in printed.splitlines()])
    for line in shown.splitlines():
        if line.strip() == "…":
            continue
        wanted = re.escape(_VARIES.sub("0.0", line).rstrip()).replace("…", ".*")
        assert any(re.fullmatch(wanted, each) for each in lines), f"{where}: {line}\n{printed}"


def _transcript(block: Block) -> Iterator[tuple[str, str]]:
    """Command → what it prints."""
    assert block.text.startswith("$ "), block.where
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command = re.match(r"(?:.*\\\n)*.*\n", part)
        assert command, block.where
        yield command[0], part[command.end() :]


def _require_pipeline(block: Block, folder: Path) -> None:
    from nlpseq import Pipeline

    name = "" if re.search("^name:", block.text, re.MULTILINE) else "name: page\n"
    file = folder / "block.yaml"
    file.write_text(name + block.text, encoding="utf-8")
    Pipeline.load(file)


def _commands(text: str) -> Iterator[list[str]]:
    """The calls of nlpseq in a script, without what is piped or redirected."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if word not in _ENDS:
                words.append(word)
                continue
            end = next((i for i, each in enumerate(words) if each in ("<", ">")), len(words))
            if words[:1] == ["nlpseq"]:
                yield words[1:end]
            words = []


def _require_options(words: list[str], where: str) -> None:
    from nlpseq import Pipeline
    from nlpseq.cli import main
    from nlpseq.pipelines import shipped

    command: click.Command = main
    context = click.Context(main)
    rest = words
    try:
        while isinstance(command, click.Group):
            _, found, rest = command.resolve_command(context, rest)
            assert found, where
            command = found
        made = command.make_context(words[0], list(rest))
    except click.ClickException as error:
        pytest.fail(f"{where}: {shlex.join(words)}: {error.format_message()}")
    if words[0] == "run" and made.params["source"] in shipped.names():
        Pipeline.load(made.params["source"], made.params["overrides"])
