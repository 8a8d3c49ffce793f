"""The part of a file that is being parsed: one buffer, filled up again behind what was used."""

from typing import BinaryIO

import numpy as np
import numpy.typing as npt


class Window:
    """A file read once from where it stands, in pieces that overlap as the parser wants.

    :param file: open for reading; may be a pipe or be unpacked on the way
    :param size: bytes of the buffer: more than anything that must be parsed in one piece
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._buffer: npt.NDArray[np.uint8] = np.empty(size, dtype=np.uint8)
        self._held = 0
        self.used = 0  #: bytes that were parsed since the window was opened
        self.ended = False  #: whether the window reaches to the end of the file

    def advance(self, used: int) -> npt.NDArray[np.uint8]:
        """Drop the first ``used`` bytes and read on until the window is full or the file ends.

        What it gives is valid until the next call.
        """
        self.used += used
        self._held -= used
        self._buffer[: self._held] = self._buffer[used : used + self._held]
        free = self._buffer.data
        while not self.ended and self._held < len(self._buffer):
            n = self._file.readinto(free[self._held :])  # type: ignore[attr-defined]
            self._held += n
            self.ended = n == 0
        return self._buffer[: self._held]
