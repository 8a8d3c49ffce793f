"""The command line as a user calls it: the installed command, in a folder of its own."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import nlpseq

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
