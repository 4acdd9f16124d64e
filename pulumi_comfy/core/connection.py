"""One platform seen with one credential: its address, its client, whose account it is, and what was seen of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Annotated, Any, Generic, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from pulumi_comfy.configuration import Setting
from pulumi_comfy.core.cancellation import Cancellation
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.fields import CONNECTION_NAME
from pulumi_comfy.core.http.addresses import address
from pulumi_comfy.core.http.client import HttpClient
from pulumi_comfy.core.http.retrying import USUAL, RetryPolicy
from pulumi_comfy.core.memory import Memory
from pulumi_comfy.core.redaction import register_secret
from pulumi_comfy.core.service import Service

ClientT = TypeVar("ClientT")

Configured = Callable[[str], "str | None"]
"""Looks up a value of the stack's configuration by its full key."""


@dataclass(frozen=True)
class Address:
    """Where a platform is, and with what it is asked: the credential, or who asks where it takes none."""

    url: str
    key: str | None = field(repr=False)


@dataclass
class Connection(Generic[ClientT]):
    """A platform and a credential.

    Attributes:
        platform: which.
        client: its typed client.
        host: host and port of its URL.
        account: whose key it is; empty where nothing tells, None until the platform was asked.
        scope: the account in words, e.g. `api.example.com/org_123`, or the host alone; None until it is known.
        memory: what was seen with this credential: ids are unique within an account only.
    """

    platform: Service[ClientT]
    client: ClientT
    host: str
    account: str | None
    memory: Memory = field(default_factory=Memory)
    scope: str | None = field(init=False)
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self._is_of(self.account)

    def _is_of(self, account: str | None) -> None:
        self.account = account
        self.scope = None if account is None else f"{self.host}/{account}".rstrip("/")

    async def identify(self) -> str:
        """Give the scope, for which some platforms must be asked, once a process.

        Raises:
            ComfyError: it cannot be learnt, so that nothing may be said of any object.
        """
        asked = self.platform.accounts.asked
        if self.account is None and asked is not None:
            async with self._asking:
                self._is_of(self.account or await asked(self.client))
        self.memory.scope = self.scope
        return self.scope or self.host


def connect(
    platform: Service[ClientT],
    address: Address,
    *,
    cancellation: Cancellation | None = None,
    retry: RetryPolicy = USUAL,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Connection[ClientT]:
    """Make a connection; nothing is opened or asked yet. What is not said of the arguments stands at `HttpClient`.

    Raises:
        InputError: the key is none of this platform.
    """
    account = account_of(platform, address)
    http = HttpClient(
        platform=platform.name,
        base_url=address.url,
        key=address.key,
        dialect=platform.dialect,
        retry=retry,
        cancellation=cancellation,
        transport=transport,
    )
    return Connection(platform, platform.client(http), host_of(address.url), account)


@cache  # every call of the engine asks
def account_of(platform: Service[Any], address: Address) -> str | None:
    """Give what is known of the account without a call: empty where nothing tells, None where the platform does.

    Raises:
        InputError: the key is none of this platform.
    """
    accounts = platform.accounts
    if accounts.in_key is None:
        who = "" if platform.settings.key else address.key or ""
        return who if accounts.asked is None else None
    account = accounts.in_key(address.key or "")
    if not account:
        raise platform.refused("COMFY1103", got=f"the configured key is not a {platform.name} API key")
    return account


def address_of(platform: Service[Any], configured: Configured, name: str | None = None) -> Address:
    """Give URL and key of a named connection; its URL falls back to that of the unnamed one.

    Raises:
        InputError: the connection's name or the URL is none, or there is no key.
    """
    if name:
        check_name(name)
    common, key = platform.settings.url, platform.settings.key
    own = replace(common.named(name), default=None) if name else common
    url = check_url(platform, own.value(configured) or common.value(configured) or "")
    if key is None:
        user = platform.settings.user
        return Address(url, user.named(name).value(configured) if user else None)
    return Address(url, require_key(platform, key.named(name).value(configured), key.named(name)))


@cache  # every call of a named connection asks
def check_name(name: str) -> None:
    """Judge the name of a connection as the field does, but before a key is looked for under it.

    Raises:
        InputError: it can be no name.
    """
    try:
        TypeAdapter(Annotated[str, CONNECTION_NAME]).validate_python(name)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise InputError("COMFY1001", tried="connection", got=reason, todo="Rename the connection.") from None


@cache
def check_url(platform: Service[Any], url: str) -> str:
    """Give the base URL without a trailing slash, and without what every route begins with anyway.

    Raises:
        InputError: it is no http or https URL of a place that can be, or holds a query, a fragment or a credential.
    """
    setting, url = platform.settings.url, url.strip()
    parsed, shown = address(url), _without_secrets(url)
    if parsed is None:
        example = f", e.g. {setting.default}" if setting.default else ""
        raise platform.refused(
            "COMFY1104",
            got=f"{shown!r} is no URL of an API",
            todo=f"Set {setting.environment} or comfy:{setting.key}{example}.",
        )
    if parsed.query or parsed.fragment:
        raise platform.refused(
            "COMFY1104",
            got=f"the URL {shown} holds a query or a fragment",
            todo=f"Take it out of {setting.environment} or comfy:{setting.key}.",
        )
    if parsed.userinfo:  # it would be sent in the place of the key, and shown wherever the URL is
        rest = "; the API key is all." if platform.settings.key else "."
        raise platform.refused(
            "COMFY1104",
            got=f"the URL of {parsed.host} holds a user name or a password",
            todo=f"Take them out of {setting.environment} or comfy:{setting.key}{rest}",
        )
    return url.rstrip("/").removesuffix(platform.below)


def _without_secrets(url: str) -> str:
    """Give what can be shown of an address that may be none: no query, no fragment, no user name or password."""
    return re.sub("//[^/]*@", "//", re.split("[?#]", url, maxsplit=1)[0])


def require_key(platform: Service[Any], key: str | None, setting: Setting) -> str:
    """Give the key that `setting` configures.

    Raises:
        InputError: there is none, or one that can be no key; names the variable and the command that set it.
    """
    key = (key or "").strip()
    if not (key.isascii() and key.isprintable()):  # no header can hold it
        raise platform.refused(
            "COMFY1103",
            got="the configured API key holds a line break, or a character that no key has",
            todo=f"Copy it again, then set {setting.environment} or comfy:{setting.key}.",
        )
    if key:
        register_secret(key)
        return key
    raise platform.refused(
        "COMFY1101",
        got="no API key is configured",
        todo=f"Set {setting.environment}, or run `pulumi config set --secret comfy:{setting.key}`, which `destroy` and "
        "`refresh` see after the next `up` only.",
    )


def host_of(url: str) -> str:
    """Give host and port of a URL."""
    return httpx.URL(url).netloc.decode()
