"""Values without Pulumi's marks, as rules see them (docs/pulumi.md 5.6)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pulumi_comfy.core.unknown import UNKNOWN

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_NOT_TOLD = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS = frozenset(
    {
        _NOT_TOLD,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""How Pulumi writes a value that is not known."""


def plain(value: Any) -> Any:
    """Give a value without Pulumi's marks: secrets in the clear, `UNKNOWN` for what is not known or encrypted."""
    if isinstance(value, str):
        return UNKNOWN if value in _UNKNOWNS else value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    signature = value.get(_SIGNATURE)
    if signature == _SECRET:
        text = value.get("plaintext")
        return plain(json.loads(text)) if isinstance(text, str) else plain(value.get("value", _NOT_TOLD))
    if signature == _OUTPUT:
        return plain(value.get("value", _NOT_TOLD))
    return {str(key): plain(item) for key, item in value.items()}


def address(url: object) -> str:
    """Give host and path of a URL: its user, password and query may be secret."""
    text = str(url)
    parts = urlsplit(text if "://" in text else f"//{text}")
    return f"{parts.hostname or ''}{parts.path}"
