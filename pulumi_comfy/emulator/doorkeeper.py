"""Who may ask at all: programs on this machine, never a web page from elsewhere.

The emulator listens on a loopback address, but a browser on the machine would ask it for any page: by its address, or
by a name of the page's own that is made to point at 127.0.0.1 (DNS rebinding). Browsers say whose page asks.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


Pages = Literal["own", "local", "any"]
"""Whose web pages may ask: those of the emulator itself, those that this machine serves, or all."""


def refusal(scope: Scope, pages: Pages) -> str | None:
    """Why a request is refused; None when it is not. A program says nothing of pages and is never refused for them."""
    headers = Headers(scope=scope)
    if _host_of(f"//{headers.get('host', '')}") not in _LOOPBACK:
        return "This emulator answers to 127.0.0.1 and localhost only; use one of them in the address."
    if pages == "any":
        return None
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
    if origin is None:  # a page loads it as a picture or a link; `none` is a person who typed the address
        is_welcome = site in (("none", "same-origin") if pages == "own" else ("none", "same-origin", "same-site"))
    elif pages == "own":
        is_welcome = origin.lower() == f"{scope['scheme']}://{headers['host']}".lower()
    else:
        is_welcome = _host_of(origin) in _LOOPBACK
    return None if is_welcome else f"A web page of {origin or 'another site'} may not ask this."


def _host_of(address: str) -> str | None:
    """The host that an address names, in lower case; None when it is no address."""
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
