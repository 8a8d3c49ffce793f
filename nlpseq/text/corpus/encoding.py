"""Text that was encoded twice: UTF-8 that was read as latin-1 or cp1252 and encoded again."""

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

# "IRMÃ”", a capital word that ends a quotation, is nearer than "IRMÔ" that was encoded twice.
_QUOTED = r"(?<=[A-ZÀ-Þ])Ã(?:—|[‘’“”–](?!\w))"
# What the bytes of one UTF-8 character are in latin-1 or cp1252: one that opens, and as many as
# it announces that go on. Ordinary text has none of these, so the costly look is rarely needed.
_CONTINUED = r"[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
_HINT = re.compile(rf"[\xc2-\xf4]{_CONTINUED}")  # the cheaper look of the two
_SUSPECT = re.compile(
    rf"(?!{_QUOTED})[\xc2-\xdf]{_CONTINUED}|[\xe0-\xef]{_CONTINUED}{{2}}|"
    rf"[\xf0-\xf4]{_CONTINUED}{{3}}"
)


def encoded_twice(text: str) -> bool:
    """Whether a text shows that it was encoded twice, such as ``pÃ¡gina`` for ``página``."""
    return mended(text) != text


def mended(text: str) -> str:
    """A text that was encoded twice as it was meant; any other as it is.

    Told and undone by ftfy (Speer, 2019), which is made to change nothing else.
    """
    if text.isascii() or not (_HINT.search(text) and _SUSPECT.search(text)):
        return text
    import ftfy

    return ftfy.fix_encoding(text, _settings())


@functools.cache
def _settings() -> "TextFixerConfig":
    from ftfy import TextFixerConfig

    return TextFixerConfig(
        explain=False,
        replace_lossy_sequences=False,
        fix_c1_controls=False,
    )
