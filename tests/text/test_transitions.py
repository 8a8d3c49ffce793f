"""Steps against sentences: a path is legal where all its steps are."""

from itertools import pairwise, product

import pytest

from nlpseq.text.tags import SCHEMES, illegal
from nlpseq.text.transitions import transitions

PREFIXES = {"IO": "I", "IOB1": "BI", "IOB2": "BI", "IOBES": "BIES", "BILOU": "BILU"}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("types", [["-X"], ["-X", "-Y"], [""]], ids=["one", "two", "none"])
def test_a_path_of_legal_steps_is_a_legal_sentence(scheme, types):
    tags = ["O", *(f"{prefix}{kind}" for kind in types for prefix in PREFIXES[scheme])]
    start, between, end = transitions(tags, scheme)
    for n in (1, 2, 3):
        for path in product(range(len(tags)), repeat=n):
            steps = all(between[i, j] for i, j in pairwise(path))
            legal = bool(start[path[0]] and steps and end[path[-1]])
            assert legal == (not illegal([tags[i] for i in path], scheme)), path


def test_tags_of_another_scheme_are_never_legal():
    start, between, end = transitions(["O", "B-X", "E-X"], "IOB2")
    assert start.tolist() == [True, True, False]
    assert not between[:, 2].any()
    assert not end[2]
