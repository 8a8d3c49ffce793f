"""A classifier that was exported: it answers through onnxruntime, without torch."""

from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from nlpseq.errors import CallError, DataError
from nlpseq.models.classify.documents import Batch, DocumentClassifier, Saved
from nlpseq.models.folder import BASELINE, GRAPH, Folder
from nlpseq.models.onnx.opening import INPUTS, OUTPUTS, session
from nlpseq.settings import Settings
from nlpseq.text.sequences import Truncation

Weights = Literal["float32", "int8"]


class ExportedSettings(Settings):
    """What is known of a network that is a graph now."""

    encoder: str
    weights: Weights
    max_length: int = Field(ge=1)
    truncate: Truncation
    windows: int = Field(ge=1)
    linear: float = Field(0.0, ge=0, lt=1)
    multilabel: bool


class _Saved(Saved):
    network: ExportedSettings


class OnnxClassifier(DocumentClassifier):
    """Answers as the classifier that was exported.

    :param graph: of ONNX
    :param threads: processor cores to use; None: all
    :raises DataError: for a graph that is damaged, or that nlpseq did not write
    """

    settings: ExportedSettings
    batch_tokens = 1 << 13  # so few that the states stay in the processor's cache

    def __init__(
        self,
        graph: bytes,
        folder: Folder,
        *,
        threads: int | None = None,
    ) -> None:
        saved = _Saved.of(folder)
        self.vocabulary, self.labels = folder.vocabulary, folder.labels
        self.settings, self.tokenizer = saved.network, saved.tokenizer
        self.thresholds, self.baseline = saved.thresholds, folder.parts.get(BASELINE)
        self._where = str(folder.path / GRAPH)
        self._session: Any = session(graph, where=self._where, threads=threads)

    @classmethod
    def from_folder(
        cls, folder: Folder, *, device: str = "cpu", threads: int | None = None
    ) -> Self:
        """The classifier of a folder that was read and checked.

        :raises CallError: for another device than the cpu
        :raises DataError: where its parts do not fit, or nlpseq did not write the graph
        """
        if device != "cpu":
            raise CallError("an exported model runs on the cpu", where=f"device {device}")
        return cls((folder.path / GRAPH).read_bytes(), folder, threads=threads)

    def compute(self, batch: Batch) -> npt.NDArray[np.float32]:
        """Probabilities, shape (documents, labels).

        :raises DataError: where the graph fails on what the folder's other files make of a text
        """
        inputs = dict(zip(INPUTS, batch, strict=True))
        feed = {given.name: inputs[given.name] for given in self._session.get_inputs()}
        try:
            [found] = self._session.run(OUTPUTS, feed)
        except Exception as error:  # onnxruntime's have no common base
            raise DataError(f"the graph fails: {error}", where=self._where) from error
        if np.shape(found) != (batch.documents[-1] + 1, len(self.labels)):
            raise DataError(
                f"the graph's answer has the shape {np.shape(found)}", where=self._where
            )
        return np.asarray(found, dtype=np.float32)
