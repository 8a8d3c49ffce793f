import pytest
from pydantic import ValidationError

from nlpseq.models.tag import TaggerSettings


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoder": "cnn"}, "the encoder cnn has not a state for each word; these have: rnn"),
        ({"encoder": "mean"}, "the encoder mean has not"),
        ({"encoder": "flatten"}, "the encoder flatten has not"),
        ({"encoder": "cnn-rnn"}, "the encoder cnn-rnn has not"),
        ({"thaw": 2}, "thaw has no effect where the embedding is learned"),
        ({"thaw": 2, "embedding": "tuned"}, "thaw has no effect"),
        ({"characters": "lstm", "character_hidden": 7}, "character_hidden is even"),
        ({"characters": "none", "character_dim": 7}, "no effect without characters"),
        ({"heads": 2}, "heads has no effect with the encoder lstm"),
        ({"inside": "IOB"}, "inside"),
        ({"max_length": 0}, "max_length"),
        ({"pooling": "max"}, "pooling"),
    ],
    ids=str,
)
def test_options_that_do_not_go_together(options, message):
    with pytest.raises(ValidationError, match=message):
        TaggerSettings(**options)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"characters": "lstm", "character_hidden": 8},
        {"characters": "cnn", "character_hidden": 7},
        {"characters": "none", "casing": False, "crf": False},
        {"embedding": "frozen", "thaw": 1},
        {"encoder": "tcn", "widths": [2]},
        {"encoder": "transformer", "hidden": 8, "heads": 2, "inside": "BILOU"},
        {"encoder": "gru", "variational": True, "layers": 2},
    ],
    ids=str,
)
def test_what_has_an_effect_is_all_that_is_kept(options):
    settings = TaggerSettings(**options)
    assert TaggerSettings(**settings.effective()) == settings
    assert options.items() <= settings.effective().items()
