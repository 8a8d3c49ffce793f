import pytest

from nlpseq.errors import CallError, DataError
from nlpseq.text.corpus.conll import Sentence
from nlpseq.text.corpus.repairs import Repairs
from nlpseq.text.corpus.tagged import (
    Tagged,
    column,
    fingerprint,
    hold_out,
    read_tagged,
    settled,
    tagged,
)
from nlpseq.text.tags import SCHEMES, Span, spans
from nlpseq.text.tags import tagged as tags_of

ROWS = Sentence((["Ana", "caiu"], ["NOUN", "VERB"], ["B-PER", "O"]), "f.conll", 4)


def of(*tags, file="f.conll"):
    """Sentences of these tags, one after the other in a file."""
    sentences, line = [], 1
    for each in tags:
        each = each.split(" ")
        sentences.append(Tagged([f"w{i}" for i in range(len(each))], each, file, line))
        line += len(each) + 1
    return sentences


@pytest.mark.parametrize(
    ("options", "words", "tags"),
    [
        ({}, "Ana caiu", "B-PER O"),
        ({"tag_column": 2}, "Ana caiu", "NOUN VERB"),
        ({"word_column": 2, "tag_column": 3}, "NOUN VERB", "B-PER O"),
    ],
    ids=str,
)
def test_columns_are_chosen(options, words, tags):
    assert tagged(ROWS, **options) == Tagged(words.split(), tags.split(), "f.conll", 4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"word_column": 4}, "no column 4, there are 3"),
        ({"tag_column": 9}, "no column 9, there are 3"),
        ({"word_column": 0}, "no column 0"),
        ({"tag_column": 0}, "no column 0"),
    ],
    ids=str,
)
def test_a_column_that_is_not_there(options, message):
    with pytest.raises(DataError, match=message) as error:
        tagged(ROWS, **options)
    assert error.value.where == "f.conll:4"


def test_words_without_any_tag():
    with pytest.raises(DataError, match="no column 2, there is one"):
        tagged(Sentence((["Ana"],)))
    assert column(Sentence((["Ana"],)), 1) == ["Ana"]


def test_a_file_is_read_with_its_places(tmp_path):
    file = tmp_path / "a.conll"
    file.write_text("-DOCSTART- O\n\n# uma nota só\nAna B-PER\ncaiu O\n\n\nSim O\n")
    first, second = read_tagged(file)
    assert first == Tagged(["Ana", "caiu"], ["B-PER", "O"], str(file), 4)
    assert (first.where(1), second.where()) == (f"{file}:5", f"{file}:8")
    assert Tagged(["a"], ["O"]).where() is None


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_scheme_is_found_out(scheme):
    entities = [Span(0, 1, "A"), Span(1, 4, "A"), Span(5, 7, "B")]
    sentence = Tagged([*"abcdefg"], tags_of(entities, 7, scheme))
    found = settled([sentence, *of("O O")])
    assert found.scheme == scheme
    assert found.sentences == [sentence, *of("O O")]


@pytest.mark.parametrize("tags", ["DET NOUN VERB", "N V-INF N-PROP", "I S B", "1 - _"])
def test_tags_of_which_none_is_an_entity_s_are_plain(tags):
    sentences = of(tags, "NOUN")
    assert settled(sentences) == (sentences, None)
    assert settled([]) == ([], None)


def test_a_few_illegal_tags_do_not_change_the_scheme_and_are_named():
    sentences = of("B-A I-A O", "O I-A", *["B-A I-A"] * 3)
    with pytest.raises(DataError, match=r"I-A after O.*IOB2") as error:
        settled(sentences)
    assert error.value.where == "f.conll:6"
    assert error.value.remedy


def test_illegal_tags_are_mended_on_request_and_counted():
    sentences = of("B-A I-A O", "O I-A", "I-B I-A", "B-A I-A", "B-A B-A")
    repairs = Repairs()
    found = settled(sentences, repairs=repairs)
    assert found.scheme == "IOB2"
    assert [s.tags for s in found.sentences[1:3]] == [["O", "B-A"], ["B-B", "B-A"]]
    assert found.sentences[0] is sentences[0]
    assert repairs.total == 3
    assert "f.conll:6" in str(repairs)
    for before, after in zip(sentences, found.sentences, strict=True):
        assert spans(after.tags, "IOB2") == spans(before.tags, "IOB2")
        assert (after.words, after.where()) == (before.words, before.where())


def test_the_scheme_that_is_meant_is_held_to():
    sentences = of("B-A I-A O")
    assert settled(sentences, scheme="IOB2").scheme == "IOB2"
    with pytest.raises(DataError, match="IOBES") as error:
        settled(sentences, scheme="IOBES")
    assert error.value.where == "f.conll:2"


@pytest.mark.parametrize("repairs", [None, Repairs()])
@pytest.mark.parametrize("scheme", [None, "IOB2"])
def test_an_unknown_tag_among_others_is_named(scheme, repairs):
    with pytest.raises(DataError, match="'X-PER' is a tag of no scheme") as error:
        settled(of("B-A I-A", "O X-PER O"), scheme=scheme, repairs=repairs)
    assert error.value.where == "f.conll:5"


def test_sentences_of_no_file_are_counted():
    with pytest.raises(DataError) as error:
        settled(of("B-A", "O B-", file=""))
    assert error.value.where == "sentence 2, tag 2"


def test_a_fingerprint_knows_words_tags_and_order():
    a, b = of("B-A O", "O O O")
    others = [[b, a], [a], [Tagged(["w0", "x"], a.tags), b], [Tagged(a.words, ["O", "O"]), b]]
    prints = {fingerprint(each) for each in ([a, b], *others)}
    assert len(prints) == 5
    assert fingerprint([a, b]) == fingerprint([Tagged(a.words, a.tags, "other", 9), b])
    assert len(fingerprint([a], size=16)) == 32


def test_hold_out():
    sentences = [Tagged([str(i)], ["O"]) for i in range(20)]
    kept, held = hold_out(sentences, 5, seed=1)
    assert len(held) == 5
    assert [s for s in sentences if s in held] == held
    assert [s for s in sentences if s not in held] == kept
    assert hold_out(sentences[::-1], 5, seed=1)[1] == held[::-1]
    assert hold_out(sentences, 5, seed=2)[1] != held
    with pytest.raises(CallError):
        hold_out(sentences, 20, seed=1)
