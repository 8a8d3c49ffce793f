"""The recurrent translator: a bidirectional encoder, a decoder with attention."""

from torch import Tensor, nn

from nlpseq.layers.attention import Attended, Memory
from nlpseq.layers.decoder import Carried, RecurrentDecoder
from nlpseq.layers.recurrent import Recurrent
from nlpseq.models.translate.network import Decoding, Rows, TranslatorNetwork
from nlpseq.models.translate.settings import TranslatorSettings
from nlpseq.text.vocabulary import Vocabulary


class RecurrentNetwork(TranslatorNetwork):
    """Embedding → bidirectional layers; embedding → decoder with attention → output."""

    def __init__(
        self, settings: TranslatorSettings, source: Vocabulary, target: Vocabulary, rows: Rows
    ) -> None:
        super().__init__(settings, source, target, rows)
        self.encoder = Recurrent(
            settings.cell,
            self.dim,
            settings.hidden // 2,
            layers=settings.layers,
            dropout=settings.dropout,
            variant="torch" if settings.cell == "gru" else "paper",  # as the decoder's
        )
        self.decoder = RecurrentDecoder(
            settings.cell,
            self.dim,
            settings.hidden,
            self.encoder.size,
            layers=settings.layers,
            attention=settings.attention,
            input_feeding=settings.input_feeding,
            dropout=settings.dropout,
        )
        self.dropout = nn.Dropout(settings.dropout)

    def _read(self, source: Tensor, lengths: Tensor) -> tuple[Carried, Memory]:
        states, _ = self.encoder(self.dropout(self.source_embedding(source)), lengths)
        return self.decoder.start(states, lengths), self.decoder.attention.remember(states, lengths)

    def forward(
        self, source: Tensor, source_lengths: Tensor, target: Tensor, target_lengths: Tensor,
        weights: bool = False,
    ) -> Attended:  # fmt: skip
        """As the base says."""
        carried, memory = self._read(source, source_lengths)
        y = self.dropout(self.target_embedding(target))
        attended: Attended = self.decoder(y, carried, memory)
        return attended._replace(context=self.dropout(attended.context))

    def start(self, source: Tensor, lengths: Tensor) -> Decoding:
        """As the base says."""
        return _RecurrentDecoding(self, *self._read(source, lengths))


class _RecurrentDecoding(Decoding):
    def __init__(self, network: RecurrentNetwork, carried: Carried, memory: Memory) -> None:
        self.network, self.carried, self.memory = network, carried, memory

    def step(self, ids: Tensor) -> Tensor:
        y = self.network.target_embedding(ids)
        attended, self.carried = self.network.decoder.step(y, self.carried, self.memory)
        return self.network.logits(attended.context)

    def take(self, rows: Tensor, sentences: Tensor | None = None) -> None:
        self.carried = self.carried.take(rows)
        if sentences is not None:
            self.memory = Memory(*(part.index_select(0, sentences) for part in self.memory))
