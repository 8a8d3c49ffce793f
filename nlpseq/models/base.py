"""The contract that all models share."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from nlpseq.embeddings.coverage import Coverage
from nlpseq.errors import CallError
from nlpseq.models.card import card
from nlpseq.models.folder import Folder, Part, read, write
from nlpseq.progress import Progress, silent
from nlpseq.settings import Settings
from nlpseq.text.vocabulary import Vocabulary
from nlpseq.training.history import History
from nlpseq.training.records import Record
from nlpseq.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import nn

Input = TypeVar("Input", contravariant=True)  #: what is answered, such as a text
Example = TypeVar("Example", contravariant=True)  #: an input with its true answer


class Predictor(ABC, Generic[Input, Example]):
    """What answers: a vocabulary, and something that computes.

    Every model keeps to this, and ``tests/contract`` holds it to it: one answer for each
    input and in their order, the empty one included; an answer does not depend on the inputs
    beside it; and a model loaded answers as the one that was saved.
    """

    #: the name of the task, as in config.json
    task: ClassVar[str]
    settings: Settings
    vocabulary: Vocabulary

    def about(self) -> dict[str, str]:
        """What it knows, property → value, for people."""
        return {"words": f"{len(self.vocabulary):,}"}

    def predict(self, inputs: Iterable[Input]) -> Iterator[Any]:
        """One answer for each input, in order, as a stream; memory does not grow with them.

        :raises CallError: for a single text, whose characters would be taken for documents
        """
        if isinstance(inputs, str):
            raise CallError(
                "predict takes documents, not one text", remedy="put it in a list: predict([text])"
            )
        return self._answers(iter(inputs))

    @abstractmethod
    def _answers(self, inputs: Iterator[Input]) -> Iterator[Any]:
        """What :meth:`predict` gives back."""

    @abstractmethod
    def evaluate(self, data: Iterable[Example]) -> Any:
        """Figures on labelled data, and their signature."""

    @classmethod
    @abstractmethod
    def from_folder(
        cls, folder: Folder, *, device: str = "cpu", threads: int | None = None
    ) -> Self:
        """The model of a folder that was read and checked.

        :param threads: processor cores to use; None: all
        """


class Model(Predictor[Input, Example]):
    """A façade: a network with its tokenizer, vocabulary and settings."""

    network: "nn.Module"
    history: History  #: of its training, empty where it had none
    coverage: Coverage | None  #: of the vectors that it started from, where there were any

    @property
    def parameters(self) -> int:
        """How many numbers training changes."""
        return sum(p.numel() for p in self.network.parameters() if p.requires_grad)

    @property
    def frozen_parameters(self) -> int:
        """How many numbers training leaves as they are."""
        return sum(p.numel() for p in self.network.parameters() if not p.requires_grad)

    @abstractmethod
    def fit(
        self,
        train: Iterable[Example],
        dev: Iterable[Example] | None = None,
        training: TrainingSettings | None = None,
        *,
        checkpoints: Path | None = None,
        records: Sequence[Record] = (),
        progress: Progress = silent,
    ) -> History:
        """Train on ``train`` and keep the epoch that is best on ``dev``.

        :param checkpoints: a folder in which a training keeps what it needs to go on after it
            was cut off; the same call goes on from there
        :param records: told of each epoch
        """

    @abstractmethod
    def save(self, path: Path | str, *, report: Any = None, replace: bool = False) -> None:
        """Write the model folder, whole or not at all, with the figures of ``report``."""

    def _write(
        self,
        path: Path,
        *,
        settings: Mapping[str, Any],
        parts: Mapping[str, Part | None],
        report: Any,
        replace: bool,
    ) -> None:
        """The folder, with the card, and the figures of ``report`` where there is one."""
        figures = report.figures if report else {}
        write(
            path,
            task=self.task,
            settings=settings,
            network=self.network,
            parts=parts,
            metrics={
                "figures": figures,
                "signature": report.signature if report else None,
                "history": [epoch._asdict() for epoch in self.history],
            },
            card=card(self, path, figures),
            replace=replace,
        )

    @classmethod
    def load(cls, path: Path | str, *, device: str = "cpu") -> Self:
        """The model of a folder; :func:`nlpseq.load` finds the class by itself."""
        folder = read(Path(path))
        if folder.task != cls.task:
            raise CallError(
                f"a model for the task {folder.task!r}, not {cls.task!r}",
                where=str(path),
                remedy="nlpseq.load(path) loads any task",
            )
        if folder.exported:
            raise CallError(
                "an exported model, which answers and no more",
                where=str(path),
                remedy="nlpseq.load(path) loads it",
            )
        return cls.from_folder(folder, device=device)
