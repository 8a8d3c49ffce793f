"""The command line as a user calls it: the installed command, in a folder of its own."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import nlpseq
from nlpseq.cli import main
from nlpseq.models.tag.words import characters_of
from nlpseq.text.corpus.tagged import Tagged

Call = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def heed_interrupts() -> Callable[[], None]:
    """For Popen's ``preexec_fn``: what runs in a shell's background ignores Ctrl-C otherwise."""

    def heed() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    return heed


@pytest.fixture(scope="session")
def command() -> str:
    """The path of the installed command."""
    beside = Path(sys.executable).with_name("nlpseq")
    found = str(beside) if beside.exists() else shutil.which("nlpseq")
    assert found, "nlpseq is not installed: pip install -e '.[test]'"
    return found


@pytest.fixture
def call(command: str, tmp_path: Path) -> Call:
    """Run ``nlpseq ARGUMENTS`` in an empty folder and wait for its end."""

    def run(*arguments: object, stdin: str | bytes = b"") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [command, *map(str, arguments)],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            cwd=tmp_path,
            timeout=120,
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        assert "Traceback" not in err
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    return run


@pytest.fixture
def terminal(tmp_path: Path) -> Callable[..., str]:
    """Run a command on a terminal of its own, in an empty folder, and give what that shows."""
    pty = pytest.importorskip("pty")

    def run(arguments: list[str], **environment: str) -> str:
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            arguments, stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path,
            env={**os.environ, "TERM": "xterm", **environment},
        ):  # fmt: skip
            os.close(theirs)
            shown = b""
            with contextlib.suppress(OSError):  # how Linux says that the other end is closed
                while some := os.read(ours, 1 << 16):
                    shown += some
        os.close(ours)
        return shown.decode()

    return run


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder that tells gostei from horrível."""
    rows = [
        nlpseq.Document(text, label)
        for text, label in (
            ("gostei muito", "positive"), ("gostei", "positive"), ("muito bom", "positive"),
            ("horrível", "negative"), ("muito ruim", "negative"), ("ruim", "negative"),
        )
    ]  # fmt: skip
    words = nlpseq.Vocabulary.build(nlpseq.Tokenizer().words(d.text) for d in rows)
    settings = nlpseq.ClassifierSettings(dim=8, hidden=4)
    classifier = nlpseq.Classifier(words, ["negative", "positive"], settings)
    classifier.fit(rows, training=nlpseq.TrainingSettings(epochs=40, learning_rate=0.03))
    path = tmp_path_factory.mktemp("models") / "opinions"
    classifier.save(path, report=classifier.evaluate(rows))
    return path


@pytest.fixture(scope="session")
def entities() -> list[Tagged]:
    """Sentences with people and places, in IOB2."""

    def tags(name: str, kind: str) -> list[str]:
        return [f"B-{kind}", *[f"I-{kind}"] * name.count(" ")]

    return [
        Tagged(
            [*who.split(), "mora", "em", *place.split(), "."],
            [*tags(who, "PER"), "O", "O", *tags(place, "LOC"), "O"],
        )
        for who in ("Ana", "Rui", "Maria da Silva")
        for place in ("Recife", "São Paulo", "Rio de Janeiro")
    ]


@pytest.fixture(scope="session")
def tagger(tmp_path_factory: pytest.TempPathFactory, entities: list[Tagged]) -> Path:
    """A model folder that finds those people and places, in IOB2."""
    words = [sentence.words for sentence in entities]
    vocabulary = nlpseq.Vocabulary.build([word.lower() for word in each] for each in words)
    settings = nlpseq.TaggerSettings(
        dim=8, hidden=8, dropout=0, character_dim=4, character_hidden=4
    )
    model = nlpseq.Tagger(
        vocabulary, ["LOC", "PER"], settings, scheme="IOB2", characters=characters_of(words)
    )
    model.fit(
        entities, training=nlpseq.TrainingSettings(epochs=30, batch_size=3, learning_rate=0.03)
    )
    path = tmp_path_factory.mktemp("models") / "entities"
    model.save(path, report=model.evaluate(entities))
    return path


@pytest.fixture
def within(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """As ``call``, but in this process, which is quicker by the time that torch loads."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, stdin: str | bytes = b"") -> subprocess.CompletedProcess[str]:
        given = stdin.encode() if isinstance(stdin, str) else stdin
        done = CliRunner().invoke(main, list(map(str, arguments)), input=given)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        out = done.stdout_bytes.decode()
        return subprocess.CompletedProcess(arguments, done.exit_code, out, done.stderr)

    return run
