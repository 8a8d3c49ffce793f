"""GloVe's recipe for English: lower case, words as the Penn Treebank cuts them.

GloVe's sets of news and Wikipedia were made of text that the Stanford tokenizer had cut and that
was then lowercased (Pennington et al. 2014, section 4.2). Its conventions, as far as words of
these sets show them: contractions are two words (``do n't``, ``it 's``, ``can not``), numbers keep
their inner marks, initials and short forms of single letters their stops (``u.s.``), words their
hyphens; ``--`` and ``...`` are one mark each, every other mark stands alone.
"""

import re
from collections.abc import Iterator

from nlpseq.text.characters import RUN
from nlpseq.text.normalize.rewriting import Step, Whole, lower, matches

_SHORT = "mr|mrs|ms|dr|prof|st|jr|sr|inc|ltd|co|corp|vs|gen|sen|rep|gov"
_PAIRS = (
    ("can", "not"), ("gon", "na"), ("got", "ta"), ("wan", "na"), ("lem", "me"), ("gim", "me"),
)  # fmt: skip
_TOKEN = re.compile(
    "|".join(
        [
            r"https?://\S+|www\.\S+",
            r"\.\.+|--+",
            r"(?:[^\W\d_]\.){2,}",  # u.s.
            rf"\b(?:{_SHORT})\.",
            r"n't(?!\w)|'(?:s|m|d|ll|re|ve)(?!\w)",
            r"\w{1,40}?(?=n't(?!\w))",
            *(rf"\b{first}(?={second}\b)" for first, second in _PAIRS),
            r"\d+(?:[.,:/]\d+)+(?!\w)",
            rf"{RUN}(?:(?:-|'(?!(?:s|m|d|ll|re|ve|t)(?!\w))){RUN})*",
            r"\S",
        ]
    )
)


def _cuts(text: str) -> Iterator[tuple[int, int]]:
    """Where two tokens stand side by side."""
    last = -1
    for match in _TOKEN.finditer(text):
        if match.start() == last:
            yield last, last
        last = match.end()


#: what the recipe does to texts
TEXT = Whole(
    (
        Step(matches("’"), "'"),
        Step(_cuts, " "),
        Step(matches(r"(?<= ) +"), ""),
    )
)


def word(original: str) -> str:
    """What the recipe does to a word that was cut out of a text already."""
    return lower(original).replace("’", "'")
