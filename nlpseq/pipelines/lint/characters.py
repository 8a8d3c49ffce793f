"""Characters that no text should hold: control characters, and what was lost in decoding."""

import re

_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd-\uffff\ud800-\udfff]")
_LOST = "\ufffd"


def bad_characters(text: str, *, replaced: bool = False) -> str | None:
    """What is wrong with the characters of a text, or None.

    Control characters but for tabs and line breaks, lone surrogates, and U+FFFD.

    :param replaced: U+FFFD is what a reader put in for bad bytes, which were told already
    """
    found = _BAD.findall(text)
    if replaced:
        found = [character for character in found if character != _LOST]
    if not found:
        return None
    first = found[0]
    name = "a character that was lost" if first == _LOST else "a control character"
    if "\x80" <= first <= "\x9f":
        name += " (of cp1252 that was read as latin-1?)"
    more = f" and {len(found) - 1:,} more" if len(found) > 1 else ""
    return f"U+{ord(first):04X}, {name}{more}"
