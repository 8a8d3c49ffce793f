import pytest

from nlpseq.errors import CallError, DataError, NlpseqError, UnknownWordError, nearest


@pytest.mark.parametrize(
    ("where", "remedy", "shown"),
    [
        (None, None, "too short"),
        ("a.csv:3", None, "a.csv:3: too short"),
        (None, "make it longer", "too short\n  make it longer"),
        ("a.csv:3", "make it longer", "a.csv:3: too short\n  make it longer"),
    ],
)
@pytest.mark.parametrize("kind", [NlpseqError, DataError, CallError, UnknownWordError])
def test_says_what_where_and_what_to_do(kind, where, remedy, shown):
    error = kind("too short", where=where, remedy=remedy)
    assert str(error) == shown
    assert (error.message, error.where, error.remedy) == ("too short", where, remedy)


@pytest.mark.parametrize(
    ("kind", "code"), [(NlpseqError, 1), (DataError, 1), (UnknownWordError, 1), (CallError, 2)]
)
def test_exit_code_tells_bad_data_from_a_wrong_call(kind, code):
    assert kind("x").exit_code == code
    assert issubclass(kind, NlpseqError)


def test_an_unknown_word_is_caught_as_a_key_error_too():
    with pytest.raises(KeyError):
        raise UnknownWordError("'x' is not there")


@pytest.mark.parametrize(
    ("word", "candidates", "found"),
    [
        ("embeding", ["hidden", "embedding"], "embedding"),
        ("hiden", iter(["hidden", "embedding"]), "hidden"),
        ("zzz", ["hidden", "embedding"], None),
        ("hidden", [], None),
    ],
)
def test_nearest(word, candidates, found):
    assert nearest(word, candidates) == found
