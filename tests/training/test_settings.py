import pytest
from pydantic import ValidationError

from nlpseq.settings import explain
from nlpseq.training.settings import TrainingSettings


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"momentum": 0.9}, "momentum is for the optimizer sgd"),
        ({"optimizer": "rmsprop", "momentum": 0.9}, "momentum is for the optimizer sgd"),
        ({"optimizer": "sgd", "betas": [0.9, 0.98]}, "betas are for the optimizers adam and adamw"),
        ({"decay": 0.9}, "decay is for the schedules step and plateau"),
        ({"schedule": "cosine", "decay_after": 2}, "decay_after is for the schedules step and"),
        ({"keep": "last", "average": 3}, "average is for keep: average"),
        ({"optimizer": "adamw"}, "adamw is adam but for its weight_decay: give one"),
        ({"schedule": "inverse-sqrt"}, "needs a warmup"),
        ({"schedule": "plateau", "decay_after": 3}, "let patience be longer"),
        ({"learning_rate": 0.0}, "should be greater than 0"),
        ({"betas": [0.9, 1.0]}, "should be less than 1"),
        ({"betas": [0.9]}, "this key is missing"),
        ({"optimizer": "adagrad"}, "'adagrad' is none of 'adam', 'adamw', 'sgd', 'rmsprop'"),
        ({"precision": "float16"}, "'float16' is none of 'float32', 'bf16'"),
    ],
)
def test_options_without_effect_or_out_of_range_are_refused(options, message):
    with pytest.raises(ValidationError) as caught:
        TrainingSettings(**options)
    assert message in explain(caught.value.errors()[0])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"optimizer": "adam", "betas": [0.9, 0.98], "schedule": "inverse-sqrt", "warmup": 4000},
        {"optimizer": "sgd", "momentum": 0.9, "schedule": "step", "decay": 0.95},
        {"schedule": "plateau", "decay_after": 2, "keep": "average", "average": 2},
    ],
)
def test_what_is_written_is_read_again(options):
    settings = TrainingSettings(**options)
    assert TrainingSettings(**settings.model_dump(mode="json")) == settings
    assert TrainingSettings(**settings.model_dump()) == settings


def test_each_option_says_what_it_does():
    assert all(field.description for field in TrainingSettings.model_fields.values())
