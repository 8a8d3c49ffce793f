import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpseq.errors import DataError
from nlpseq.text.corpus.conll import read_conll
from nlpseq.text.tags import (
    SCHEMES,
    Detector,
    Span,
    illegal,
    legalised,
    spans,
    tagged,
)

TYPES = ["PER", "LOC-city", "B", "", "O", "ção"]
ALL_TAGS = [
    "O",
    *(f"{prefix}-{kind}" if kind else prefix for prefix in "BIESLU" for kind in ["X", "Y-z", ""]),
]


def detected(*sentences):
    detector = Detector()
    for tags in sentences:
        detector.add(tags.split(" ") if isinstance(tags, str) else tags)
    return detector.result()


@st.composite
def entities(draw, types=TYPES):
    """Spans in a sentence, and its length."""
    found = []
    end = 0
    for _ in range(draw(st.integers(0, 6))):
        start = end + draw(st.integers(0, 2))
        end = start + draw(st.integers(1, 4))
        found.append(Span(start, end, draw(st.sampled_from(types))))
    return found, end + draw(st.integers(0, 2))


def merged(found):
    """What IO makes of neighbours of one type."""
    joined = []
    for span in found:
        if joined and joined[-1].end == span.start and joined[-1].type == span.type:
            joined[-1] = joined[-1]._replace(end=span.end)
        else:
            joined.append(span)
    return joined


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ("IO", "I-A I-A I-A O I-B I-A"),
        ("IOB1", "I-A I-A B-A O I-B I-A"),
        ("IOB2", "B-A I-A B-A O B-B B-A"),
        ("IOBES", "B-A E-A S-A O S-B S-A"),
        ("BILOU", "B-A L-A U-A O U-B U-A"),
    ],
)
def test_tagged(scheme, expected):
    found = [Span(0, 2, "A"), Span(2, 3, "A"), Span(4, 5, "B"), Span(5, 6, "A")]
    assert tagged(found, 6, scheme) == expected.split(" ")


@pytest.mark.parametrize(
    "found",
    [[Span(0, 0, "A")], [Span(0, 3, "A")], [Span(1, 2, "A"), Span(0, 1, "A")], [Span(-1, 1, "")]],
)
def test_spans_that_do_not_fit(found):
    with pytest.raises(DataError, match="does not fit"):
        tagged(found, 2, "IOB2")


@given(entities(), st.sampled_from(SCHEMES))
def test_spans_come_back_from_every_scheme(sentence, scheme):
    found, length = sentence
    tags = tagged(found, length, scheme)
    assert len(tags) == length
    assert illegal(tags, scheme) == []
    assert spans(tags, scheme) == (merged(found) if scheme == "IO" else found)
    assert legalised(tags, scheme) == tags


@given(st.lists(entities(), max_size=5), st.sampled_from(SCHEMES))
def test_detection_accepts_what_is_legal(sentences, scheme):
    tags = [tagged(*sentence, scheme) for sentence in sentences]
    result = detected(*tags)
    assert result.scheme is not None
    assert result.nearest == result.scheme
    assert not result.illegal
    assert not result.faults
    assert all(not illegal(each, result.scheme) for each in tags)
    assert result.entities == any(found for found, _ in sentences)
    if not result.entities:
        assert result.scheme == "IOB2"
    elif scheme == "IOB1" and not any(tag[0] == "B" for each in tags for tag in each):
        assert result.scheme == "IO"
    else:
        assert result.scheme == scheme


@given(st.lists(st.sampled_from(ALL_TAGS), max_size=8), st.sampled_from(SCHEMES))
def test_whatever_is_mended_is_legal_and_says_the_same(tags, scheme):
    mended = legalised(tags, scheme)
    assert len(mended) == len(tags)
    assert illegal(mended, scheme) == []
    assert [tag == "O" for tag in mended] == [tag == "O" for tag in tags]
    assert legalised(mended, scheme) == mended
    allowed = {"IO": "I", "IOB1": "BI", "IOB2": "BI", "IOBES": "BIES", "BILOU": "BILU"}[scheme]
    if all(tag[0] in f"O{allowed}" for tag in tags):
        found = spans(tags, scheme)
        assert spans(mended, scheme) == (merged(found) if scheme == "IO" else found)
    if not illegal(tags, scheme):
        assert mended == tags


@pytest.mark.parametrize(
    ("tags", "scheme", "expected"),
    [
        ("I-A I-A O I-A I-B", "IOB2", [(0, 2, "A"), (3, 4, "A"), (4, 5, "B")]),
        ("B-A I-B I-B", "IOB2", [(0, 1, "A"), (1, 3, "B")]),
        ("B-A B-A I-A", "IOB1", [(0, 1, "A"), (1, 3, "A")]),
        ("O B-A O", "IOB1", [(1, 2, "A")]),
        ("E-A E-A I-A S-A O", "IOBES", [(0, 1, "A"), (1, 2, "A"), (2, 3, "A"), (3, 4, "A")]),
        ("S-A I-A O B-A", "IOBES", [(0, 1, "A"), (1, 2, "A"), (3, 4, "A")]),
        ("B-A E-A I-A", "IOBES", [(0, 2, "A"), (2, 3, "A")]),
        ("B-A L-B U-B I-B L-B", "BILOU", [(0, 1, "A"), (1, 2, "B"), (2, 3, "B"), (3, 5, "B")]),
        ("B-LOC-city I-LOC-city I-LOC", "IOB2", [(0, 2, "LOC-city"), (2, 3, "LOC")]),
        ("B I O I", "IOB2", [(0, 2, ""), (3, 4, "")]),
        ("B I-A", "IOB2", [(0, 1, ""), (1, 2, "A")]),
        ("O O", "IO", []),
    ],
)  # fmt: skip
def test_spans_as_conlleval_reckons_them(tags, scheme, expected):
    assert spans(tags.split(" "), scheme) == expected


def test_no_words():
    for scheme in SCHEMES:
        assert spans([], scheme) == []
        assert illegal([], scheme) == []
        assert legalised([], scheme) == []


STARTS = "an entity starts with B- in"


@pytest.mark.parametrize(
    ("tags", "scheme", "expected"),
    [
        ("O I-PER", "IOB2", [(1, f"I-PER after O: {STARTS} IOB2")]),
        ("I-PER I-PER", "IOB2", [(0, f"I-PER at the start: {STARTS} IOB2")]),
        ("B-PER I-LOC I-LOC", "IOB2", [(1, f"I-LOC after B-PER: {STARTS} IOB2")]),
        ("S-PER O", "IOB2", [(0, "S-PER: IOB2 has no S-")]),
        ("B-PER", "IO", [(0, "B-PER: IO has no B-")]),
        (
            "O B-A I-A B-A B-B",
            "IOB1",
            [
                (1, "B-A after O: in IOB1, B- stands only after an entity of the same type"),
                (4, "B-B after B-A: in IOB1, B- stands only after an entity of the same type"),
            ],
        ),
        (
            "B-A",
            "IOBES",
            [
                (
                    0,
                    "B-A at the end: an entity ends with E- in IOBES, "
                    "and one of a single word is S-",
                )
            ],
        ),
        (
            "E-A I-A O",
            "BILOU",
            [
                (0, "E-A: BILOU has no E-"),
                (
                    1,
                    "I-A after E-A: an entity starts with B- in BILOU; "
                    "I-A before O: an entity ends with L- in BILOU, "
                    "and one of a single word is U-",
                ),
            ],
        ),
        (
            "B-A U-A L-A",
            "BILOU",
            [
                (
                    0,
                    "B-A before U-A: an entity ends with L- in BILOU, "
                    "and one of a single word is U-",
                ),
                (2, "L-A after U-A: an entity starts with B- in BILOU"),
            ],
        ),
    ],
)
def test_illegal(tags, scheme, expected):
    assert illegal(tags.split(" "), scheme) == expected


@pytest.mark.parametrize(
    ("tags", "scheme", "expected"),
    [
        ("I-A I-A I-B O I-B", "IOB2", "B-A I-A B-B O B-B"),
        ("B-A O B-A I-A B-A", "IOB1", "I-A O I-A I-A B-A"),
        ("B-A I-A B-A", "IO", "I-A I-A I-A"),
        ("B-A I-A O I-B", "IOBES", "B-A E-A O S-B"),
        ("B-A E-A S-B", "BILOU", "B-A L-A U-B"),
        ("B-A E-A S-B", "IOB2", "B-A I-A B-B"),
        ("I I O", "IOB2", "B I O"),
    ],
)
def test_legalised(tags, scheme, expected):
    assert legalised(tags.split(" "), scheme) == expected.split(" ")


@pytest.mark.parametrize(
    "tag", ["X-PER", "PER", "b-PER", "B_PER", "B-", "O-PER", "", "-PER", "BI-A", "Ω"]
)
def test_a_tag_of_no_scheme(tag):
    tags = ["O", tag]
    for call in (
        lambda: illegal(tags, "IOB2"),
        lambda: spans(tags, "IOB2"),
        lambda: legalised(tags, "IOB2"),
    ):
        with pytest.raises(DataError, match="is a tag of no scheme") as caught:
            call()
        assert repr(tag) in caught.value.message
        assert caught.value.where == "tag 2"
        assert "B-LOC" in caught.value.remedy
    detector = Detector()
    with pytest.raises(DataError) as caught:
        detector.add(tags, lambda i: f"a.conll:{i + 1}")
    assert caught.value.where == "a.conll:2"


def test_a_prefix_of_another_scheme_has_no_spans():
    with pytest.raises(DataError, match="'S-A' is no tag of IOB2") as caught:
        spans(["O", "S-A"], "IOB2")
    assert caught.value.remedy == "its prefixes are B-, I-"


def test_nearest_scheme_and_where_it_is_broken():
    detector = Detector()
    detector.add(["B-A", "I-A", "B-A", "O"])
    detector.add(["O", "I-A", "B-B"], lambda i: f"a.conll:{10 + i}")
    detector.add(["I-A"])
    result = detector.result()
    assert (result.scheme, result.nearest, result.illegal) == (None, "IOB2", 2)
    assert result.faults == (
        ("a.conll:11", "I-A after O: an entity starts with B- in IOB2"),
        ("sentence 3, tag 1", "I-A at the start: an entity starts with B- in IOB2"),
    )


def test_only_the_first_places_are_kept():
    result = detected("B-A I-A O " * 30 + "O", *["I-A"] * 25)
    assert (result.nearest, result.illegal, len(result.faults)) == ("IOB2", 25, 20)


@pytest.mark.parametrize(
    ("sentences", "scheme"),
    [
        ([], "IOB2"),
        (["O O", "O"], "IOB2"),
        (["I-A I-B O"], "IO"),
        (["I-A I-B O", "I-A B-A"], "IOB1"),
        (["B-A I-A"], "IOB2"),
        (["S-A O"], "IOBES"),
        (["U-A O"], "BILOU"),
        (["B-A E-A", "U-A"], None),
    ],
)
def test_detection(sentences, scheme):
    assert detected(*sentences).scheme == scheme


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("lener-br/train.conll", []),
        ("lener-br/dev.conll", []),
        # a full stop that is tagged B-LOC, and the place itself I-LOC in the next sentence
        ("conll2002-es/train.conll.gz", [221_619]),
        ("conll2002-es/testa.conll.gz", [30_882]),
    ],
)
def test_real_corpora_are_iob2(data, name, broken):
    detector = Detector()
    for sentence in read_conll(data / name):
        tags = sentence.columns[-1]
        detector.add(tags, sentence.where)
        for scheme in ("IOB1", "IOBES", "BILOU"):
            assert spans(legalised(tags, scheme), scheme) == spans(tags, "IOB2")
    result = detector.result()
    assert (result.scheme, result.nearest) == (None if broken else "IOB2", "IOB2")
    reason = "I-LOC at the start: an entity starts with B- in IOB2"
    assert result.faults == tuple((f"{data / name}:{line}", reason) for line in broken)
