"""A value that preview does not know yet, as the core sees it whichever shell brought it, and validation around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError, field_validator
from pydantic_core import ErrorDetails, core_schema


class Unknown:
    """The type of `UNKNOWN`: one object, equal only to itself, so an `is` test suffices."""

    def __repr__(self) -> str:
        return "<unknown>"

    def __copy__(self) -> Unknown:
        return self

    def __deepcopy__(self, _memo: object) -> Unknown:
        return self


UNKNOWN: Final = Unknown()


def contains_unknown(value: object) -> bool:
    """Tell whether `value` is, or holds at any depth, a value that preview does not know."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        return any(contains_unknown(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(contains_unknown(item) for item in value)
    return False


class PassesUnknown(BaseModel):
    """A model that lets unknown values pass where they stand, and validates what is known around them."""

    @field_validator("*", mode="wrap")
    @classmethod
    def _pass_unknown(cls, value: object, handler: core_schema.ValidatorFunctionWrapHandler) -> object:
        if isinstance(value, Unknown):
            return value
        if not contains_unknown(value):
            return handler(value)
        return _validate_known_rest(value, handler)


def _validate_known_rest(value: object, handler: core_schema.ValidatorFunctionWrapHandler) -> object:
    """Validate what is known of a list or mapping and put the unknown members back in their places."""
    if isinstance(value, (list, tuple)):
        known = _validate_members([item for item in value if not contains_unknown(item)], handler)
        rest = iter(known)
        return [item if contains_unknown(item) else next(rest) for item in value]
    assert isinstance(value, Mapping)  # an unknown value is found in nothing else
    try:
        return handler(value)  # a nested model lets its own unknown fields pass
    except ValidationError as failed:
        if any(is_about_known(error) for error in failed.errors()):
            raise
        known = _validate_members({key: item for key, item in value.items() if not contains_unknown(item)}, handler)
        return {**known, **{key: item for key, item in value.items() if contains_unknown(item)}}


def is_about_known(error: ErrorDetails) -> bool:
    """Tell whether a validation error stands whatever the unknown values turn out to be."""
    return error["input"] is not UNKNOWN or error["type"] == "extra_forbidden"


def _validate_members(known: Any, handler: core_schema.ValidatorFunctionWrapHandler) -> Any:
    """Validate the known members; that there are too few of them means nothing while others are unknown."""
    try:
        return handler(known)
    except ValidationError as failed:
        if any(error["type"] != "too_short" for error in failed.errors()):
            raise
        return known
