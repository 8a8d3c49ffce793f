"""Ctrl-C, put off to a moment at which what was done can be kept."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def put_off() -> Iterator[None]:
    """Let Ctrl-C wait for the end of the block; a second one does not wait.

    Where Python does not handle the signal, as outside the main thread, nothing changes.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is None:
        yield
        return
    pressed = False

    def press(*_: Any) -> None:
        nonlocal pressed
        if pressed:
            signal.signal(signal.SIGINT, before)
            signal.raise_signal(signal.SIGINT)
        pressed = True

    signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed:
            signal.raise_signal(signal.SIGINT)
