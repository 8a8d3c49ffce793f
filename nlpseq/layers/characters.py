"""A word's vector out of its characters."""

from typing import Literal

from torch import Tensor, nn

from nlpseq.layers.convolution import CNN
from nlpseq.layers.embedding import embedding
from nlpseq.layers.pooling import largest, last
from nlpseq.layers.recurrent import Recurrent

CharacterKind = Literal["cnn", "lstm"]

_WIDTH = 3  # characters that a filter sees, as in Ma and Hovy 2016, table 1


class Characters(nn.Module):
    """Characters c_1 … c_n of a word to one vector.

    cnn: the maximum over time of filters three characters wide (Ma and Hovy 2016, section 2.1),
    max_i relu(W [c_(i-1), c_i, c_(i+1)] + b). lstm: the last states of a bidirectional LSTM
    (Lample et al. 2016, section 4.1), [h→_n, h←_1].

    Made for the distinct words of a batch, each once.

    :param number: of different characters
    :param dim: of a character's vector
    :param size: of the word's; of an lstm half of it for each direction
    :param pad: the character that fills up
    """

    def __init__(self, kind: CharacterKind, number: int, dim: int, size: int, *, pad: int) -> None:
        super().__init__()
        self.embedding = embedding(number, dim, pad=pad)
        nn.init.uniform_(self.embedding.weight, -((3 / dim) ** 0.5), (3 / dim) ** 0.5)
        self.size = size
        self.convolution = CNN(dim, size, widths=[_WIDTH]) if kind == "cnn" else None
        self.recurrent = Recurrent("lstm", dim, size // 2) if kind == "lstm" else None

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Shape (words, size).

        :param ids: shape (words, characters)
        :param lengths: shape (words,), each at least 1
        """
        if self.convolution is not None:
            return largest(*self.convolution.look_up(self.embedding.weight, ids, lengths))
        assert self.recurrent is not None  # the other kind
        states, lengths = self.recurrent(self.embedding(ids), lengths)
        return last(states, lengths, directions=2)
