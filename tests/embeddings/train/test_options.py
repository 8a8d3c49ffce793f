import pytest
from pydantic import ValidationError

from nlpseq.embeddings.train.methods import settings_of
from nlpseq.embeddings.train.options import checked, options, settings
from nlpseq.embeddings.train.settings import METHODS
from nlpseq.errors import CallError


def test_every_field_of_every_method_is_an_option():
    fields = {(name, m) for m in METHODS for name in settings_of(m).model_fields}
    assert {(o.name, m) for o in options().values() for m in o.defaults} == fields
    for name, method in fields:
        assert options()[name].defaults[method] == getattr(settings_of(method)(), name)


def test_each_says_what_it_is():
    for option in options().values():
        assert option.description
        assert not option.description.endswith(".")


def test_a_default_that_differs_names_its_methods():
    assert options()["dim"].default == "100"
    assert options()["max_vocab"].default == ""
    rate = options()["learning_rate"]
    assert len(set(rate.defaults.values())) > 1
    assert "with cbow" in rate.default


def test_bounds_are_those_that_no_method_is_stricter_than():
    assert options()["dim"].bounds == {"ge": 1, "le": 4096}
    assert options()["max_vocab"].nullable
    assert options()["max_vocab"].bounds == {"ge": 1}


@pytest.mark.parametrize("method", METHODS)
def test_defaults_are_the_methods_own(method):
    assert settings(method, {}) == settings_of(method)()
    assert settings(method, {"dim": 7}).dim == 7


@pytest.mark.parametrize(
    ("method", "given", "place", "message"),
    [
        ("skip-gram", {"corrected": True}, "corrected", "for cbow only, of no effect on skip-gram"),
        ("cbow", {"dim": 0}, "dim", "greater than or equal to 1, not 0"),
        ("cbow", {"dim": "many"}, "dim", "valid integer, not 'many'"),
        ("cbow", {"dim": None}, "dim", "valid integer, not None"),
        ("cbow", {"wndow": 3}, "wndow", "unknown key"),
    ],
)
def test_what_cannot_be_is_said_with_its_place(method, given, place, message):
    with pytest.raises(ValidationError) as caught:
        settings(method, given)
    [details] = caught.value.errors()
    assert details["loc"] == (place,)
    with pytest.raises(CallError, match=message) as told:
        checked(method, given)
    assert told.value.where == f"--{place}"


def test_a_method_that_there_is_not():
    with pytest.raises(CallError, match="no method 'skipgram'"):
        settings("skipgram", {})
