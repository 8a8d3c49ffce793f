"""What a tagger's network is told, and what it tells: batches of pieces of sentences."""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from nlpseq.models.tag.network import TaggerNetwork
from nlpseq.models.tag.words import Ids, Numbered, Words
from nlpseq.text.sequences import longest_first, pad
from nlpseq.training.memory import kept

_ROWS = 256  # pieces computed at once, at most
_TOKENS = 1 << 13  # with their padding, so many that the states stay near the processor
_WORDS = 4096  # distinct words whose characters are read at once
_IGNORED = -100  # the target of what is beyond a row's length


class Told(NamedTuple):
    """What is told of a sentence, or of a piece of one."""

    tags: npt.NDArray[np.int64]  #: shape (words,)
    confidences: npt.NDArray[np.float32]  #: shape (words,): the probability of each


def pieces_of(row: Ids, size: int) -> list[Ids]:
    """A sentence in pieces of at most ``size`` words; none of one without a word."""
    return [row[i : i + size] for i in range(0, len(row), size)]


def mean_loss(network: TaggerNetwork, numbered: Numbered, targets: Sequence[Ids]) -> Tensor:
    """The mean of the words: of -log P(y), or of the cross-entropy of each.

    :param targets: the tags of each piece
    """
    distinct, places = np.unique(np.concatenate(numbered.rows), return_inverse=True)
    cuts = np.cumsum([len(row) for row in numbered.rows])[:-1]
    features = _features(network, numbered.words.take(distinct))
    emissions, lengths = _emissions(network, features, np.split(places, cuts))
    truth = torch.from_numpy(pad(targets, _IGNORED)).to(emissions.device)
    if network.crf is None:
        return cross_entropy(emissions.transpose(1, 2), truth, ignore_index=_IGNORED)
    likelihood: Tensor = network.crf.log_likelihood(emissions, truth, lengths)
    return -likelihood.sum() / lengths.sum()


@torch.inference_mode()
def tell(network: TaggerNetwork, numbered: Numbered, size: int) -> list[Told]:
    """The tags of each sentence; no sentence's depend on another.

    :param size: words of a piece at most, see :func:`pieces_of`
    """
    pieces = [pieces_of(row, size) for row in numbered.rows]
    flat = [piece for each in pieces for piece in each]
    found = iter(_tell(network, numbered.words, flat) if flat else ())
    return [_joined(list(islice(found, len(each)))) for each in pieces]


def _tell(network: TaggerNetwork, words: Words, pieces: Sequence[Ids]) -> list[Told]:
    features = _all_features(network, words)
    lengths = np.array([len(piece) for piece in pieces], dtype=np.int64)
    told: dict[int, Told] = {}
    with kept() as tidy:
        for places in longest_first(lengths, lambda left: min(_TOKENS // lengths[left[-1]], _ROWS)):
            batch = places.tolist()
            found = _best(network, *_emissions(network, features, [pieces[i] for i in batch]))
            for i, tags, confidences in zip(batch, *found, strict=True):
                told[i] = Told(tags[: lengths[i]], confidences[: lengths[i]])
            tidy()
    return [told[i] for i in range(len(pieces))]


def _all_features(network: TaggerNetwork, words: Words) -> Tensor:
    """The features of many words, those with as many characters together."""
    order = np.argsort(words.lengths, kind="stable")
    parts = [
        _features(network, words.take(order[i : i + _WORDS])) for i in range(0, len(order), _WORDS)
    ]
    return torch.cat(parts)[torch.from_numpy(np.argsort(order)).to(parts[0].device)]


def _features(network: TaggerNetwork, words: Words) -> Tensor:
    device = network.output.weight.device
    return network.features(*(torch.from_numpy(part).to(device) for part in words))


def _emissions(
    network: TaggerNetwork, features: Tensor, rows: Sequence[Ids]
) -> tuple[Tensor, Tensor]:
    """Scores of the tags of some pieces, shape (pieces, words, tags), and their lengths."""
    lengths = torch.tensor([len(row) for row in rows], device=features.device)
    padded = torch.from_numpy(pad(rows, 0)).to(features.device)
    return network(features, padded, lengths), lengths


def _best(
    network: TaggerNetwork, emissions: Tensor, lengths: Tensor
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The best tags and their probabilities, shapes (pieces, words)."""
    if network.crf is None:
        probabilities = emissions.softmax(2)
        tags = probabilities.argmax(2)
    else:
        tags = network.crf.decode(emissions, lengths)
        probabilities = network.crf.marginals(emissions, lengths)
    confidences = probabilities.gather(2, tags.unsqueeze(2)).squeeze(2)
    return tags.cpu().numpy(), confidences.cpu().numpy()


def _joined(pieces: Sequence[Told]) -> Told:
    """What was told of a sentence, out of its pieces; nothing of one without a word."""
    if not pieces:
        return Told(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))
    return Told(*(np.concatenate(parts) for parts in zip(*pieces, strict=True)))
