"""Phrases: words that come together more often than by chance become one, ``new_york``.

Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their Compositionality",
section 4. Of two words a and b that follow each other n_ab times,

    score(a, b) = (n_ab - min_count) / (n_a n_b) N        (equation 6, N: different words and pairs)

or, with probabilities p by counts (Bouma 2009, "Normalized (Pointwise) Mutual Information"),

    npmi(a, b) = ln(p_ab / (p_a p_b)) / -ln p_ab        in ±1

A pair whose score is above the threshold is joined wherever it stands, from left to right. Another
pass joins what was joined. Connectors, such as *of*, may stand inside a phrase: it is scored by the
words at its ends, and they neither begin nor end one. All this is as gensim's ``Phrases`` does it.
"""

from collections.abc import Collection, Container, Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from numba import njit, types
from numba.typed import Dict

from nlpseq.embeddings.train.stream import Stream, mapped
from nlpseq.embeddings.words import Words
from nlpseq.errors import CallError

Scoring = Literal["default", "npmi"]

DELIMITER = "_"
#: articles and prepositions that names have inside them, by language
CONNECTORS: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "a an and at by for from in of on or the to with without",
        "es": "a al con de del e el en la las los o para por sin y",
        "pt": "a ao as com da das de do dos e em na nas no nos o os ou para pela pelo por sem à às",
    }.items()
}
_NONE = -1
_WORD = 0xFFFFFFFF  # a pair's key is its beginning << 32 | its last word


class Phrases(NamedTuple):
    """What one pass joined."""

    scores: Mapping[tuple[str, ...], float]  #: the words of each phrase → its score
    connectors: frozenset[str]

    def apply(self, words: Sequence[str]) -> list[str]:
        """Join the phrases of a text, from left to right."""
        found: list[str] = []
        pending: list[str] = []  # a word that may begin a phrase, and connectors behind it
        for word in words:
            if word in self.connectors:
                (pending if pending else found).append(word)
            elif pending and (*pending, word) in self.scores:
                found.append(DELIMITER.join((*pending, word)))
                pending = []
            else:
                found += pending
                pending = [word]
        return found + pending


def joined(words: Sequence[str], known: Container[str], longest: int = 8) -> list[str]:
    """Join what vectors know as one word, from left to right, of several phrases the longest.

    :param known: the words of the vectors
    :param longest: words of a phrase at most
    """
    found: list[str] = []
    i = 0
    while i < len(words):
        for size in range(min(longest, len(words) - i), 0, -1):
            phrase = DELIMITER.join(words[i : i + size])
            if size == 1 or phrase in known:
                found.append(phrase)
                i += size
                break
    return found


def join(
    stream: Stream,
    *,
    min_count: int = 5,
    threshold: float = 10.0,
    scoring: Scoring = "default",
    connectors: Collection[str] = (),
    passes: int = 1,
) -> tuple[Stream, list[Phrases]]:
    """Find phrases and join them: the new stream, and what each pass joined.

    :param min_count: of a pair; what comes less often is no phrase
    :param threshold: that a score has to exceed; between -1 and 1 for npmi
    :param passes: 1 joins two words, 2 up to four
    :raises CallError: where options cannot be
    """
    if scoring not in get_args(Scoring):
        raise CallError(f"no scoring {scoring!r}", remedy=f"one of {', '.join(get_args(Scoring))}")
    if passes < 1 or min_count < 1:
        name, value = ("passes", passes) if passes < 1 else ("min_count", min_count)
        raise CallError(f"{value} is less than 1", where=name)
    found = []
    for _ in range(passes):
        stream, phrases = _pass(stream, min_count, threshold, scoring, frozenset(connectors))
        found.append(phrases)
        if not phrases.scores:
            break
    return stream, found


def _pass(
    stream: Stream, min_count: int, threshold: float, scoring: Scoring, connectors: frozenset[str]
) -> tuple[Stream, Phrases]:
    V = len(stream.words)
    is_connector = np.zeros(V, dtype=np.bool_)
    known = stream.words.find_all(sorted(connectors))
    is_connector[known[known >= 0]] = True
    pairs = Dict.empty(types.int64, types.int64)  # a beginning and a last word → times
    beginnings = Dict.empty(types.int64, types.int64)  # a beginning and a connector → beginning
    _count(stream.ids, stream.offsets, is_connector, V, pairs, beginnings)
    keys, times = _items(pairs)
    begun, first = _begun(beginnings, V)
    counts = np.where(is_connector, 0, stream.counts)
    scores = _scores(
        times, counts[first[keys >> 32]], counts[keys & _WORD],
        len(pairs) + int(np.count_nonzero(counts)), len(stream.ids), min_count, scoring,
    )  # fmt: skip
    kept = np.flatnonzero(scores > threshold)
    kept = kept[np.argsort(keys[kept])]
    told: dict[tuple[str, ...], float] = {}
    names = []
    for key, score in zip(keys[kept].tolist(), scores[kept].tolist(), strict=True):
        spelled = tuple(stream.words[i] for i in _ids(key, begun, V))
        told[spelled] = score
        names.append(DELIMITER.join(spelled))
    return _rewritten(stream, is_connector, beginnings, keys[kept], names), Phrases(
        told, connectors
    )


def _ids(key: int, begun: npt.NDArray[np.int64], V: int) -> list[int]:
    """The words of a pair, those inside its beginning too."""
    found = [key & _WORD]
    while (beginning := key >> 32) >= V:
        key = int(begun[beginning - V])
        found.append(key & _WORD)
    return [beginning, *reversed(found)]


def _scores(
    n_ab: npt.NDArray[np.int64],
    n_a: npt.NDArray[np.int64],
    n_b: npt.NDArray[np.int64],
    N: int,
    total: int,
    min_count: int,
    scoring: Scoring,
) -> npt.NDArray[np.float64]:
    """The module's equations, and what is too rare at minus infinity."""
    if scoring == "default":
        found: npt.NDArray[np.float64] = (n_ab - min_count) / n_a / n_b * N
        return found
    p_ab, p_a, p_b = n_ab / total, n_a / total, n_b / total
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log(p_ab / (p_a * p_b)) / -np.log(p_ab)
    return np.where(n_ab >= min_count, found, -np.inf)


def _rewritten(
    stream: Stream,
    is_connector: npt.NDArray[np.bool_],
    beginnings: Any,
    keys: npt.NDArray[np.int64],
    names: list[str],
) -> Stream:
    V = len(stream.words)
    ids_of = Dict.empty(types.int64, types.int64)
    words = list(stream.words)
    for key, name in zip(keys.tolist(), names, strict=True):
        row = stream.words.find(name)  # the text may have the phrase as a word of its own
        if row is None:
            ids_of[key] = len(words)
            words.append(name)
        else:
            ids_of[key] = row
    ids = mapped.room(len(stream.ids))
    offsets = np.zeros(len(stream.offsets), dtype=np.int64)
    n = _join(stream.ids, stream.offsets, is_connector, V, ids_of, beginnings, ids, offsets)
    counts = np.bincount(ids[:n], minlength=len(words))
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda i: (-counts[i], words[i]))
    rank = np.full(len(words), _NONE, dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    _rank(ids[:n], rank)
    return Stream(Words.of(words[i] for i in order), counts[order], ids[:n], offsets)


@njit(nogil=True, cache=True)
def _count(ids: Any, offsets: Any, connector: Any, V: int, pairs: Any, beginnings: Any) -> None:
    for document in range(len(offsets) - 1):
        beginning = np.int64(_NONE)
        for i in range(offsets[document], offsets[document + 1]):
            word = np.int64(ids[i])
            key = beginning << 32 | word
            if connector[word]:
                if beginning != _NONE:
                    if key not in beginnings:
                        beginnings[key] = V + len(beginnings)
                    beginning = beginnings[key]
                continue
            if beginning != _NONE:
                pairs[key] = pairs.get(key, 0) + 1
            beginning = word


@njit(nogil=True, cache=True)
def _items(found: Any) -> tuple[Any, Any]:
    """Keys and values, shapes (n,): Python would take them out one by one."""
    keys, values = np.empty(len(found), np.int64), np.empty(len(found), np.int64)
    for i, (key, value) in enumerate(found.items()):
        keys[i], values[i] = key, value
    return keys, values


@njit(nogil=True, cache=True)
def _begun(beginnings: Any, V: int) -> tuple[Any, Any]:
    """What each longer beginning goes on from, and the first word of every one.

    :return: keys, shape (B,), and words, shape (V + B,)
    """
    begun, first = np.empty(len(beginnings), np.int64), np.arange(V + len(beginnings))
    for key, beginning in beginnings.items():
        begun[beginning - V] = key
    # a beginning is numbered after the shorter one that it goes on from
    for i in range(len(begun)):
        first[V + i] = first[begun[i] >> 32]
    return begun, first


@njit(nogil=True, cache=True)
def _join(
    ids: Any, offsets: Any, connector: Any, V: int, phrases: Any, beginnings: Any, out: Any,
    ends: Any,
) -> int:  # fmt: skip
    n = 0
    for document in range(len(offsets) - 1):
        beginning, start = np.int64(_NONE), 0  # the beginning stands in ``out`` from ``start`` on
        for i in range(offsets[document], offsets[document + 1]):
            word = np.int64(ids[i])
            key = beginning << 32 | word
            if connector[word]:
                if beginning != _NONE:
                    beginning = beginnings[key]
            elif beginning != _NONE and key in phrases:
                out[start] = phrases[key]
                n = start + 1
                beginning = np.int64(_NONE)
                continue
            else:
                beginning, start = word, n
            out[n] = word
            n += 1
        ends[document + 1] = n
    return n


@njit(nogil=True, cache=True)
def _rank(ids: Any, rank: Any) -> None:
    for i in range(len(ids)):
        ids[i] = rank[ids[i]]
