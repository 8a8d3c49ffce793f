"""How a word is written: what is lost where words are lowercased."""

from typing import Literal, get_args

#: the classes of Reimers and Gurevych 2017, section 3, and ``mixed``, such as ``iPhone``
Case = Literal["other", "lower", "upper", "initial", "mixed", "number", "mostly-digits", "digits"]
CASES: tuple[Case, ...] = get_args(Case)

_IDS = {name: i for i, name in enumerate(CASES)}


def casing(word: str) -> int:
    """The place in ``CASES`` of a word's class.

    ``number``: digits alone; ``mostly-digits``: more than half of it, such as ``8.112/90``;
    ``digits``: at least one; then by the letters; ``other``: none, such as marks.
    """
    return _IDS[_case(word)]


def _case(word: str) -> Case:
    digits = sum(map(str.isdigit, word))
    if digits:
        if digits == len(word):
            return "number"
        return "mostly-digits" if 2 * digits > len(word) else "digits"
    if word.islower():
        return "lower"
    if word.isupper():
        return "upper"
    if word[:1].isupper() and not any(map(str.isupper, word[1:])):
        return "initial"
    return "mixed" if any(map(str.isupper, word)) else "other"
