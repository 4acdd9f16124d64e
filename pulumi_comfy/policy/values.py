"""Values without Pulumi's marks, as rules see them (docs/pulumi.md 5.6)."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from pulumi_comfy.address import OUTPUT, SECRET, SIGNATURE, UNKNOWN_STRING, UNKNOWN_TEXTS
from pulumi_comfy.core.redaction import register_given, register_secret
from pulumi_comfy.core.unknown import UNKNOWN


def plain(value: Any, *, tells_secrets: bool = True) -> Any:
    """Give a value without Pulumi's marks: secrets in the clear, `UNKNOWN` for what is not known or encrypted.

    What it shows in the clear is masked from then on in every message.

    Args:
        value: as Pulumi writes it.
        tells_secrets: false for `UNKNOWN` in place of a secret that stands there in the clear.
    """
    if isinstance(value, str):
        return UNKNOWN if value in UNKNOWN_TEXTS else value
    if isinstance(value, (list, tuple)):
        return [plain(item, tells_secrets=tells_secrets) for item in value]
    if not isinstance(value, Mapping):
        return value
    signature = value.get(SIGNATURE)
    if signature == SECRET and not tells_secrets:
        return UNKNOWN
    if signature == SECRET:
        told = _in_the_clear(value)
        _mask(told)
        return told
    if signature == OUTPUT:
        return plain(value.get("value", UNKNOWN_STRING), tells_secrets=tells_secrets)
    return {str(key): plain(item, tells_secrets=tells_secrets) for key, item in value.items()}


def _in_the_clear(secret: Mapping[str, Any]) -> Any:
    text = secret.get("plaintext")
    return plain(json.loads(text)) if isinstance(text, str) else plain(secret.get("value", UNKNOWN_STRING))


def _mask(told: Any) -> None:
    """Mask a secret in every message: each text in it, what `address` gives of one, and numbers.

    Of a list or an object, which is secret as a whole where one value in it is, the words for kinds of things are left:
    the rules say them themselves, as in `raw-commands`.
    """
    for text in _leaves(told):
        if not isinstance(text, str):
            register_given(text)
        elif isinstance(told, str) or not _KIND.fullmatch(text):
            register_secret([text, address(text)] if "://" in text or "@" in text else text)


_KIND = re.compile(r"[a-z]{1,12}(-[a-z]{1,12})*")


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def address(url: object) -> str:
    """Give host and path of a URL as git goes there: its user, password and query may be secret.

    `git@host:path` is host and path too, and `..` goes up, so that nothing looks like what it is not. A URL of which
    no host can be read gives an empty text.
    """
    text = str(url).strip()
    if "://" not in text:
        text = "//" + (_SCP.sub(r"\1/\2", text, count=1))
    try:
        parts = urlsplit(text)
        host, path = parts.hostname or "", unquote(parts.path)
    except ValueError:
        return ""
    return f"{host}{_normal(path)}"


_SCP = re.compile(r"^((?:[^@/:]+@)?[^/:@]+):(?!\d+(?:/|$))/*(.*)", re.DOTALL)
"""`user@host:path`, as git takes it; what has a port is none."""


def _normal(path: str) -> str:
    """Give a path without `.` and `..` and with single slashes; one at its end stays."""
    whole = posixpath.normpath(path).replace("//", "/") if path else ""
    return f"{whole}/" if path.endswith("/") and not whole.endswith("/") else whole
