"""A classifier in the manner of scikit-learn, for its cross-validation, grids and pipelines."""

from collections.abc import Iterable
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from nlpseq.embeddings.vectors import Vectors
from nlpseq.errors import CallError, DataError
from nlpseq.metrics.baseline import LinearBaseline
from nlpseq.models.classify import Classifier, ClassifierSettings
from nlpseq.settings import Settings, explain
from nlpseq.text.corpus import Document, hold_out
from nlpseq.text.tokenize import Tokenizer
from nlpseq.text.vocabulary import Vocabulary
from nlpseq.training.settings import TrainingSettings

_Made = TypeVar("_Made", bound=Settings)
_PARTS: dict[str, type[Settings]] = {"settings": ClassifierSettings, "training": TrainingSettings}


class SequenceClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """One label for each text. ``X`` are texts; ``y`` are numbers, strings, or what else sorts.

    ``settings__hidden``, ``training__epochs`` and their like set one option in a grid search.
    After :meth:`fit`, ``model_`` is the :class:`~nlpseq.models.classify.Classifier`, which saves
    itself and is loaded by :func:`nlpseq.load`; ``classes_`` are the distinct ``y``, sorted.

    :param settings: what the network is
    :param training: how it is trained; its seed is ``random_state``
    :param tokenizer: how texts are cut into words
    :param vectors: what the embedding starts from, unless it is ``learned``
    :param from_vectors: so many of the vectors' first words are known beside those of ``X``
    :param min_count: rarer words are unknown
    :param max_size: of the vocabulary, specials counted
    :param validation_fraction: of the texts, held out to choose the best epoch by; with 0 the
        last epoch is kept
    :param random_state: of the first weights, the order of the texts and what is held out
    """

    def __init__(
        self,
        settings: ClassifierSettings | None = None,
        training: TrainingSettings | None = None,
        *,
        tokenizer: Tokenizer | None = None,
        vectors: Vectors | None = None,
        from_vectors: int = 0,
        min_count: int = 1,
        max_size: int | None = None,
        validation_fraction: float = 0.1,
        random_state: int = 0,
    ) -> None:
        self.settings = settings
        self.training = training
        self.tokenizer = tokenizer
        self.vectors = vectors
        self.from_vectors = from_vectors
        self.min_count = min_count
        self.max_size = max_size
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def fit(self, X: Iterable[str], y: Iterable[Any]) -> Self:
        """Train on texts, shape (n,), and their labels, shape (n,).

        :raises DataError: naming the text: no token, or no text at all; labels that do not sort,
            or fewer than two of them
        :raises CallError: for one text instead of several, or not one label for each
        """
        settings, training = self.settings or ClassifierSettings(), self._training()
        if settings.multilabel:
            raise CallError("several labels a text are for Classifier", where="settings")
        texts, labels = _texts(X), np.asarray(y)
        if labels.shape != (len(texts),):
            raise CallError(
                f"{len(texts)} texts, and labels of shape {labels.shape}",
                remedy="give one label for each text",
            )
        try:
            self.classes_, ids = np.unique(labels, return_inverse=True)
        except TypeError as error:
            raise DataError(f"the labels cannot be sorted: {error}", where="y") from error
        if len(self.classes_) < 2:
            raise DataError("a classifier needs two labels at least", where="y")
        names = [str(label) for label in self.classes_.tolist()]
        documents = [
            Document(text, names[k], "X", i)
            for i, (text, k) in enumerate(zip(texts, ids, strict=True))
        ]
        dev: list[Document] = []
        if held := round(self.validation_fraction * len(documents)):
            documents, dev = hold_out(documents, held, seed=training.seed)
        tokenizer = self.tokenizer or Tokenizer()
        vocabulary = Vocabulary.build(
            tokenizer.stream_words(document.text for document in documents),
            min_count=self.min_count,
            max_size=self.max_size,
        )
        if self.vectors is not None and self.from_vectors:
            vocabulary = vocabulary.extended(self.vectors.words[: self.from_vectors])
        model = Classifier(
            vocabulary,
            names,
            settings,
            tokenizer=tokenizer,
            vectors=self.vectors,
            seed=training.seed,
        )
        model.fit(documents, dev, training)
        if settings.linear:
            (train, given), (held_out, told) = (
                (tokenizer.stream_words(d.text for d in part), [d.label or () for d in part])
                for part in (documents, dev)
            )
            model.baseline = LinearBaseline.fit(train, given, held_out, told, classes=names)
        self.model_, self._shares = model, np.bincount(ids) / len(ids)
        return self

    def predict(self, X: Iterable[str]) -> npt.NDArray[Any]:
        """The most probable label of each text, shape (n,)."""
        best = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[best])

    def predict_proba(self, X: Iterable[str]) -> npt.NDArray[np.float64]:
        """Probabilities, shape (n, classes), in the order of ``classes_``.

        A text without a token gets the shares of the labels in the training data.
        """
        check_is_fitted(self, "model_")
        rows = [
            list(answer.probabilities.values()) or self._shares
            for answer in self.model_.predict(_texts(X))
        ]
        return np.array(rows, dtype=np.float64).reshape(-1, len(self.classes_))

    def _training(self) -> TrainingSettings:
        training = self.training or TrainingSettings()
        if "seed" in training.model_fields_set:
            raise CallError("the seed is random_state here", where="training")
        options = training.model_dump(exclude_unset=True) | {"seed": _plain(self.random_state)}
        return _made(TrainingSettings, options, "random_state")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters; ``deep`` adds each option of settings and training."""
        params: dict[str, Any] = super().get_params(deep=False)
        for part, kind in _PARTS.items() if deep else ():
            options = params[part] or kind()
            params |= {f"{part}__{name}": getattr(options, name) for name in kind.model_fields}
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, or single options of settings and training.

        :raises CallError: for an option that there is not, or that does not fit the others
        """
        changes: dict[str, dict[str, Any]] = {part: {} for part in _PARTS}
        for name in list(params):
            part, _, option = name.partition("__")
            if option and part in changes:
                changes[part][option] = _plain(params.pop(name))
        super().set_params(**params)
        for part, changed in changes.items():
            if changed:
                kind = _PARTS[part]
                before = (getattr(self, part) or kind()).model_dump(exclude_unset=True)
                setattr(self, part, _made(kind, before | changed, part))
        return self

    def __sklearn_clone__(self) -> Self:
        # Nothing that was given is ever changed, and vectors are too large to copy.
        return type(self)(**self.get_params(deep=False))


def _texts(X: Iterable[str]) -> list[str]:
    if isinstance(X, str) or getattr(X, "ndim", 1) != 1:
        raise CallError("X is a list of texts, or one column of them", where="X")
    texts = list(X)
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise DataError(f"{text!r} is not a text", where=f"X:{i}")
    return texts


def _plain(value: Any) -> Any:
    """A grid made with NumPy holds numbers of its own."""
    return value.item() if isinstance(value, np.generic) else value


def _made(kind: type[_Made], options: dict[str, Any], where: str) -> _Made:
    try:
        return kind(**options)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise CallError(
            f"{key}: {explain(first)}" if key else explain(first), where=where
        ) from error
