"""One field of a model as a property of the schema, and the nested types that it brings along."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pulumi_comfy.configuration import NAMESPACE
from pulumi_comfy.core.model import (
    DOCUMENT,
    HELD,
    LEFT_ALONE,
    PERMANENT,
    PROMOTED,
    REPLACES,
    SECRET,
    Json,
    Model,
    Shapes,
    description,
    has_mark,
    token_of,
)

ANY = "pulumi.json#/Any"
TYPE_REFERENCE = "#/types/"
RESERVED = frozenset({"id", "urn", "version", "provider"})
"""Names that Pulumi owns; anything that starts with two underscores as well."""

_PRIMITIVES: dict[object, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}

Spec = dict[str, Json]
_TEXT: Spec = {"type": "string"}


@dataclass(frozen=True)
class Place:
    """A field of a model, for the name of a type that has no class of its own."""

    owner: str
    """The token of what the field is of, e.g. `teapots:Teapot`."""
    field: str

    @property
    def token(self) -> str:
        """The token of such a type: `comfy:teapots:TeapotColor`."""
        return _full(self.owner + "".join(part.title() for part in self.field.split("_")))

    def __str__(self) -> str:
        return f"`{self.field}` of `{self.owner.rpartition(':')[2]}`"


@dataclass(frozen=True)
class Kinds:
    """How the kinds of a nested type differ. The schema's own file has no room for it."""

    by: str
    """The field that names the kind."""
    of: str
    """The field whose shape follows from it."""
    one_of: dict[str, Spec]
    """The shape of each kind."""


class Types:
    """The nested types of the package: filled while properties are described.

    Attributes:
        specs: the schema's `types`, by token.
        kinds: those that come in several kinds, by token.
    """

    def __init__(self) -> None:
        self.specs: dict[str, Spec] = {}
        self.kinds: dict[str, Kinds] = {}
        self._given: set[str] = set()

    def inputs(self, model: type[Model], owner: str) -> Spec:
        """Describe what a program gives, by wire name, in the model's order; `owner` is the token of what has it."""
        specs = {}
        for name, field in model.model_fields.items():
            spec = {**self._given_type(field, Place(owner, name)), **_facts(field, is_given=True)}
            if isinstance(field.default, (bool, int, float, str)):
                spec["default"] = getattr(field.default, "value", field.default)
            if has_mark(field, REPLACES):
                spec["willReplaceOnChanges"] = True
            told = {
                word: True for word, mark in (("document", DOCUMENT), ("promoted", PROMOTED)) if has_mark(field, mark)
            }
            if told:
                spec["language"] = {"python": told}
            specs[field.alias or name] = spec
        return specs

    def outputs(self, model: type[Model], owner: str, skip: Sequence[str] = (), *, is_given: bool = False) -> Spec:
        """Describe what the state holds. Enumerated values are plain text: the platform may know more of them than we.

        Args:
            model: an inputs or outputs model.
            owner: the token of what has it.
            skip: Python names of fields to leave out.
            is_given: whether a program gives them, so that each says what it is when it is not given.
        """
        return {
            field.alias or name: {
                **self._type(field.annotation, Place(owner, name), is_given=False),
                **_facts(field, is_given=is_given),
            }
            for name, field in model.model_fields.items()
            if name not in skip
        }

    def _given_type(self, field: FieldInfo, place: Place) -> Spec:
        shapes = next((one for one in field.metadata if isinstance(one, Shapes)), None)
        if shapes is None:
            return self._type(field.annotation, place, is_given=True)
        one_of = {kind: self._shape(one, place) for kind, one in shapes.one_of.items()}
        self.kinds[_full(place.owner)] = Kinds(shapes.by, place.field, one_of)
        return {"oneOf": list(one_of.values())}

    def _shape(self, shape: type, place: Place) -> Spec:
        """Describe one shape of JSON; its keys stay as they are in every language."""
        if not issubclass(shape, BaseModel):
            return self._type(shape, place, is_given=True)
        owner, fields = token_of(shape), shape.model_fields.items()
        token = _full(owner)
        self.specs[token] = {
            "type": "object",
            "description": in_public(inspect.getdoc(shape) or ""),
            "properties": {
                name: {**self._type(one.annotation, Place(owner, name), is_given=True), **_facts(one, is_given=True)}
                for name, one in fields
            },
            "required": [name for name, one in fields if one.is_required()],
            "language": {"python": {"plain": True}},
        }
        return {"$ref": f"{TYPE_REFERENCE}{token}"}

    def _type(self, annotation: Any, place: Place, *, is_given: bool) -> Spec:
        annotation = without_constraint(without_none(annotation))
        origin, arguments = get_origin(annotation), get_args(annotation)
        if annotation is Any:
            return {"$ref": ANY}
        if annotation in _PRIMITIVES:
            return {"type": _PRIMITIVES[annotation]}
        if origin is list:
            return {"type": "array", "items": self._type(arguments[0], place, is_given=is_given)}
        if origin is dict and arguments[0] is str:
            return {"type": "object", "additionalProperties": self._type(arguments[1], place, is_given=is_given)}
        if origin is Literal:
            return self._enum(place.token, f"What {place} may be.", arguments) if is_given else _TEXT
        if isinstance(annotation, type) and issubclass(annotation, Enum):
            values = [member.value for member in annotation]
            if not is_given:
                return _TEXT
            return self._enum(_full(token_of(annotation)), inspect.getdoc(annotation) or "", values)
        if isinstance(annotation, type) and issubclass(annotation, Model):
            return self._object(annotation, is_given=is_given)
        raise TypeError(f"{place}: the schema has no word for {annotation!r}")

    def _enum(self, token: str, text: str, values: Sequence[str]) -> Spec:
        rows = [{"name": _member_name(value), "value": value} for value in values]
        self.specs[token] = {"type": "string", "description": in_public(text), "enum": rows}
        return {"$ref": f"{TYPE_REFERENCE}{token}"}

    def _object(self, model: type[Model], *, is_given: bool) -> Spec:
        """Describe a nested type as programs give it, or, when none gives it, as the state holds it."""
        owner = token_of(model)
        token = _full(owner)
        if token not in self.specs or (is_given and token not in self._given):
            self._given |= {token} if is_given else set()
            self.specs[token] = {}  # its own fields may lead back to it
            fields = model.model_fields.items()
            self.specs[token] = {
                "type": "object",
                "description": in_public(inspect.getdoc(model) or ""),
                "properties": self.inputs(model, owner) if is_given else self.outputs(model, owner),
                "required": [
                    one.alias or name for name, one in fields if one.is_required() or not (is_given or is_optional(one))
                ],
            }
        return {"$ref": f"{TYPE_REFERENCE}{token}"}


def without_constraint(annotation: Any) -> Any:
    """Give the plain type: the schema has no word for a constraint."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def without_none(annotation: Any) -> Any:
    """Give the type that an optional type is about."""
    kept = [one for one in get_args(annotation) if one is not NoneType]
    return kept[0] if get_origin(annotation) in (Union, UnionType) and len(kept) == 1 else annotation


def is_optional(field: FieldInfo) -> bool:
    """Tell whether a field may hold None."""
    return get_origin(field.annotation) in (Union, UnionType) and NoneType in get_args(field.annotation)


_CITATION = re.compile(r"\s*\((?:docs/[\w/-]+\.md )?[1-9](?:\.\d+)+(?:, [1-9](?:\.\d+)*)*\)")
"""Sections of a page of facts in this repository: `(1.9)`, `(docs/pulumi.md 1.3, 1.10)`."""
_NEVER_UNSET = {
    LEFT_ALONE: "Left as it is while it is not given: the platform cannot unset it.",
    PERMANENT: "Left as it is until it is given; once given, taking it out replaces the resource, since the platform "
    "cannot unset it.",
    HELD: "Left as it is until it is given; once given it can be changed, not taken out: the platform cannot unset it.",
}


def describe(field: FieldInfo, *, is_given: bool = True) -> str:
    """Give a field's description, with what it does not say itself: the default, the limit, the replacement.

    Args:
        field: an input or output.
        is_given: whether a program gives it: then it says what it is when it is not given.
    """
    text = in_public(description(field))
    words = text.lower()
    left_alone = [sentence for mark, sentence in _NEVER_UNSET.items() if has_mark(field, mark)]
    is_empty = not field.is_required() and field.default in (None, [], {})
    if is_given and is_empty and "default" not in words:
        text += f" {left_alone[0] if left_alone else 'Default: none.'}"
    if isinstance(field.default, (bool, int, float, str)) and "default" not in words:
        text += f" Default: `{str(field.default).lower() if isinstance(field.default, bool) else field.default}`."
    for limit in field.metadata:
        if isinstance(limit, Ge) and "at least" not in words:
            text += f" At least {limit.ge}."
        if isinstance(limit, Gt) and "more than" not in words:
            text += f" More than {limit.gt}."
    if has_mark(field, REPLACES) and "replace" not in words:
        text += " A change replaces the resource."
    if is_given and has_mark(field, PROMOTED):
        text += " Part of the pin: a promotion moves it from stack to stack."
    return text


def in_public(text: str) -> str:
    """Take out of a docstring what only readers of this repository can look up."""
    return _CITATION.sub("", text)


def _facts(field: FieldInfo, *, is_given: bool) -> Spec:
    return {"description": describe(field, is_given=is_given), **({"secret": True} if has_mark(field, SECRET) else {})}


def _full(token: str) -> str:
    return f"{NAMESPACE}:{token}"


def _member_name(value: str) -> str:
    """Name an enumerated value as the generators of other languages like it: `public-share` is `PublicShare`."""
    parts = re.split(r"[^0-9A-Za-z]+", value)
    return "".join(part.capitalize() for part in parts) if all(part.isalpha() for part in parts) else "_".join(parts)
