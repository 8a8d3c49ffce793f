"""NILC's recipe for Portuguese (Hartmann et al. 2017, section 2).

In order: lower case; ``...`` and ``{…}`` removed; HTML tags to a space; each digit to ``0``; web
addresses to ``URL``; e-mail addresses to ``EMAIL``; double quotes deleted; punctuation split off.

Where that leaves a question open, what the authors published of their own preparation answers
it: everything from a line's first ``{`` to its last ``}`` goes; whatever stands between two blanks
with an ``@`` inside is an e-mail address, and an address reaches to the next blank; typographic
quotes, single ones too, and an apostrophe that is not inside a word are quotes; an en dash is a
hyphen; a double stop is one; a hyphen after a blank is split off the word behind it. A mark stays
where it is between two letters or digits (``0,00``, ``e/ou``); ``-``, ``$``, ``&`` and marks of no
keyboard are never split off.
"""

from nlpseq.text.characters import RUN
from nlpseq.text.normalize.rewriting import Step, Whole, enclosed, lower, matches, rewrite, runs_of

_P = r"""[!"#%'()*+,./:;<=>?@\[\\\]^_`{|}~]"""
_LETTER = RUN.removesuffix("+")  # a combining mark belongs to its letter
_INSIDE = rf"(?:(?!_){_LETTER})"
_ALONE = (rf"(?<!{_INSIDE}){_P}", rf"{_P}(?!{_INSIDE})")  # not between two letters or digits

_CONTENT = (
    Step(matches(r"\.\.\.|…"), ""),
    Step(enclosed("{", "}", longest=True), ""),
    Step(matches("–"), "-"),
    Step(enclosed("<", ">", longest=False, least=1), " "),
    Step(matches(r"\d"), "0"),
    Step(matches(r"https?://\S+"), "URL"),
    Step(runs_of(lambda run: "@" in run[1:-1]), "EMAIL"),
)
_QUOTES = '["‘’`′“”]'
_STOPS = Step(matches(r"(?<!\.)\.\.(?!\.)"), ".")

#: what the recipe does to texts
TEXT = Whole(
    (
        *_CONTENT,
        Step(matches(rf"{_QUOTES}|(?<!{_LETTER})'|'(?!{_LETTER})"), ""),
        _STOPS,
        Step(matches(r"(?<= -)(?=[^\W\d_])"), " "),
        Step(
            matches(
                "|".join(
                    [rf"(?<=\S)(?={mark})" for mark in _ALONE]
                    + [rf"(?<=(?<!{_INSIDE}){_P})(?=\S)", rf"(?<={_P})(?!{_INSIDE})(?=\S)"]
                )
            ),
            " ",
        ),
        Step(matches(r"(?<= ) +"), ""),
    )
)
# an apostrophe at the edge of a word that was cut out of a text is inside that text
_OTHER = f"[^{_LETTER[1:]}"
_WORD = (*_CONTENT, Step(matches(rf"{_QUOTES}|(?<={_OTHER})'|'(?={_OTHER})"), ""), _STOPS)


def word(original: str) -> str:
    """What the recipe does inside a word that was cut out of a text already."""
    return rewrite(lower(original), _WORD)
