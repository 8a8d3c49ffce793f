"""Translation: from a text to another, of any two languages, notations or codes.

The names are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlpseq.models.translate.answers import Alignment, Alternative, Translation
    from nlpseq.models.translate.settings import SearchSettings, TranslatorSettings
    from nlpseq.models.translate.sides import vocabulary_of
    from nlpseq.models.translate.translator import Translator

_HOMES = {
    "Alignment": "nlpseq.models.translate.answers",
    "Alternative": "nlpseq.models.translate.answers",
    "SearchSettings": "nlpseq.models.translate.settings",
    "Translation": "nlpseq.models.translate.answers",
    "Translator": "nlpseq.models.translate.translator",
    "TranslatorSettings": "nlpseq.models.translate.settings",
    "vocabulary_of": "nlpseq.models.translate.sides",
}

__all__ = [
    "Alignment",
    "Alternative",
    "SearchSettings",
    "Translation",
    "Translator",
    "TranslatorSettings",
    "vocabulary_of",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'nlpseq.models.translate' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
