"""How a platform is reached: all that a connection must know of it, and none of its kinds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pulumi_comfy.configuration import PlatformSettings
from pulumi_comfy.core.costs.prices import Limit, PriceList
from pulumi_comfy.core.errors import ComfyError, InputError
from pulumi_comfy.core.http.client import HttpClient
from pulumi_comfy.core.http.dialect import Dialect

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


@dataclass(frozen=True, eq=False, kw_only=True)
class Service(Generic[ClientT]):
    """Where a platform is, and how it is asked.

    Attributes:
        key: the first part of every token and the name of its folder.
        name: as people say it.
        settings: where it is, and with what it is asked.
        client: makes the typed client of an HTTP client.
        question: asks one thing that needs the key and changes nothing.
        dialect: how it speaks HTTP.
        accounts: how it is known whose key it is.
        prices: what its machines cost, as far as that is known; empty where no price is.
        ask_prices: asks the platform's own price list, which needs no key; None where it has none.
        limits: what it limits, for people.
        below: what every route begins with, which people take for a part of the base URL.
    """

    key: str
    name: str
    settings: PlatformSettings
    client: Callable[[HttpClient], ClientT]
    question: Callable[[ClientT], Awaitable[object]]
    dialect: Dialect = field(default_factory=Dialect)
    accounts: Accounts[ClientT] = field(default_factory=Accounts)
    prices: PriceList = field(default_factory=PriceList)
    ask_prices: Callable[[ClientT], Awaitable[PriceList]] | None = None
    limits: tuple[Limit, ...] = ()
    below: str = ""

    def refused(self, code: str, *, got: str, todo: str | None = None) -> ComfyError:
        """Make the error of a connection that cannot be."""
        return InputError(code, tried=f"connect to {self.name}", got=got, todo=todo)
