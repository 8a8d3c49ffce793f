from itertools import count, islice

import pytest

from nlpseq.errors import DataError
from nlpseq.models.tag.columns import with_tags
from nlpseq.text.corpus.conll import Sentence, read_conll, write_conll


def columns_of(sentences):
    return [
        Sentence((s.words, [w[0] for w in s.words], s.tags), s.file, s.line, ("# uma nota",), i)
        for i, s in enumerate(sentences)
    ]


@pytest.mark.parametrize("scheme", ["IOB1", "BILOU", None])
def test_as_many_come_out_as_go_in_with_a_column_more(tagger, sentences, in_scheme, scheme):
    labels = None if scheme else ["N", "X"]
    model = tagger(scheme=scheme or "IOB2") if scheme else tagger(scheme=None, labels=labels)
    some = columns_of(in_scheme(scheme))
    found = list(with_tags(model, some))
    answers = model.predict(s.words for s in sentences)
    for before, after, answer in zip(some, found, answers, strict=True):
        assert after.columns == (*before.columns, list(answer.tags))
        assert (after.comments, after.document, after.line) == (
            before.comments, before.document, before.line,
        )  # fmt: skip


def test_no_sentence(tagger):
    assert list(with_tags(tagger(), [])) == []


def test_the_first_is_out_before_all_are_in(tagger, sentences):
    drawn = 0

    def endless():
        nonlocal drawn
        some = columns_of(sentences)
        for drawn in count(1):
            yield some[drawn % len(some)]

    tagged = with_tags(tagger(), endless())
    assert len(list(islice(tagged, 5))) == 5
    first = drawn
    assert len(list(islice(tagged, first))) == first
    assert drawn == 2 * first


@pytest.mark.parametrize("column", [1, 2])
def test_the_words_stand_in_the_column_that_is_named(tagger, sentences, column):
    some = [Sentence((["x"] * len(s), s.words)) for s in sentences]
    model = tagger()
    rows = [s.words if column == 2 else ["x"] * len(s) for s in sentences]
    found = [list(answer.tags) for answer in model.predict(rows)]
    assert [s.columns[-1] for s in with_tags(model, some, word_column=column)] == found


@pytest.mark.parametrize("column", [0, 4])
def test_a_column_that_is_not_there_is_named_with_its_place(tagger, sentences, column):
    some = columns_of(sentences)
    with pytest.raises(DataError, match=f"no column {column}, there are 3") as error:
        list(with_tags(tagger(), some, word_column=column))
    assert error.value.where == "t.conll:1"


def test_a_file_of_bare_words_gets_its_tags(tagger, tmp_path):
    file, out = tmp_path / "in.conll", tmp_path / "out.conll"
    file.write_text("Ana\nviu\nRecife\n\n\nRui\n")
    with out.open("wb") as stream:
        write_conll(with_tags(tagger(), read_conll(file)), stream)
    found = list(read_conll(out))
    assert [s.words for s in found] == [["Ana", "viu", "Recife"], ["Rui"]]
    assert [len(s.columns) for s in found] == [2, 2]
