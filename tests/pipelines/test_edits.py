"""Whatever is edited between runs: exactly the stages run that what was edited has a part in."""

import itertools
import os
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlpseq.pipelines import report
from nlpseq.pipelines.runner import Pipeline
from nlpseq.pipelines.stages import Artefacts, Stage
from nlpseq.pipelines.stages.base import refuse_overwriting

RAN: list[str] = []
RESTORED: list[str] = []


class Fake(Stage):
    """Adds its option, and what its file holds, to a text that takes the place of a corpus."""

    option: int = 0
    file: str | None = None
    to: str | None = None

    def text(self, before: Artefacts) -> str:
        content = Path(self.file).read_text() if self.file else ""
        return f"{before.corpus or ''}({self.name} {self.option} {content})"

    def inputs(self):
        return {"file": self.file} if self.file else {}

    def outputs(self, job):
        return [job.output(self.to)] if self.to else []

    def check(self, job):
        for path in self.outputs(job):
            refuse_overwriting(path, job)

    def run(self, before, job):
        RAN.append(self.name)
        text = self.text(before)
        for path in self.outputs(job):
            with job.writing(path) as made:
                made.write_text(text)
        return Artefacts(corpus=text), {"length": len(text)}


class Reads(Fake):
    kind = "reads"
    gives = ("corpus",)


class Makes(Fake):
    kind = "makes"
    gives = ("corpus",)
    keeps: ClassVar[bool] = True

    @property
    def needs(self):
        return ("corpus",)

    def keep(self, made, folder):
        (folder / "text").write_text(made.corpus)

    def restore(self, before, folder, job):
        assert before == Artefacts()
        RESTORED.append(self.name)
        return Artefacts(corpus=(folder / "text").read_text())


class Writes(Fake):
    kind = "writes"

    @property
    def needs(self):
        return ("corpus",)


class Folders(Writes):
    """Writes a folder."""

    kind = "folders"

    def check(self, job):
        assert all(job.replaces(path) for path in self.outputs(job) if path.exists())

    def run(self, before, job):
        text = self.text(before)
        for path in self.outputs(job):
            with job.writing(path) as made:
                made.mkdir()
                (made / "text").write_text(text)
        return Artefacts(), {"length": len(text)}


NAMES = ["a", "b", "c", "d", "e"]
EDITS = st.one_of(
    st.tuples(st.just("option"), st.sampled_from(NAMES), st.integers(0, 2)),
    st.tuples(st.just("content"), st.sampled_from("ac"), st.sampled_from(["x", "y"])),
    st.tuples(st.just("touch"), st.sampled_from("ac"), st.just(0)),
    st.tuples(st.just("version"), st.just("c"), st.integers(1, 2)),
    st.tuples(st.just("seed"), st.just(""), st.integers(0, 1)),
    st.tuples(st.just("output"), st.sampled_from(["gone", "touched"]), st.just(0)),
)


class Job:
    """A pipeline that is edited, and what is known of its stages by their content."""

    def __init__(self, folder: Path) -> None:
        self.options = dict.fromkeys(NAMES, 0)
        self.files = {name: folder / f"{name}.txt" for name in "ac"}
        for name in self.files:
            self.write(name, "x")
        self.to, self.seed, self.times = folder / "out.txt", 0, itertools.count(10**18, 10**9)
        self.known: set[str] = set()  #: what each stage came of, as it was run before
        self.written: str | None = None  #: by the last stage

    def write(self, name: str, content: str) -> None:
        self.files[name].write_text(content)

    def edit(self, kind: str, name: str, value) -> None:
        if kind == "option":
            self.options[name] = value
        elif kind == "content":
            self.write(name, value)
        elif kind == "touch":
            time = next(self.times)
            os.utime(self.files[name], ns=(time, time))
        elif kind == "version":
            Makes.version = value
        elif kind == "seed":
            self.seed = value
        elif name == "gone":
            self.to.unlink(missing_ok=True)
            self.written = None
        elif self.to.exists():
            time = next(self.times)
            os.utime(self.to, ns=(time, time))

    def pipeline(self) -> Pipeline:
        a, b, c, d, e = ({"as": name, "option": option} for name, option in self.options.items())
        stages = [
            Reads(**a, file=str(self.files["a"])),
            Makes(**b),
            Makes(**c, file=str(self.files["c"])),
            Makes(**d),
            Writes(**e, to=str(self.to)),
        ]
        return Pipeline("edited", stages, [self.seed], report=str(self.to.with_name("run")))

    def expected(self) -> list[str]:
        """The stages whose own history was never run, and the one that writes where that is not
        what stands there.
        """
        history, due = f"{self.seed}", []
        for name, option in self.options.items():
            content = self.files[name].read_text() if name in self.files else ""
            version = Makes.version if name in "bcd" else 1
            history += f" {name} {option} {content} {version}"
            if history not in self.known or (name == "e" and self.written != self.text()):
                due.append(name)
            self.known.add(history)
        self.written = self.text()
        return due

    def text(self) -> str:
        texts = (
            f"({name} {option} {self.files[name].read_text() if name in self.files else ''})"
            for name, option in self.options.items()
        )
        return "".join(texts)


@pytest.fixture(autouse=True)
def light(monkeypatch):
    """The report is looked at elsewhere."""
    monkeypatch.setattr(report, "write", lambda folder, *_: (folder / report.PAGE).touch())
    monkeypatch.setattr(Makes, "version", 1)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(EDITS, max_size=2), min_size=1, max_size=5))
def test_exactly_the_stages_run_that_an_edit_has_a_part_in(rounds):
    Makes.version = 1
    with tempfile.TemporaryDirectory() as folder:
        job = Job(Path(folder))
        for edits in [[], *rounds]:
            for edit in edits:
                job.edit(*edit)
            due, pipeline = job.expected(), job.pipeline()
            planned = pipeline.plan(threads=1)[0].steps
            assert [step.stage.name for step in planned if not step.is_done] == due
            RAN.clear()
            run = pipeline.run(threads=1)
            # what only reads is read again where a stage that runs wants it
            read = ["a"] if due[:1] == ["b"] else []
            assert [*read, *due] == RAN
            assert run.done == (5 - len(due), 5)
            assert job.to.read_text() == job.text()


@pytest.fixture
def job(tmp_path):
    return Job(tmp_path)


def test_only_what_is_needed_is_read_again(job):
    job.pipeline().run(threads=1)
    job.edit("option", "d", 1)
    RAN.clear()
    RESTORED.clear()
    job.pipeline().run(threads=1)
    assert (RAN, RESTORED) == (["d", "e"], ["c"])
    RAN.clear()
    RESTORED.clear()
    run = job.pipeline().run(threads=1)
    assert (RAN, RESTORED) == ([], [])
    assert run.artefacts[0].corpus == job.text()[: -len("(e 0 )")]
    assert (RAN, RESTORED) == ([], ["d"])


def test_what_a_stage_left_and_somebody_damaged_is_made_again(job):
    job.pipeline().run(threads=1)
    step = job.pipeline().plan(threads=1)[0].steps[2]
    (step.folder / "text").write_text("longer than what stood there before, by far")
    RAN.clear()
    job.pipeline().run(threads=1)
    assert RAN == ["c", "d", "e"]
    assert job.to.read_text() == job.text()


def test_a_stage_that_runs_again_and_is_cut_off_leaves_none_after_it_finished(job, monkeypatch):
    job.pipeline().run(threads=1)

    def fail(self, before, job):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(Makes, "run", fail)
        job.pipeline().run(threads=1, start="c")
    RAN.clear()
    job.pipeline().run(threads=1)
    assert RAN == ["c", "d", "e"]


def test_all_is_run_again_with_force_and_what_stands_in_the_way_replaced(job):
    job.to.write_text("mine")
    with pytest.raises(Exception, match="--force"):
        job.pipeline().run(threads=1)
    assert job.to.read_text() == "mine"
    job.pipeline().run(threads=1, force=True)
    RAN.clear()
    job.pipeline().run(threads=1, force=True)
    assert RAN == NAMES


def test_an_output_that_was_put_in_place_and_not_recorded_is_the_run_s_own(job):
    """As where a process is killed between the two."""
    job.pipeline().run(threads=1)
    step = job.pipeline().plan(threads=1)[0].steps[4]
    (step.folder / "stage.json").unlink()
    job.pipeline().run(threads=1)
    assert job.to.read_text() == job.text()


def kill_before(number: int) -> None:
    """Let this process be killed before what it changes on the disk for the n-th time."""
    changes = itertools.count(1)

    def look(event, arguments):
        writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        moves = event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate")
        if (writes or moves) and next(changes) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_run_may_be_killed_before_any_change_that_it_makes_on_the_disk(tmp_path):
    def pipeline(folder, option):
        (folder / "a.txt").write_text("x")
        stages = [
            Reads(file=str(folder / "a.txt")),
            Makes(option=option),
            Writes(to=str(folder / "out.txt")),
            Folders(to=str(folder / "out")),
        ]
        return Pipeline("killed", stages, report=str(folder / "run"))

    def contents(folder):
        files = (path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}

    begun = tmp_path / "begun"
    begun.mkdir()
    pipeline(begun, 0).run(threads=1)
    for number in itertools.count(1):
        folder = tmp_path / "killed"
        shutil.copytree(begun, folder)
        child = os.fork()
        if not child:
            kill_before(number)
            pipeline(folder, 1).run(threads=1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        before = contents(folder)
        run = pipeline(folder, 1).run(threads=1)
        after = contents(folder)
        finished = [name for name in before if name.endswith("stage.json")]
        assert {name: after[name] for name in finished} == {name: before[name] for name in finished}
        assert after["out.txt"] == b"(reads 0 x)(makes 1 )(writes 0 )"
        assert after["out/text"] == b"(reads 0 x)(makes 1 )(folders 0 )"
        left = [name for name in after if re.search(r"\.(tmp|old)\b|/outputs/|/trainings/", name)]
        assert not left, number
        assert len(list((folder / "run/stages").iterdir())) == 7
        if not os.WIFSIGNALED(status):
            assert status == 0
            assert run.done == (4, 4)
            break
        shutil.rmtree(folder)
    assert number > 40
