"""The base of every settings class: strict, frozen, and with errors that a user can read."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Named, typed, checked options. Unknown names and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    def effective(self) -> dict[str, Any]:
        """The options that have an effect beside the others, name → value."""
        return self.model_dump()


def explain(details: Any) -> str:
    """What one entry of pydantic's ``ValidationError.errors()`` says, in a user's words."""
    kind, context, value = details["type"], details.get("ctx", {}), details.get("input")
    if kind == "extra_forbidden":
        return "unknown key"
    if kind == "missing":
        return "this key is missing"
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"{value!r} is none of {context['expected'].replace(' or ', ', ')}"
    message: str = details["msg"].replace("Input should be", "should be")
    return f"{message[0].lower()}{message[1:]}, not {value!r}"
