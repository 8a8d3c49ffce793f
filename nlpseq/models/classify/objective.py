"""From logits to a loss and to probabilities."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from nlpseq.errors import CallError, suggestion
from nlpseq.models.classify.settings import ClassifierSettings
from nlpseq.text.vocabulary import Vocabulary


def probabilities(logits: Tensor, settings: ClassifierSettings) -> Tensor:
    """Shape (documents, labels): σ of one logit for two labels and for each of several that do
    not exclude each other, softmax for those that do.
    """
    if settings.multilabel:
        return logits.sigmoid()
    if logits.shape[1] == 1:
        second = logits.sigmoid()
        return torch.cat([1 - second, second], dim=1)
    return logits.softmax(1)


def weights(
    settings: ClassifierSettings, labels: Vocabulary, targets: npt.NDArray[Any]
) -> npt.NDArray[np.float32] | None:
    """What a document of each label counts, shape (labels,); None: all alike.

    ``balanced`` is documents / (labels × the label's documents), as in scikit-learn; for labels
    that do not exclude each other the documents without a label over those with it.

    :param targets: shape (documents,), or (documents, labels) of truth values
    :raises CallError: for a weight of a label that does not occur
    """
    chosen = settings.class_weights
    if chosen is None:
        return None
    if isinstance(chosen, dict):
        for name in chosen:
            if labels.get(name) is None:
                raise CallError(
                    f"class_weights: there is no label {name!r}; the labels are: "
                    f"{', '.join(labels.words)}",
                    remedy=suggestion(name, labels.words),
                )
        return np.array([chosen.get(label, 1.0) for label in labels.words], dtype=np.float32)
    if settings.multilabel:
        having = np.maximum(targets.sum(axis=0), 1)
        return np.asarray((len(targets) - having) / having, dtype=np.float32)
    counts = np.maximum(np.bincount(targets, minlength=len(labels)), 1)
    return np.asarray(len(targets) / (len(labels) * counts), dtype=np.float32)


class Objective(nn.Module):
    """Cross-entropy, -Σ y log p, with labels smoothed (Szegedy et al. 2016, section 7): of the
    truth a share ε is spread evenly over the labels.
    """

    weights: Tensor | None

    def __init__(
        self, settings: ClassifierSettings, weights: npt.NDArray[np.float32] | None
    ) -> None:
        super().__init__()
        self.smoothing, self.multilabel = settings.label_smoothing, settings.multilabel
        self.register_buffer("weights", None if weights is None else torch.from_numpy(weights))

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The mean of the documents.

        :param logits: shape (documents, labels or 1)
        :param targets: shape (documents,), or (documents, labels) of truth values
        """
        if not self.multilabel and logits.shape[1] > 1:
            return cross_entropy(
                logits, targets, weight=self.weights, label_smoothing=self.smoothing
            )
        truth = targets.to(logits).view_as(logits)
        if self.smoothing:
            truth = truth * (1 - self.smoothing) + self.smoothing / 2
        if self.multilabel or self.weights is None:
            return binary_cross_entropy_with_logits(logits, truth, pos_weight=self.weights)
        each = self.weights[targets].unsqueeze(1)
        loss = binary_cross_entropy_with_logits(logits, truth, weight=each, reduction="sum")
        return loss / each.sum()
