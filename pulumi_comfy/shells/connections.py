"""From configuration to a client: which URL, which key, which account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pulumi_comfy.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.comfydeploy.connection import check_name, check_url, connect, require_key, scope_of
from pulumi_comfy.core.configuration import COMFYDEPLOY_API_KEY, COMFYDEPLOY_URL, INFERENCE_CHECKS
from pulumi_comfy.core.errors import InputError

Configured = Callable[[str], "str | None"]
"""Looks up a value of the stack's configuration by its full key."""


def address_of(configured: Configured, connection: str | None = None) -> tuple[str, str]:
    """Give URL and key of a named connection; its URL falls back to that of the unnamed one.

    Raises:
        InputError: the connection's name or the URL is none, or there is no key.
    """
    if connection:
        check_name(connection)
    own_url = replace(COMFYDEPLOY_URL.named(connection), default=None) if connection else COMFYDEPLOY_URL
    url = check_url(own_url.value(configured) or COMFYDEPLOY_URL.value(configured) or "")
    setting = COMFYDEPLOY_API_KEY.named(connection)
    return url, require_key(setting.value(configured), setting)


def client_of(configured: Configured, connection: str | None = None) -> tuple[ComfyDeployApi, str]:
    """Make a client of a named connection, and give the scope of its key.

    Raises:
        InputError: the URL is none, or there is no key of this platform.
    """
    url, key = address_of(configured, connection)
    return connect(url, key), scope_of(url, key)


def checks_enabled(configured: Configured) -> bool:
    """Tell whether inference checks run.

    Raises:
        InputError: the value is neither `on` nor `off`.
    """
    value = (INFERENCE_CHECKS.value(configured) or "").lower()
    if value not in ("on", "off"):
        raise InputError(
            "COMFY1104",
            tried="read the configuration",
            got=f"comfy:{INFERENCE_CHECKS.key} is {value!r}",
            todo=f"Set it, or {INFERENCE_CHECKS.environment}, to `on` or `off`.",
        )
    return value == "on"
