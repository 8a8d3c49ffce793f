"""The network of a classifier: embedding → encoder → pooling → linear."""

import torch
from torch import Tensor, nn

from nlpseq.layers import encoder
from nlpseq.layers.convolution import CNN
from nlpseq.layers.embedding import embedding
from nlpseq.layers.pooling import Pool
from nlpseq.layers.recurrent import FeatureDropout, Recurrent
from nlpseq.models.classify.settings import ClassifierSettings
from nlpseq.text.vocabulary import Vocabulary


class ClassifierNetwork(nn.Module):
    """ids → logits: with two labels one, the second's; else one a label."""

    def __init__(
        self, settings: ClassifierSettings, vocabulary: Vocabulary, labels: int,
        rows: Tensor | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        assert vocabulary.unk is not None  # the classifier saw to it
        self.unknown, self.word_dropout = vocabulary.unk, settings.word_dropout
        frozen = settings.embedding == "frozen" and settings.thaw is None
        self.embedding = embedding(
            len(vocabulary), settings.dim, pad=vocabulary.pad, rows=rows, frozen=frozen
        )
        dropout = settings.dropout
        self.input_dropout = (FeatureDropout if settings.variational else nn.Dropout)(dropout)
        with_class = settings.how == "cls"
        self.class_vector = nn.Parameter(torch.zeros(settings.dim)) if with_class else None
        longest = settings.max_length + with_class
        self.encoder = encoder.build(settings, settings.dim, longest=longest)
        self.pool = Pool(
            settings.how,
            self.encoder.size,  # type: ignore[arg-type]  # an encoder's, as build says
            directions=self.encoder.directions,  # type: ignore[arg-type]
            steps=settings.max_length,
            # the end of a document that is kept stands at the same place in every row
            side="pre" if settings.truncate == "pre" else "post",
        )
        self.norm = nn.BatchNorm1d(self.pool.size) if settings.batch_norm else None
        self.dropout = nn.Dropout(dropout)
        single = labels == 2 and not settings.multilabel
        self.output = nn.Linear(self.pool.size, 1 if single else labels)

    def features(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """One vector a row, shape (rows, features).

        :param ids: shape (rows, length)
        :param lengths: shape (rows,), each at least 1
        """
        if self.training and self.word_dropout:  # Iyyer et al. 2015, section 3.1
            dropped = torch.rand(ids.shape, device=ids.device) < self.word_dropout
            ids = ids.masked_fill(dropped, self.unknown)
        if self._looks_up():
            states, lengths = self.encoder.look_up(self.embedding.weight, ids, lengths)  # type: ignore[operator]
        else:
            x = self.embedding(ids)  # (rows, length, dim)
            if self.class_vector is not None:
                x = torch.cat([self.class_vector.expand(len(x), 1, -1), x], dim=1)
                lengths = lengths + 1
            states, lengths = self.encoder(self.input_dropout(x), lengths)
        pooled: Tensor = self.pool(states, lengths)
        return pooled

    def _looks_up(self) -> bool:
        """Whether the encoder gets words in place of vectors, to which nothing then may happen."""
        if self.training and self.dropout.p:
            return False
        recurrent = isinstance(self.encoder, Recurrent) and not torch.is_grad_enabled()
        return recurrent or isinstance(self.encoder, CNN)

    def forward(self, ids: Tensor, lengths: Tensor, documents: Tensor | None = None) -> Tensor:
        """Logits, shape (documents, labels or 1).

        :param documents: shape (rows,), rising: the document that a row is a window of, whose
            features are the mean of its windows'; None: each row is a document
        """
        pooled = self.features(ids, lengths)
        if documents is not None:
            count = torch.bincount(documents).to(pooled).unsqueeze(1)  # (documents, 1)
            total = pooled.new_zeros(len(count), pooled.shape[1])
            pooled = total.index_add(0, documents, pooled) / count
        if self.norm is not None:
            pooled = _normalised(self.norm, pooled)
        logits: Tensor = self.output(self.dropout(pooled))
        return logits


def _normalised(norm: nn.BatchNorm1d, x: Tensor) -> Tensor:
    """Batch normalisation (Ioffe and Szegedy 2015), with the running figures for a single row,
    which has no deviation of its own.
    """
    if norm.training and len(x) == 1:
        return nn.functional.batch_norm(
            x, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps
        )
    normalised: Tensor = norm(x)
    return normalised
