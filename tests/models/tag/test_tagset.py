import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.errors import DataError
from nlpseq.models.tag.tagset import Tagset, labels_of
from nlpseq.text.corpus.tagged import Tagged
from nlpseq.text.tags import SCHEMES, Span, illegal, spans, tagged
from nlpseq.text.transitions import transitions
from nlpseq.text.vocabulary import Vocabulary

LABELS = ["", "B", "LOC-city", "ção"]
PREFIXES = {"IO": "I", "IOB1": "BI", "IOB2": "BI", "IOBES": "BEIS", "BILOU": "BILU"}
every_scheme = pytest.mark.parametrize("scheme", SCHEMES)


def make(labels=LABELS, scheme="IOB2", inside="IOBES"):
    return Tagset(Vocabulary(labels, specials=()), scheme, inside)


@st.composite
def entities(draw):
    """Spans in a sentence, and its length."""
    found, end = [], 0
    for _ in range(draw(st.integers(0, 5))):
        start = end + draw(st.integers(0, 2))
        end = start + draw(st.integers(1, 4))
        found.append(Span(start, end, draw(st.sampled_from(LABELS))))
    return found, end + draw(st.integers(0, 2))


def merged(found):
    """What IO makes of neighbours of one type."""
    joined = []
    for span in found:
        if joined and (joined[-1].end, joined[-1].type) == (span.start, span.type):
            joined[-1] = joined[-1]._replace(end=span.end)
        else:
            joined.append(span)
    return joined


@every_scheme
@pytest.mark.parametrize("inside", SCHEMES)
@given(sentence=entities())
def test_entities_come_back_from_every_scheme_in_every_other(scheme, inside, sentence):
    found, length = sentence
    seen = tagged(found, length, scheme)
    tagset = make(scheme=scheme, inside=inside)
    ids = tagset.encode(seen)
    assert ids.shape == (length,) and ids.dtype == np.int64
    tags, entities = tagset.decode(ids.tolist())
    wanted = merged(found) if "IO" in (scheme, inside) else found
    assert entities == wanted
    assert tags == tagged(wanted, length, scheme)


@pytest.mark.parametrize("inside", SCHEMES)
def test_the_tags_are_those_of_the_scheme_inside(inside):
    tags = make(["A", "B"], inside=inside).tags
    assert tags == ["O", *(f"{p}-{kind}" for kind in "AB" for p in PREFIXES[inside])]


@pytest.mark.parametrize("inside", SCHEMES)
@given(sentence=entities(), data=st.data())
def test_what_is_told_is_legal_in_its_scheme_whatever_the_ids(inside, sentence, data):
    scheme = data.draw(st.sampled_from(SCHEMES))
    tagset = make(scheme=scheme, inside=inside)
    ids = data.draw(st.lists(st.integers(0, len(tagset.tags) - 1)))
    tags, entities = tagset.decode(ids)
    assert not illegal(tags, scheme)
    assert spans(tags, scheme) == (merged(entities) if scheme == "IO" else entities)


def test_neighbours_of_a_type_in_iob1():
    tagset = make(["A"], scheme="IOB1", inside="IOBES")
    ids = tagset.encode(["I-A", "I-A", "B-A", "O", "I-A"])
    assert [tagset.tags[i] for i in ids] == ["B-A", "E-A", "S-A", "O", "S-A"]
    assert tagset.decode(ids.tolist())[0] == ["I-A", "I-A", "B-A", "O", "I-A"]


def test_a_piece_of_a_sentence_may_begin_within_an_entity():
    tagset = make(["A"])
    assert [tagset.tags[i] for i in tagset.encode(["I-A", "I-A", "O"])] == ["B-A", "E-A", "O"]
    assert [tagset.tags[i] for i in tagset.encode(["I-A", "O", "B-A"])] == ["S-A", "O", "S-A"]


@pytest.mark.parametrize("inside", SCHEMES)
@pytest.mark.parametrize("labels", [[], ["A"], ["A", "B"], ["C", "", "A"]], ids=str)
def test_steps_are_those_that_the_scheme_allows(inside, labels):
    tagset = make(labels, inside=inside)
    for got, wanted in zip(tagset.allowed, transitions(tagset.tags, inside), strict=True):
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("inside", SCHEMES)
@given(sentence=entities())
def test_gold_takes_allowed_steps_alone(inside, sentence):
    found, length = sentence
    tagset = make(inside=inside)
    ids = tagset.encode(tagged(found, length, "IOB2"))
    if length:
        assert tagset.allowed.start[ids[0]] and tagset.allowed.end[ids[-1]]
    assert tagset.allowed.between[ids[:-1], ids[1:]].all()


def test_plain_tags_are_what_they_are():
    tagset = make(["N", "O", "V-INF"], scheme=None)
    assert tagset.tags == ["N", "O", "V-INF"] and tagset.allowed is None
    assert tagset.encode(["V-INF", "N"]).tolist() == [2, 0]
    assert tagset.decode([2, 0, 1]) == (["V-INF", "N", "O"], None)


def test_labels_are_found_in_order():
    some = [Tagged([*"abc"], ["B-Z", "O", "I-LOC-city"]), Tagged(["a"], ["B"])]
    assert labels_of(some, "IOB2") == ["", "LOC-city", "Z"]
    assert labels_of(some, None) == ["B", "B-Z", "I-LOC-city", "O"]
    assert labels_of([], "IOB2") == []


@pytest.mark.parametrize(
    ("scheme", "tags", "message", "where"),
    [
        ("IOB2", ["O", "B-PER"], "type of entity 'PER'", "f:8"),
        ("IOB2", ["B", "O"], "type of entity ''", "f:7"),
        (None, ["A", "O"], "tag 'O'", "f:8"),
        ("IOB2", ["O"], "2 words and 1 tags", "f:7"),
    ],
)
def test_what_training_never_saw_is_named_with_its_place(scheme, tags, message, where):
    tagset = make(["A", "LOC-city"], scheme)
    tagset.check(Tagged(["a"], ["A" if scheme is None else "I-LOC-city"]))
    with pytest.raises(DataError, match=message) as error:
        tagset.check(Tagged(["a", "b"], tags, "f", 7))
    assert error.value.where == where and error.value.remedy


@pytest.mark.parametrize("scheme", [None, "IOB2"])
def test_so_many_labels_and_no_more(scheme):
    labels = [f"L{i}" for i in range(1001)]
    tagset = make(labels[:1000], scheme)
    if scheme is not None:
        assert tagset.allowed.between.shape == (4001, 4001)
    with pytest.raises(DataError, match=r"1,001 t.* more than 1,000"):
        make(labels, scheme)


def test_plain_tags_are_at_least_one():
    with pytest.raises(DataError, match="no tag"):
        make([], None)
    assert make([]).tags == ["O"]
