"""From configuration to a client of ComfyDeploy, and the account that a key belongs to."""

from __future__ import annotations

from functools import cache

import httpx
import jwt
from pydantic import ValidationError

from pulumi_comfy.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.comfydeploy.api.gone import is_no_route, status_of
from pulumi_comfy.comfydeploy.fields import AccountInputs
from pulumi_comfy.core.cancellation import Cancellation
from pulumi_comfy.core.configuration import COMFYDEPLOY_API_KEY, COMFYDEPLOY_URL, Setting
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.http import HttpClient
from pulumi_comfy.core.redaction import register_secret
from pulumi_comfy.core.retrying import USUAL, RetryPolicy

PLATFORM = "ComfyDeploy"


def check_name(connection: str) -> None:
    """Judge the name of a connection as the field does, but before a key is looked for under it.

    Raises:
        InputError: it can be no name.
    """
    try:
        AccountInputs(connection=connection)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise InputError("COMFY1001", tried="connection", got=reason, todo="Rename the connection.") from None


def require_key(key: str | None, setting: Setting = COMFYDEPLOY_API_KEY) -> str:
    """Give the key that `setting` configures.

    Raises:
        InputError: there is none; names the variable and the command that set it.
    """
    if key and key.strip():
        register_secret(key.strip())
        return key.strip()
    raise InputError(
        "COMFY1101",
        tried=f"connect to {PLATFORM}",
        got="no API key is configured",
        todo=f"Set {setting.environment}, or run `pulumi config set --secret comfy:{setting.key}`, which `destroy` and "
        "`refresh` see after the next `up` only.",
    )


@cache  # every call of the engine asks
def scope_of(url: str, key: str) -> str:
    """Give the account a key belongs to, e.g. `api.comfydeploy.com/org_123`; asks nobody.

    A key is a JWT whose claims name the organisation, or else the user (reference 1.1); its rows are the only ones
    it sees, and a foreign row looks exactly like a missing one.

    Raises:
        InputError: the key is not one of this platform.
    """
    host = httpx.URL(url).netloc.decode()
    try:
        claims = jwt.decode(key, options={"verify_signature": False, "verify_exp": False})
    except jwt.PyJWTError:
        claims = {}
    account = claims.get("org_id") or claims.get("user_id")
    if not account:
        raise InputError(
            "COMFY1103", tried=f"connect to {PLATFORM}", got="the configured key is not a ComfyDeploy API key"
        )
    return f"{host}/{account}"


@cache
def check_url(url: str) -> str:
    """Give the base URL without a trailing slash.

    Raises:
        InputError: it is no http or https URL.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise InputError(
            "COMFY1104",
            tried=f"connect to {PLATFORM}",
            got=f"{url!r} is no URL of an API",
            todo=f"Set {COMFYDEPLOY_URL.environment} or comfy:{COMFYDEPLOY_URL.key}, e.g. {COMFYDEPLOY_URL.default}.",
        )
    if parsed.userinfo:  # it would be sent in the place of the key, and shown wherever the URL is
        raise InputError(
            "COMFY1104",
            tried=f"connect to {PLATFORM}",
            got=f"the URL of {parsed.host} holds a user name or a password",
            todo=f"Take them out of {COMFYDEPLOY_URL.environment} or comfy:{COMFYDEPLOY_URL.key}; the API key is all.",
        )
    return url.rstrip("/")


def connect(
    url: str,
    key: str,
    *,
    cancellation: Cancellation | None = None,
    retry: RetryPolicy = USUAL,
    transport: httpx.AsyncBaseTransport | None = None,
) -> ComfyDeployApi:
    """Make the client; opens no connection yet. What is not said of the arguments stands at `HttpClient`."""
    return ComfyDeployApi(
        HttpClient(
            platform=PLATFORM,
            base_url=url,
            headers={"authorization": f"Bearer {key}"},
            retry=retry,
            is_no_route=is_no_route,
            status_of=status_of,
            cancellation=cancellation,
            transport=transport,
        )
    )
