"""What the fields of every platform's answers are made of, and what none of them may be: a malformed one is told."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

_LONGEST_ID = 500


def _plain(text: str) -> str:
    """Refuse what cannot name an object: ids stand in paths, in the state and on the terminal."""
    if not 0 < len(text) <= _LONGEST_ID or not text.isprintable():
        raise ValueError("an id is one short line of plain text")
    return text


Id = Annotated[str, AfterValidator(_plain)]
MaybeId = Annotated[Id | None, BeforeValidator(lambda value: None if value == "" else value)]
"""An id, or none; an empty text is none."""
Whole = Annotated[int, Field(ge=-(2**53), le=2**53)]
"""A whole number that a state can hold."""
Flag = Annotated[bool, BeforeValidator(lambda value: value or False)]
"""True or false; null, as one foreign row of a list may have it, is false and stops nobody."""


class Row(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False, defer_build=True)
