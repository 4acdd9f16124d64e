"""What a field means beyond its type: marks by which policies and prices know a field of any platform.

They change nothing of check, diff or state. A new platform marks its fields, and every rule looks at them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pulumi_comfy.core.model import Json, Mark, Shapes, model_in
from pulumi_comfy.core.unknown import UNKNOWN, Unknown

GPU = Mark("gpu")
"""Names the GPU, or the machine with one, that runs are executed on."""
MOST_INSTANCES = Mark("most-instances")
"""The most instances at once."""
ALWAYS_ON = Mark("always-on")
"""Instances that are always on, and billed while idle."""
IDLE_SECONDS = Mark("idle-seconds")
"""Seconds that an instance stays on, and is billed, after its last run."""
LONGEST_RUN = Mark("longest-run")
"""Seconds after which the platform ends a run."""
SERVES = Mark("serves")
"""While it is false, nothing is on and nothing is billed."""
ENVIRONMENT = Mark("environment")
"""Names the environment that it serves."""
MACHINE = Mark("machine")
"""Id of the machine that runs it: two stacks that share one are one environment."""
TARGET = Mark("target")
"""Id of the deployment that a check by itself runs."""
CHECKED = Mark("checked")
"""A change can change what a run makes, so it is followed by an inference check."""
CHECK_SECONDS = Mark("check-seconds")
"""Of an inference check: seconds that one step of it may take at most."""
OWN_APP = Mark("own-app")
"""An output. Where a kind has one, an object bills by itself only while it is set, else its `MACHINE` does; its own
counts have no effect then."""
SERVER_COMMIT = Mark("server-commit")
"""Commit, or another reference, of ComfyUI itself."""
NODE_COMMIT = Mark("node-commit")
"""Commit of a custom node's repository."""
NODE_VERSION = Mark("node-version")
"""Version of a custom node in a registry."""
NODE_SOURCE = Mark("node-source")
"""URL that a custom node's code is taken from."""
NODE_FILES = Mark("node-files")
"""URLs of the single files that a custom node is made of."""
BASE_IMAGE = Mark("base-image")
"""Registry image that is built or run on."""
SNAPSHOT = Mark("snapshot")
"""A snapshot of ComfyUI-Manager: a commit of ComfyUI, and custom nodes by URL, each with its commit."""
COMMAND = Mark("command")
"""Raw commands that are executed as they are."""


@dataclass(frozen=True)
class Public:
    """A value that makes the object visible to everybody.

    Attributes:
        values: which values do; None where declaring the resource does, whatever the value.
    """

    values: frozenset[str] | None = None


Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Place:
    """One field of a resource's values.

    Attributes:
        path: from the resource's values, by the names on the wire.
        field: its declaration.
        value: what it holds on the wire; None where it is not there.
        beside: the whole object that holds it.
        siblings: the declarations of that object's fields, by their names on the wire.
    """

    path: Path
    field: FieldInfo
    value: Json
    beside: Mapping[str, Json]
    siblings: Mapping[str, FieldInfo]

    @property
    def name(self) -> str:
        """The path as people read it, e.g. `dockerCommandSteps[0].data.hash`."""
        return path_words(self.path)

    def sibling(self, mark: Mark) -> Json:
        """Give the value beside it of the field with that mark; None where there is none."""
        return next((self.beside.get(name) for name, field in self.siblings.items() if mark in field.metadata), None)


def path_words(path: Path) -> str:
    """Write a path as people read it."""
    words = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return words.removeprefix(".")


@cache
def _fields(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """Give the declarations of a model's fields by their names on the wire."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


@cache
def _shapes_of(model: type[BaseModel], wire: str) -> tuple[type[BaseModel] | None, Shapes | None]:
    """Give the model inside a field, or the several that it may have."""
    info = _fields(model)[wire]
    shapes = next((one for one in info.metadata if isinstance(one, Shapes)), None)
    return (None if shapes else model_in(info.annotation)), shapes


def places(model: type[BaseModel], values: Mapping[str, Json], path: Path = ()) -> Iterator[Place]:
    """Give every field of a model with the value that it holds on the wire, those of nested models too.

    A field that is not there is given with None, one inside what is not known as not known; what has another shape is
    given and not entered.

    Args:
        model: the declaration.
        values: camelCase, as Pulumi carries them.
        path: where they stand.
    """
    fields = _fields(model)
    for wire, info in fields.items():
        value = values.get(wire)
        yield Place((*path, wire), info, value, values, fields)
        for nested in _nested(model, wire, values) if value is not None else ():
            yield from _inside(nested, value, (*path, wire))


def _nested(model: type[BaseModel], wire: str, beside: Mapping[str, Json]) -> list[type[BaseModel]]:
    """Give the models that a field's value may have: one, or while nobody knows which, each."""
    nested, shapes = _shapes_of(model, wire)
    if shapes is None:
        return [nested] if nested else []
    by = beside.get(shapes.by)
    chosen = shapes.one_of.values() if isinstance(by, Unknown) else [shapes.one_of.get(str(by), str)]
    return [one for one in chosen if issubclass(one, BaseModel)]


def _inside(model: type[BaseModel], value: Json, path: Path) -> Iterator[Place]:
    if isinstance(value, Unknown):
        yield from places(model, dict.fromkeys(_fields(model), UNKNOWN), path)
    elif isinstance(value, Mapping):
        yield from places(model, value, path)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _inside(model, item, (*path, index))


def places_marked(model: type[BaseModel], values: Mapping[str, Json], mark: Mark) -> Iterator[Place]:
    """Give the fields that carry a mark."""
    return (place for place in places(model, values) if mark in place.field.metadata)
