import pytest
from pydantic import ValidationError

from nlpseq.models.classify import ClassifierSettings


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": 2}, "heads has no effect with the encoder lstm"),
        ({"encoder": "mean", "hidden": 5}, "hidden has no effect with the encoder mean"),
        ({"encoder": "flatten", "pooling": "max"}, "pooling has no effect"),
        ({"encoder": "transformer", "bidirectional": False}, "bidirectional has no effect"),
        ({"encoder": "transformer", "hidden": 10, "heads": 4}, "not a multiple of heads"),
        ({"encoder": "rnn", "variant": "torch"}, "no variant 'torch'; it has: paper"),
        ({"encoder": "gru", "biases": 2}, "one bias"),
        ({"encoder": "tcn", "widths": [2, 3]}, "one width"),
        ({"encoder": "cnn", "widths": [0]}, "from 1 to 64"),
        ({"encoder": "cnn", "pool": 2, "pooling": "flatten"}, "pool 1"),
        ({"pooling": "cls"}, "for the encoder transformer"),
        ({"thaw": 2}, "thaw has no effect"),
        ({"windows": 2, "truncate": "pre"}, "truncate has no effect with several windows"),
        ({"class_weights": {"a": 0.0}}, "above 0"),
        ({"linear": 0.5, "multilabel": True}, "one label each"),
    ],
)
def test_options_that_do_not_go_together(options, message):
    with pytest.raises(ValidationError, match=message):
        ClassifierSettings(**options)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"encoder": "gru", "variant": "torch", "biases": 2},
        {"encoder": "cnn-rnn", "cell": "lstm", "widths": [5], "pool": 4},
        {"encoder": "mean", "windows": 4},
        {"embedding": "frozen", "thaw": 1},
        {"encoder": "transformer", "pooling": "cls", "norm": "post", "class_weights": "balanced"},
    ],
    ids=str,
)
def test_what_has_an_effect_is_all_that_is_kept(options):
    settings = ClassifierSettings(**options)
    again = ClassifierSettings(**settings.effective())
    assert again.model_dump() == settings.model_dump()
    assert options.items() <= settings.effective().items()


@pytest.mark.parametrize(
    ("options", "how"),
    [
        ({}, "max"),
        ({"pooling": "last"}, "last"),
        ({"encoder": "mean"}, "mean"),
        ({"encoder": "flatten"}, "flatten"),
    ],
)
def test_pooling_that_is_meant(options, how):
    assert ClassifierSettings(**options).how == how
