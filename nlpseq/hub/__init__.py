"""Downloading, from the web and from the Hugging Face hub, and pushing to the hub.

Names are imported when they are first used: where the cache lies is asked for in every run, and
needs no HTTP.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlpseq.hub.datasets import dataset_files
    from nlpseq.hub.places import Address, cache_folder, is_offline, parse
    from nlpseq.hub.repository import hub_file, hub_files, push
    from nlpseq.hub.web import fetch

_HOMES = {
    "Address": "places",
    "cache_folder": "places",
    "dataset_files": "datasets",
    "fetch": "web",
    "hub_file": "repository",
    "hub_files": "repository",
    "is_offline": "places",
    "parse": "places",
    "push": "repository",
}

__all__ = [
    "Address",
    "cache_folder",
    "dataset_files",
    "fetch",
    "hub_file",
    "hub_files",
    "is_offline",
    "parse",
    "push",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'nlpseq.hub' has no attribute {name!r}")
    return getattr(import_module(f"nlpseq.hub.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
