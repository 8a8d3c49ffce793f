"""Texts many at a time."""

from collections.abc import Iterable, Iterator


def chunks(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    """Lists of texts, each of about so many characters and no empty one.

    Where the texts break off with an error, those before it are given first.
    """
    held: list[str] = []
    length = 0
    broken: Exception | None = None
    source = iter(texts)
    while True:
        try:
            text = next(source)
        except StopIteration:
            break
        except Exception as error:
            broken = error
            break
        held.append(text)
        length += len(text) + 1
        if length >= size:
            yield held
            held, length = [], 0
    if held:
        yield held
    if broken is not None:
        raise broken
