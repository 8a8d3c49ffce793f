"""Tagging of words: entities, parts of speech, chunks.

The names are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlpseq.models.tag.answers import Entity, Tagging
    from nlpseq.models.tag.settings import TaggerSettings
    from nlpseq.models.tag.tagger import Tagger

_HOMES = {
    "Entity": "nlpseq.models.tag.answers",
    "Tagger": "nlpseq.models.tag.tagger",
    "TaggerSettings": "nlpseq.models.tag.settings",
    "Tagging": "nlpseq.models.tag.answers",
}

__all__ = ["Entity", "Tagger", "TaggerSettings", "Tagging"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'nlpseq.models.tag' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
