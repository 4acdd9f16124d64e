"""How a resource's fields are declared: once, on a pydantic model, with marks for what Pulumi must know of them.

A field carries its type, default, constraint and full-sentence description; marks ride in `Annotated`::

    environment: Annotated[Environment, REPLACES, Field(description="Where the deployment serves.")]

Everything else (check, diff, schema.json, the typed classes, the docs) is derived from here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Annotated, Any, TypeVar, get_args

from pydantic import AfterValidator, ConfigDict, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core import core_schema

from pulumi_comfy.core.unknown import UNKNOWN, PassesUnknown, contains_unknown

Json = Any
"""A JSON value: None, bool, int, float, str, list or dict of them."""


@dataclass(frozen=True)
class Mark:
    """One fact about a field that pydantic has no word for; compared by name."""

    name: str


SECRET = Mark("secret")
"""Never shown: secret in state, absent from every log, error and diff."""
REPLACES = Mark("replaces")
"""A change replaces the resource."""
PERMANENT = Mark("permanent")
"""Once set it can be changed, not unset: taking it out of the program replaces the resource."""
LEFT_ALONE = Mark("left-alone")
"""Once set it can be changed, not unset: while the program does not say it, it is as it is."""
HELD = Mark("held")
"""Once set it can be changed, not unset: its handler refuses to take it out of the program (`Handler.refuse`)."""
WRITE_ONLY = Mark("write-only")
"""The platform never tells it back: a refresh keeps what was last written."""
BULK = Mark("bulk")
"""Large: stored in the inputs only; the outputs hold its digest."""
UNORDERED = Mark("unordered")
"""A list whose order means nothing."""
AUTOMATIC = Mark("automatic-name")
"""Left out, it is derived from the logical name and the stack."""
DOCUMENT = Mark("document")
"""JSON text on the wire; programs give a dict, JSON text or a path."""
LOCAL = Mark("local")
"""About this package's own behaviour in an update: changing it alone needs none. Not for what a removal goes by: that
must reach the state."""
FLOAT32 = Mark("float32")
"""The platform rounds it to four bytes: values that round alike are equal."""
PROMOTED = Mark("promoted")
"""Part of the pin: what a promotion takes from one stack to the next. Sizes and names are each stack's own."""
VERSIONS_OF = Mark("versions-of")
"""What the promoted version is a version of: between stacks that name another here nothing can be promoted."""
MACHINE_DIGEST = Mark("machine-digest")
"""Digest of a machine's definition, at the machine and at what runs on it: by it a proof names the machine."""


@dataclass(frozen=True)
class Shapes:
    """What JSON may look like: text, or a mapping whose keys are the platform's own and not translated.

    Attributes:
        by: the field of the same model whose value says which it is.
        one_of: `str` and pydantic models, by that value.
    """

    by: str
    one_of: Mapping[str, type]


def matching(pattern: str, words: str) -> AfterValidator:
    """Constrain a text to a pattern, with an error that says what it should be instead of the pattern.

    Args:
        pattern: what the whole text must match.
        words: what it should be, e.g. `a commit of ComfyUI, as 40 hex digits`.
    """
    whole = re.compile(pattern)

    def check(text: str | None) -> str | None:
        if text is not None and not whole.fullmatch(text):
            raise ValueError(f"{text!r} is not {words}")
        return text

    return AfterValidator(check)


class Model(PassesUnknown):
    """Base of every inputs, outputs and nested model: camelCase on the wire, unknown values pass where they stand."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, defer_build=True
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        schema = handler(source)
        _take_no_other_kind(schema)
        return schema

    def to_wire(self) -> dict[str, Json]:
        """Give the camelCase dict without None values; unknown values stay as they are."""
        return {
            key: _to_json(value)
            for name, key in names_on_the_wire(type(self))
            if (value := getattr(self, name, None)) is not None
        }


_OF_ONE_KIND = frozenset({"bool", "int", "float"})
_NO_SCHEMAS = frozenset({"default", "metadata", "serialization", "ref", "cls"})


def _take_no_other_kind(schema: Any) -> None:
    """Make a text no number and no truth value, and a truth value no number, at any depth of pydantic's core schema.

    Else `"no"` would be read as false, and True as 1. The whole model cannot just be strict: an enum's value is text on
    the wire.
    """
    if isinstance(schema, dict):
        is_schema = isinstance(schema.get("type"), str)  # else it holds the fields of a model, one of them named so
        if is_schema and schema["type"] in _OF_ONE_KIND:
            schema["strict"] = True
        schema = [part for key, part in schema.items() if not (is_schema and key in _NO_SCHEMAS)]
    for part in schema if isinstance(schema, list | tuple) else ():
        _take_no_other_kind(part)


_AS_THEY_ARE = frozenset({str, bool, int, float, type(None)})


def _to_json(value: object) -> Json:
    if type(value) in _AS_THEY_ARE:  # an enum of texts is another type
        return value
    if isinstance(value, Model):
        return value.to_wire()
    if isinstance(value, Mapping):
        return {str(key): _to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_json(item) for item in value]
    return value.value if isinstance(value, Enum) else value


def is_known(*values: object) -> bool:
    """Tell whether every value is known, at any depth: what a model's own cross-field validators ask first."""
    return not any(contains_unknown(_to_json(value)) for value in values)


def has_mark(field: FieldInfo, mark: Mark) -> bool:
    """Tell whether a field carries a mark."""
    return mark in field.metadata


@cache
def fields_marked(model: type[Model], mark: Mark) -> frozenset[str]:
    """Give the names (snake_case) of the model's fields that carry a mark."""
    return frozenset(name for name, field in model.model_fields.items() if has_mark(field, mark))


@cache
def fields_never_unset(model: type[Model]) -> frozenset[str]:
    """Give the fields that the platform cannot unset: while the program says nothing of one, it is left as it is."""
    return frozenset.union(*(fields_marked(model, mark) for mark in (PERMANENT, LEFT_ALONE, HELD)))


@cache
def fields_always_set(model: type[Model]) -> frozenset[str]:
    """Give the fields without which there is no object; stored outputs that lack one are of another version."""
    fields = model.model_fields.items()
    return frozenset(name for name, field in fields if field.is_required() or has_mark(field, AUTOMATIC))


def model_in(annotation: Any) -> type[Model] | None:
    """Find the nested model in a field's type; None where there is none, as in a mapping of the user's own."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    return next(filter(None, map(model_in, get_args(annotation))), None)


@cache
def secret_places(model: type[Model]) -> tuple[tuple[str, ...], ...]:
    """Give where a model's secret fields are, by their names on the wire, those of nested models too."""
    places: list[tuple[str, ...]] = [(wire_name(model, name),) for name in sorted(fields_marked(model, SECRET))]
    for name, info in model.model_fields.items():
        nested = model_in(info.annotation)
        places += [(wire_name(model, name), *place) for place in secret_places(nested)] if nested else []
    return tuple(places)


TypeT = TypeVar("TypeT", bound=type)

_TOKENS: dict[type, str] = {}


def public(token: str) -> Callable[[TypeT], TypeT]:
    """Name a nested type that programs see: `<platform>:<Name>`, or `index:<Name>` for one of the whole package.

    The name is said here and not derived: a class that moves or is renamed must not change what users write.
    """

    def named(declared: TypeT) -> TypeT:
        _TOKENS[declared] = token
        return declared

    return named


def token_of(declared: type) -> str:
    """Give the token of a nested type.

    Raises:
        KeyError: it has none, so no program may see it.
    """
    return _TOKENS[declared]


def wire_name(model: type[Model], field: str) -> str:
    """Give the camelCase name of a field."""
    return model.model_fields[field].alias or field


@cache
def names_on_the_wire(model: type[Model]) -> tuple[tuple[str, str], ...]:
    """Give the snake_case and the camelCase name of each field, in their order."""
    return tuple((name, info.alias or name) for name, info in model.model_fields.items())


@cache
def wire_names(model: type[Model]) -> frozenset[str]:
    """Give the camelCase names of all fields."""
    return frozenset(key for _name, key in names_on_the_wire(model))


def description(field: FieldInfo) -> str:
    """Give a field's description; every field has one, a test says so."""
    return field.description or ""


@cache
def _field_adapter(model: type[Model], field: str) -> TypeAdapter[Any]:
    info = model.model_fields[field]
    parts = (info.annotation, *info.metadata)
    return TypeAdapter(Annotated[parts] if info.metadata else info.annotation)  # type: ignore[arg-type]


@cache
def _with_a_default(model: type[Model]) -> dict[str, FieldInfo]:
    """Give the fields with a default other than None, which must be made anew each time: it may be a list."""
    fields = model.model_fields.items()
    return {
        name: info
        for name, info in fields
        if not info.is_required() and (info.default_factory is not None or info.default is not None)
    }


def revive(model: type[Model], wire: Mapping[str, Json], *, is_strict: bool = False) -> Any:
    """Rebuild a model from stored state, never raising: state may come from another version of this package, or a hand.

    Fields that are missing take their default (None when they have none); a value that does not validate stays as it
    was stored, so that diff sees it as a difference, or is missing too.

    Args:
        model: what is rebuilt.
        wire: the stored state.
        is_strict: whether a value that does not validate is missing.
    """
    values, defaults = {}, _with_a_default(model)
    for name, key in names_on_the_wire(model):
        stored = wire.get(key, UNKNOWN)
        try:
            if stored is not UNKNOWN:
                values[name] = _field_adapter(model, name).validate_python(stored)
                continue
        except ValidationError:
            if not is_strict:
                values[name] = stored
                continue
        values[name] = defaults[name].get_default(call_default_factory=True) if name in defaults else None
    return model.model_construct(**values)
