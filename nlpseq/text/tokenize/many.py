"""Many texts on all cores: their words as lines, or how often each word stands there."""

import json
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from functools import partial
from itertools import chain
from typing import Literal, Protocol

from nlpseq.text import workers
from nlpseq.text.counting import WordCounts
from nlpseq.text.tokenize.chunks import chunks
from nlpseq.text.tokenize.subwords import Subwords
from nlpseq.text.tokenize.tokens import Tokens

Form = Literal["text", "jsonl"]

_CHUNK = 1 << 19  # characters of a piece of work


class Cuts(Protocol):
    """What cuts texts: a :class:`Tokenizer`, or :class:`Subwords`."""

    def stream(self, texts: Iterable[str]) -> Iterator[Tokens]:
        """The tokens of each text, in order."""

    def stream_words(self, texts: Iterable[str]) -> Iterator[list[str]]:
        """The words alone of each text, in order."""


def lines(
    tokenizer: Cuts, texts: Iterable[str], *, form: Form = "text", processes: int = 1
) -> Generator[bytes]:
    """Each text as a line of UTF-8, many lines at a time.

    ``text``: the words with blanks between them; a line feed inside a word, as subwords learned
    elsewhere may have it, becomes a blank, and a lone surrogate a question mark. ``jsonl``: an
    object with ``words``, ``starts`` and ``ends``, in characters of the text.
    """
    work = partial(_lines, tokenizer, form)
    return workers.ordered(work, chunks(texts, _CHUNK), processes=_processes(tokenizer, processes))


def count(tokenizer: Cuts, texts: Iterable[str], counts: WordCounts, *, processes: int = 1) -> None:
    """Add the words of texts to ``counts``."""
    work = partial(_count, tokenizer)
    pieces = chunks(texts, _CHUNK)
    with closing(
        workers.ordered(work, pieces, processes=_processes(tokenizer, processes))
    ) as counters:
        for counter in counters:
            counts.add_counts(counter.keys(), counter.values())


def _processes(tokenizer: Cuts, wanted: int) -> int:
    return 1 if isinstance(tokenizer, Subwords) else wanted  # its library has threads of its own


def _lines(tokenizer: Cuts, form: Form, texts: list[str]) -> bytes:
    if form == "text":
        joined = "\n".join(map(_spaced, tokenizer.stream_words(texts)))
        return joined.encode("utf-8", "replace") + b"\n"
    return "".join(map(_json, tokenizer.stream(texts))).encode()


def _spaced(words: list[str]) -> str:
    return " ".join(words).replace("\n", " ")


def _json(tokens: Tokens) -> str:
    fields = {
        "words": tokens.words,
        "starts": tokens.starts.tolist(),
        "ends": tokens.ends.tolist(),
    }
    # a lone surrogate, which UTF-8 cannot hold, stays written as an escape
    text = json.dumps(fields, ensure_ascii=False)
    return f"{text if _is_utf8(text) else json.dumps(fields)}\n"


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _count(tokenizer: Cuts, texts: list[str]) -> Counter[str]:
    return Counter(chain.from_iterable(tokenizer.stream_words(texts)))
