"""What the engine must know of a platform, and nothing else: one value for each, in its own folder.

`platform_of` is the one place that loads a platform: the shells, the schema, the doctor and the test kit ask it, and
name none.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, TypeVar

from pydantic.alias_generators import to_snake

from pulumi_comfy.configuration import PLATFORMS
from pulumi_comfy.core.function import Function
from pulumi_comfy.core.resource import Handler
from pulumi_comfy.core.service import Service

ClientT = TypeVar("ClientT")

DocumentTexts = tuple[str, str | None]
"""A workflow document as JSON: the graph or the API prompt, and the API prompt where it stands beside the graph."""
_TYPE = re.compile(r"(?:pulumi-python:(?:dynamic/comfy/)?|comfy:)([a-z]+:[A-Za-z]+)")
"""The types of every shell, and of older states."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Platform(Service[ClientT]):
    """One platform: how it is reached, and what there is to manage on it.

    Attributes:
        handlers: its kinds of resources, by name.
        functions: its functions, by name.
        read_document: reads what an object serves, by its id and the version's: the texts of the workflow document, for
            `workflows.parse`; None where it tells none. None where the platform tells none of any.
    """

    handlers: Mapping[str, Handler[Any, Any, ClientT]]
    functions: Mapping[str, Function] = field(default_factory=dict)
    read_document: Callable[[ClientT, str, str], Awaitable[DocumentTexts | None]] | None = None


class Kinds(Mapping[str, Handler[Any, Any, Any]]):
    """The kinds of a platform by name, each loaded when it is asked for: a stack seldom has all of them.

    `ServerlessMachine` is `ServerlessMachineHandler` in `serverless_machine.py`, or in `serverless_machine/handler.py`.

    Args:
        package: the platform's, e.g. `pulumi_comfy.platforms.<platform>`.
        names: of all of its kinds.
    """

    def __init__(self, package: str | None, *names: str) -> None:
        self._package, self._names = package, names
        self._loaded: dict[str, Handler[Any, Any, Any]] = {}

    def __getitem__(self, name: str) -> Handler[Any, Any, Any]:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._loaded:
            module = import_module(f"{self._package}.{to_snake(name)}")
            if hasattr(module, "__path__"):  # a folder
                module = import_module(f"{module.__name__}.handler")
            self._loaded.setdefault(name, getattr(module, f"{name}Handler")())  # of two that load it, one is kept
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def platform_of(token: str) -> Platform[Any]:
    """Load the platform of a token, `<platform>:<Kind>`."""
    platform: Platform[Any] = import_module(f"pulumi_comfy.platforms.{token.partition(':')[0]}.platform").PLATFORM
    return platform


def token_of_type(type_: str) -> str:
    """Give the token of a Pulumi type, `<platform>:<Kind>`; empty where it is none of ours."""
    found = _TYPE.fullmatch(type_)
    platform, _, kind = (found[1] if found else "").partition(":")
    is_ours = platform in PLATFORMS and kind in platform_of(platform).handlers
    return f"{platform}:{kind}" if is_ours else ""


def handler_of(token: str) -> Handler[Any, Any, Any]:
    """Find the handler of a resource token, loading its platform only."""
    return platform_of(token).handlers[token.partition(":")[2]]


def all_platforms() -> list[Platform[Any]]:
    """Load every platform, in alphabetical order."""
    return [platform_of(key) for key in sorted(PLATFORMS)]
