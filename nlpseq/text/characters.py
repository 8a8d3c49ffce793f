"""What characters are: white space, parts of words, or marks that stand alone."""

import functools
import re
import unicodedata

import numpy as np
import numpy.typing as npt

SPACE, WORD, MARK = 0, 1, 2
_SURROGATE = re.compile("[\ud800-\udfff]")

# Python's \w leaves out combining marks and joiners, which would cut Hindi, Thai and decomposed
# Portuguese apart. UTS 18 annex C has them in \w; so do we, for the plane where the living
# scripts are.
_MARKS = "".join(
    chr(c)
    for c in range(0x300, 0x10000)
    if unicodedata.category(chr(c)) in ("Mn", "Mc", "Me") or c in (0x200C, 0x200D)
)

#: a regular expression for a longest run of characters of words
RUN = rf"[\w{re.escape(_MARKS)}]+"


@functools.cache
def kinds() -> npt.NDArray[np.uint8]:
    """Code point → SPACE, WORD or MARK, shape (0x110000,)."""
    codes = np.arange(0x110000, dtype="<u4")
    everything = codes.tobytes().decode("utf-32-le", "surrogatepass")
    table = np.full(0x110000, MARK, dtype=np.uint8)
    for kind, pattern in ((WORD, RUN), (SPACE, r"\s+")):
        for match in re.finditer(pattern, everything):
            table[match.start() : match.end()] = kind
    table.flags.writeable = False
    return table


def encodable(text: str) -> str:
    """As many characters, all of which UTF-8 can hold: a lone surrogate becomes U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)
