from typing import Literal

import pytest
from pydantic import Field, ValidationError, field_validator

from nlpseq.settings import Settings, explain


class Kettle(Settings):
    litres: int = Field(ge=1)
    heat: float = 0.5
    kind: Literal["gas", "electric", "wood"] = "gas"
    name: str = ""

    @field_validator("name")
    @classmethod
    def _not_tea(cls, value: str) -> str:
        if value == "tea":
            raise ValueError("a kettle is no tea")
        return value


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"litres": 1, "colour": "red"}, "unknown key"),
        ({}, "this key is missing"),
        ({"litres": 1, "name": "tea"}, "a kettle is no tea"),
        ({"litres": 1, "kind": "oil"}, "'oil' is none of 'gas', 'electric', 'wood'"),
        ({"litres": 0}, "should be greater than or equal to 1, not 0"),
        ({"litres": "2"}, "should be a valid integer, not '2'"),
        ({"litres": 2.0}, "should be a valid integer, not 2.0"),
        ({"litres": True}, "should be a valid integer, not True"),
        ({"litres": 1, "heat": float("nan")}, "should be a finite number, not nan"),
        ({"litres": 1, "heat": float("inf")}, "should be a finite number, not inf"),
    ],
)
def test_bad_options_are_explained(options, message):
    with pytest.raises(ValidationError) as caught:
        Kettle(**options)
    assert [explain(details) for details in caught.value.errors()] == [message]


def test_a_whole_number_serves_as_a_fraction():
    assert Kettle(litres=1, heat=2).heat == 2.0


def test_settings_are_frozen():
    kettle = Kettle(litres=2)
    with pytest.raises(ValidationError):
        kettle.litres = 3
    assert kettle.litres == 2
