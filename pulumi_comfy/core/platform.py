"""What the engine must know of a platform, and nothing else: one value for each, in its own folder.

`platform_of` is the one place that loads a platform: the shells, the schema, the doctor and the test kit ask it, and
name none.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, TypeVar

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
