"""What the engine must know of a platform, and nothing else: one value for each, in its own folder.

`platform_of` is the one place that loads a platform: the shells, the schema, the doctor and the test kit ask it, and
name none.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pulumi_comfy.configuration import PLATFORMS, PlatformSettings
from pulumi_comfy.core.errors import ComfyError, InputError
from pulumi_comfy.core.http.client import HttpClient
from pulumi_comfy.core.http.dialect import Dialect

if TYPE_CHECKING:
    from pulumi_comfy.core.function import Function
    from pulumi_comfy.core.resource import Handler

ClientT = TypeVar("ClientT")


@dataclass(frozen=True)
class Accounts(Generic[ClientT]):
    """How it is known whose key it is: only the right one may say of an object that it is gone.

    Where neither is given, nothing tells: the host alone is the scope, and a platform that works so says «gone» only
    of an object that it was asked for by its id.

    Attributes:
        in_key: reads the account off the key, without a call; None for what is no such key.
        asked: asks the platform, once a process.
    """

    in_key: Callable[[str], str | None] | None = None
    asked: Callable[[ClientT], Awaitable[str]] | None = None


@dataclass(frozen=True, eq=False)
class Platform(Generic[ClientT]):
    """One platform.

    Attributes:
        key: the first part of every token and the name of its folder, e.g. `comfyui`.
        name: as people say it.
        settings: where it is, and with what it is asked.
        client: makes the typed client of an HTTP client.
        question: asks one thing that needs the key and changes nothing.
        handlers: its kinds of resources, by name.
        functions: its functions, by name.
        dialect: how it speaks HTTP.
        accounts: how it is known whose key it is.
    """

    key: str
    name: str
    settings: PlatformSettings
    client: Callable[[HttpClient], ClientT]
    question: Callable[[ClientT], Awaitable[object]]
    handlers: Mapping[str, Handler[Any, Any, ClientT]]
    functions: Mapping[str, Function] = field(default_factory=dict)
    dialect: Dialect = field(default_factory=Dialect)
    accounts: Accounts[ClientT] = field(default_factory=Accounts)

    def refused(self, code: str, *, got: str, todo: str | None = None) -> ComfyError:
        """Make the error of a connection that cannot be."""
        return InputError(code, tried=f"connect to {self.name}", got=got, todo=todo)


def platform_of(token: str) -> Platform[Any]:
    """Load the platform of a token, e.g. of `comfyui:InferenceCheck`."""
    platform: Platform[Any] = import_module(f"pulumi_comfy.platforms.{token.partition(':')[0]}.platform").PLATFORM
    return platform


def handler_of(token: str) -> Handler[Any, Any, Any]:
    """Find the handler of a resource token, loading its platform only."""
    return platform_of(token).handlers[token.partition(":")[2]]


def all_platforms() -> list[Platform[Any]]:
    """Load every platform, in alphabetical order."""
    return [platform_of(key) for key in sorted(PLATFORMS)]
