"""Figures of translations, or of any text that is to be one given text, as sacrebleu reckons (Post
2018): BLEU (Papineni et al. 2002) and chrF (Popović 2015) of the corpus, and exact matches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlpseq import __version__
from nlpseq.errors import DataError

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric


@dataclass(frozen=True)
class TranslationReport:
    """Figures on one set of pairs, and how they were reckoned."""

    #: bleu and chrf (0 to 100), exact_match (0 to 1), pairs
    figures: dict[str, float]
    signature: str

    def __str__(self) -> str:
        """The figures, and the signature."""
        f = self.figures
        return (
            f"BLEU {f['bleu']:.2f}   chrF {f['chrf']:.2f}   "
            f"exact match {f['exact_match']:.4f}   pairs {f['pairs']:,.0f}\n\n{self.signature}"
        )


def translation_report(
    references: Sequence[str], hypotheses: Sequence[str], *, data: str = "unnamed"
) -> TranslationReport:
    """BLEU and chrF with sacrebleu's defaults, and the share of exact matches.

    BLEU is 0 where no hypothesis has four tokens, also of identical texts. In an exact match only
    blanks around the text may differ.

    :param references: detokenised texts, as a reader is to see them
    :param hypotheses: what the model made of as many sources; may be empty
    :param data: what the pairs are, for the signature: figures on other data do not compare
    :raises DataError: where there is no pair
    :raises ValueError: where there are not as many hypotheses as references
    """
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    bleu_score, bleu_signature = _score(BLEU(), references, hypotheses)
    chrf_score, chrf_signature = _score(CHRF(), references, hypotheses)
    pairs = list(zip(references, hypotheses, strict=True))
    figures = {
        "bleu": bleu_score,
        "chrf": chrf_score,
        "exact_match": sum(r.strip() == h.strip() for r, h in pairs) / len(pairs),
        "pairs": float(len(pairs)),
    }
    signature = (
        f"nlpseq {__version__} | translation | {bleu_signature} | {chrf_signature} | "
        f"pairs {len(pairs)} | data {data}"
    )
    return TranslationReport(figures, signature)


def bleu(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """The BLEU of :func:`translation_report` alone, to validate by while training.

    :raises DataError: where there is no pair
    :raises ValueError: where there are not as many hypotheses as references
    """
    from sacrebleu.metrics.bleu import BLEU

    # Whoever validates on tokenised text is told so once, by the report, not at each validation.
    return _score(BLEU(force=True), references, hypotheses)[0]


def _score(
    metric: "Metric", references: Sequence[str], hypotheses: Sequence[str]
) -> tuple[float, str]:
    """The corpus score, 0 to 100, and its name and signature as sacrebleu prints them."""
    if len(references) != len(hypotheses):
        raise ValueError(f"{len(hypotheses)} hypotheses for {len(references)} references")
    if not references:
        raise DataError("there is no pair to evaluate on")
    score = metric.corpus_score(hypotheses, [references])
    return score.score, f"{score.name}|{metric.get_signature()}"
