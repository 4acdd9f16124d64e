"""What all request bodies share: the texts and numbers that no database takes."""

from __future__ import annotations

from pydantic import BaseModel, model_validator
from typing_extensions import Self

from pulumi_comfy.emulator.jsonb import stored


class Body(BaseModel):
    """A request body, or a part of one. Objects and lists of any JSON are checked where they are stored."""

    @model_validator(mode="after")
    def _refuse_what_no_database_takes(self) -> Self:
        """The types fit, then the statement fails: NUL, half of a surrogate pair, NaN (`UnhandledError`)."""
        for value in self.__dict__.values():
            if isinstance(value, str | float):
                stored(value)
        return self
