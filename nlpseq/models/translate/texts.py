"""What a translator does with texts, around what it computes."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence

from nlpseq.errors import DataError
from nlpseq.metrics.translation import TranslationReport, translation_report
from nlpseq.models.base import Predictor
from nlpseq.models.chunks import chunks
from nlpseq.models.translate.alignment import Aligner
from nlpseq.models.translate.answers import EMPTY, Alignment, Alternative, Translation
from nlpseq.models.translate.engine import Engine
from nlpseq.models.translate.pairs import Encoder, fingerprint
from nlpseq.models.translate.search import Hypothesis
from nlpseq.models.translate.settings import SearchSettings, TranslatorSettings
from nlpseq.models.translate.sides import Ids, Side
from nlpseq.text.corpus import Pair

_CHUNK = 1024  # texts held at a time


class TextTranslator(Predictor[str, Pair]):
    """Texts and pairs of texts in, answers out, by an engine."""

    task = "translate"
    settings: TranslatorSettings
    source: Side
    target: Side
    search: SearchSettings  #: how a translation is looked for, unless predict is told otherwise

    @property
    @abstractmethod
    def engine(self) -> Engine:
        """What computes."""

    @property
    def encoder(self) -> Encoder:
        """What turns pairs into ids."""
        return Encoder(self.source, self.target, self.settings.max_length)

    def about(self) -> dict[str, str]:
        """What it knows, property → value, for people."""
        return {
            "architecture": self.settings.architecture,
            "source words": f"{len(self.source.vocabulary):,}",
            "target words": f"{len(self.target.vocabulary):,}",
        }

    def predict(
        self, inputs: Iterable[str], search: SearchSettings | None = None
    ) -> Iterator[Translation]:
        """One translation for each text, in order, as a stream.

        A text of more words than ``max_length`` is cut after sentences, or where it must be, and
        the translations of its pieces are joined.

        :param search: how to look for it; by default as the model's ``search`` says
        :raises CallError: for a single text
        """
        if isinstance(inputs, str):
            return super().predict(inputs)
        return self._translated(iter(inputs), search or self.search)

    def _answers(self, inputs: Iterator[str]) -> Iterator[Translation]:
        return self._translated(inputs, self.search)

    def _translated(self, inputs: Iterator[str], search: SearchSettings) -> Iterator[Translation]:
        number = 0  # of the next piece
        for chunk in chunks(inputs, _CHUNK):
            cut = list(map(self._pieces, chunk, self.source.encode(chunk)))
            pieces = [piece for each in cut for piece in each]
            numbers = range(number, number + len(pieces))
            found = iter(self.engine.find(pieces, numbers, search, self._limit(search)))
            number += len(pieces)
            for each in cut:
                yield self._joined([next(found) for _ in each])

    def _limit(self, search: SearchSettings) -> int:
        """Words of a translation of a piece, at most."""
        return min(search.max_length or self.settings.max_length, self.settings.max_length)

    def _pieces(self, text: str, ids: Ids) -> list[Ids]:
        longest = self.settings.max_length
        if len(ids) > longest:
            return self.source.pieces(text, longest)
        return [ids] if len(ids) else []

    def _joined(self, pieces: Sequence[Sequence[Hypothesis]]) -> Translation:
        """The answer to a text out of the hypotheses of its pieces."""
        if not pieces:
            return EMPTY
        best, *others = map(self._whole, zip(*pieces, strict=False))  # as many as all pieces have
        return Translation(*best, alternatives=tuple(others))

    def _whole(self, pieces: Sequence[Hypothesis]) -> Alternative:
        text = " ".join(self.target.decode(piece.ids) for piece in pieces)
        return Alternative(text, sum(piece.score for piece in pieces))

    def evaluate(self, data: Iterable[Pair]) -> TranslationReport:
        """Figures of the translations of the sources, held against the targets.

        :raises DataError: for no pair at all
        """
        pairs = list(data)
        if not pairs:
            raise DataError("there is no pair to evaluate on")
        hypotheses = [answer.text or "" for answer in self.predict(p.source for p in pairs)]
        targets = [pair.target for pair in pairs]
        return translation_report(targets, hypotheses, data=fingerprint(pairs))

    def score(self, pairs: Iterable[Pair]) -> Iterator[float]:
        """log P(target | source) of each pair, in order, as a stream.

        :raises DataError: for a pair with an empty side, or one of more words than ``max_length``
        """
        pairs = iter(pairs)
        for chunk in chunks(pairs, _CHUNK):
            yield from self.engine.likelihoods(self.encoder.within(chunk)).tolist()

    def align(
        self, pairs: Iterable[Pair], *, layer: int | None = None, head: int | None = None
    ) -> Iterator[Alignment]:
        """What each word of the targets looked at, in order, as a stream: a recurrent network's
        a_ij; of a Transformer the mean of the heads of the last block.

        :param layer: of a Transformer: the block of the decoder, from 1
        :param head: of a Transformer: the head, from 1
        :raises CallError: where the network has no such layer or head
        :raises DataError: for a pair with an empty side, or one of more words than ``max_length``
        """
        aligner = self._aligner(layer, head)
        return (aligner.of(self.encoder.within([pair])[0]) for pair in pairs)

    def explain(
        self,
        pairs: Iterable[tuple[str, str | None]],
        *,
        layer: int | None = None,
        head: int | None = None,
    ) -> Iterator[Alignment]:
        """The alignment, with its score, of each source and target, in order, as a stream; of
        None as a target, that of the source's own translation.

        A pair that :meth:`align` would not take has an answer with a reason.

        :param layer: as :meth:`align` has it
        :param head: likewise
        :raises CallError: where the network has no such layer or head
        """
        return self._aligner(layer, head)(pairs)

    def _aligner(self, layer: int | None, head: int | None) -> Aligner:
        longest = self.settings.max_length
        return Aligner(self.engine, self.source, self.target, longest, self.search, layer, head)
