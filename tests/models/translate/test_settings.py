import pytest
from pydantic import ValidationError

from nlpseq.models.translate import SearchSettings, TranslatorSettings


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"architecture": "transformer", "cell": "lstm"}, "cell has no effect"),
        ({"architecture": "transformer", "input_feeding": False}, "input_feeding has no effect"),
        ({"architecture": "recurrent", "heads": 2}, "heads has no effect"),
        ({"architecture": "recurrent", "feed_forward": 8}, "feed_forward has no effect"),
        ({"tied": "joint", "embedding": "learned"}, "embedding has no effect"),
        ({"hidden": 10, "heads": 4}, "not a multiple"),
        ({"architecture": "recurrent", "hidden": 5}, "hidden is even"),
        ({"hidden": "8"}, "valid integer"),
        ({"hiden": 8}, "not permitted"),
    ],
)
def test_options_that_do_not_go_together_are_told(options, message):
    with pytest.raises(ValidationError, match=message):
        TranslatorSettings(**options)


def test_what_has_an_effect_makes_the_same_settings_again():
    for options in ({}, {"architecture": "recurrent", "hidden": 6}, {"tied": "joint"}):
        settings = TranslatorSettings(**options)
        again = TranslatorSettings(**settings.effective())
        assert again == settings
        assert "cell" not in settings.effective() or settings.architecture == "recurrent"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_best": 2}, "more than the beam"),
        ({"beam": 3, "temperature": 1.0}, "drawn"),
        ({"beam": 0}, "greater than or equal"),
    ],
)
def test_a_search_that_cannot_be_is_told(options, message):
    with pytest.raises(ValidationError, match=message):
        SearchSettings(**options)
