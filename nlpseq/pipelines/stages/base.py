"""What every stage is: options, and a function of the artefacts before it."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Protocol

from pydantic import BeforeValidator, Field, ValidationInfo

from nlpseq.embeddings.opening import is_name
from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError
from nlpseq.hub.places import cache_folder
from nlpseq.models.base import Model
from nlpseq.models.translate.sides import Side
from nlpseq.pipelines.outputs import Outputs
from nlpseq.pipelines.stages.corpora import Corpus
from nlpseq.progress import Progress, silent
from nlpseq.settings import Settings
from nlpseq.text.vocabulary import Vocabulary

#: of a stage's folder, or of the user's cache: what trainings keep while they run
TRAININGS = "trainings"

#: what a stage has to show for itself, in the table at the end
Figures = Mapping[str, float | int | str]


def _beside_the_file(value: object, info: ValidationInfo) -> object:
    """A relative path written in a file starts from the file; from the shell, where one is."""
    context = info.context or {}
    if isinstance(value, str) and value.startswith("hf://"):
        return value
    if isinstance(value, str) and "folder" in context and info.field_name not in context["shell"]:
        return str(context["folder"] / Path(value).expanduser())
    return str(Path(value).expanduser()) if isinstance(value, str) else value


#: a path that is read
InputPath = Annotated[str, BeforeValidator(_beside_the_file)]


def _path_or_name(value: object, info: ValidationInfo) -> object:
    beside = _beside_the_file(value, info)
    return value if isinstance(value, str) and is_name(value, Path(str(beside))) else beside


#: a path that is read, a name out of the catalogue of vectors, or an address on the hub
VectorsSource = Annotated[str, BeforeValidator(_path_or_name)]


class Report(Protocol):
    """What an evaluation says; as text it is for people."""

    @property
    def figures(self) -> Mapping[str, float]:
        """The one that counts first."""

    @property
    def signature(self) -> str:
        """What makes them comparable."""


@dataclass(frozen=True)
class Artefacts:
    """What the stages so far have made."""

    corpus: Corpus | None = None
    vocabulary: Vocabulary | None = None
    vectors: Vectors | None = None
    target_vectors: Vectors | None = None  #: of the second side of pairs
    units: tuple[Side, Side] | None = None  #: of sources, and of targets
    model: Model[Any, Any] | None = None
    report: Report | None = None


@dataclass(frozen=True)
class Job:
    """What a whole run shares."""

    seed: int = 0
    threads: int = 1
    device: str = "cpu"
    force: bool = False  #: replace what stands there already
    several: bool = False  #: one of several seeds, so its output goes into a folder of its own
    combination: str = ""  #: of a matrix, and again a folder of its own
    progress: Progress = silent
    work: Path | None = None  #: the stage's own folder, where the run has one
    written: Outputs | None = None  #: what runs of the same folder have written outside of it

    def output(self, path: str) -> Path:
        """Where this run writes what its file calls ``path``; relative to the current folder."""
        wanted = Path(path).expanduser()
        return wanted.parent / self.folder / wanted.name

    @property
    def folder(self) -> Path:
        """Where the output of this run goes, beside that of others."""
        return Path(self.combination, f"seed-{self.seed}" if self.several else "")

    def replaces(self, path: Path) -> bool:
        """Whether what stands there may be replaced: on request, or what a run of the same folder
        wrote and nobody has changed.
        """
        return self.force or (self.written is not None and self.written.ours(path))

    @contextmanager
    def writing(self, path: Path) -> Iterator[Path]:
        """Where to write what is to stand at ``path``; it comes there at the end of the block."""
        if self.written is None or self.work is None or is_special(path):
            yield path
        else:
            with self.written.writing(path, self.work) as made:
                yield made

    @property
    def checkpoints(self) -> Path:
        """Where trainings keep what they need to go on after they were cut off."""
        return (self.work or cache_folder()) / TRAININGS


class Stage(Settings):
    """One stage: its fields are its options in a pipeline file."""

    kind: ClassVar[str]
    gives: ClassVar[tuple[str, ...]] = ()  #: what stages behind it may need
    version: ClassVar[int] = 1  #: one more where the same options are to give something else
    keeps: ClassVar[bool] = False  #: whether :meth:`keep` leaves all that :meth:`restore` takes
    rewrites: ClassVar[bool] = False  #: whether :meth:`write` can do again what :meth:`run` wrote

    as_: str | None = Field(
        None, alias="as", min_length=1, description="a name, where a kind stands twice"
    )

    @property
    def name(self) -> str:
        """What ``-s`` and the table call it."""
        return self.as_ or self.kind

    @property
    def needs(self) -> tuple[str, ...]:
        """What stages before it must give."""
        return ()

    @property
    def uses(self) -> tuple[str, ...]:
        """What it needs, and what it looks at where a stage before it gives it: it gets no more."""
        return self.needs

    @property
    def trains(self) -> bool:
        """Whether threads and device have a part in what it makes."""
        return False

    def told(self, but: Set[str]) -> dict[str, Any]:
        """Its options, plain: with equal ones it does the same.

        :param but: names to leave out
        """
        return self.model_dump(mode="json", exclude=set(but))

    def inputs(self) -> Mapping[str, str]:
        """Option → file that it reads: looked for before any stage runs."""
        return {}

    def check(self, job: Job) -> None:
        """Raise a CallError where the stage could not write what it is to write."""

    def outputs(self, job: Job) -> list[Path]:
        """What it writes outside of the run's folder: it is not done while that is not there."""
        return []

    @abstractmethod
    def run(self, before: Artefacts, job: Job) -> tuple[Artefacts, Figures]:
        """Do the work: what was there before, with what this stage adds, and its figures."""

    def keep(self, made: Artefacts, folder: Path) -> None:
        """Leave in a folder what :meth:`restore` takes. By default nothing: what only reads is
        read again.
        """

    def restore(self, before: Artefacts, folder: Path, job: Job) -> Artefacts:
        """What :meth:`run` gave, out of what :meth:`keep` has left.

        :param before: where the stage ``keeps``, empty
        """
        return self.run(before, job)[0]

    def write(self, made: Artefacts, job: Job) -> None:
        """Write the outputs, out of what :meth:`run` gave."""


def is_special(path: Path) -> bool:
    """Whether there is a device or a pipe, which is written to and never replaced."""
    return path.exists() and not (path.is_file() or path.is_dir())


def refuse_overwriting(path: Path, job: Job) -> None:
    """Raise a CallError where a file stands there already and ``--force`` was not given."""
    if path.is_dir():
        raise CallError("this is a folder, a file is to be written", where=str(path))
    if path.is_file() and not job.replaces(path):
        raise CallError(
            "the file is there already", where=str(path), remedy="pass --force to replace it"
        )
