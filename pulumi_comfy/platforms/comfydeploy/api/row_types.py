"""What the fields of ComfyDeploy's answers are made of, and what none of them may be: a malformed one is told as such.

Timestamps come in five spellings (docs/platforms/comfydeploy.md 1.6).
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

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


def _moment(told: Any, parse: ValidatorFunctionWrapHandler) -> datetime | None:
    """Read a timestamp in any of its five spellings, one of them malformed (1.6); None when it cannot be read."""
    text = told.removesuffix("+00Z") if isinstance(told, str) else told
    try:
        moment: datetime | None = parse(text)
    except ValidationError:
        return None
    return moment.replace(tzinfo=timezone.utc) if moment and moment.tzinfo is None else moment


Moment = Annotated[datetime | None, WrapValidator(_moment)]
"""A time in UTC. Never kept: it is for reckoning only."""


class Row(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False, defer_build=True)
