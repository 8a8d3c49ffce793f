"""Figures of translations: BLEU and chrF by sacrebleu, and how many are exact."""

from collections.abc import Sequence
from dataclasses import dataclass

from nlpseq import __version__
from nlpseq.errors import DataError


@dataclass(frozen=True)
class TranslationReport:
    """Figures on one set of pairs, and how they were reckoned."""

    #: bleu and chrf (0 to 100), exact_match (the share of translations that are the reference),
    #: pairs
    figures: dict[str, float]
    signature: str  #: with sacrebleu's own

    def __str__(self) -> str:
        """Figures and signature."""
        f = self.figures
        return (
            f"BLEU {f['bleu']:.2f}   chrF {f['chrf']:.2f}   exact {f['exact_match']:.4f}   "
            f"pairs {f['pairs']:,.0f}\n\n{self.signature}"
        )


def bleu(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Corpus BLEU, 0 to 100 (Papineni et al. 2002; as Post 2018 has it, tokenised by 13a)."""
    from sacrebleu.metrics import BLEU

    return float(BLEU().corpus_score(list(hypotheses), [list(references)]).score)


def translation_report(
    references: Sequence[str], hypotheses: Sequence[str], *, data: str = "unnamed"
) -> TranslationReport:
    """BLEU, chrF (Popović 2015) and the share of exact matches, over texts as people read them.

    :param references: the true translations
    :param hypotheses: as many; an empty one is legal
    :param data: what the pairs are, for the signature
    :raises ValueError: where there are not as many
    :raises DataError: for no pair at all
    """
    from sacrebleu.metrics import BLEU, CHRF

    if len(references) != len(hypotheses):
        raise ValueError(f"{len(references)} references and {len(hypotheses)} hypotheses")
    if not references:
        raise DataError("there is no pair to evaluate on")
    metrics = BLEU(), CHRF()
    scores = [m.corpus_score(list(hypotheses), [list(references)]).score for m in metrics]
    exact = sum(map(str.__eq__, references, hypotheses)) / len(references)
    signatures = " ".join(
        f"{name}|{metric.get_signature()}"
        for name, metric in zip(("BLEU", "chrF"), metrics, strict=True)
    )
    return TranslationReport(
        {
            "bleu": float(scores[0]),
            "chrf": float(scores[1]),
            "exact_match": exact,
            "pairs": float(len(references)),
        },
        f"nlpseq {__version__} | translation | {signatures} | pairs {len(references)} | "
        f"data {data}",
    )
