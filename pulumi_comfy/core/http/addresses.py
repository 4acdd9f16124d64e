"""Which addresses can be asked at all: others fail deep in the network's libraries, in words of their own."""

from __future__ import annotations

import re

import httpx

_HIGHEST_PORT = 65535
_LABELS = re.compile(r"([^.%\s]{1,63}\.)*[^.%\s]{1,63}\.?")
"""A host as the network takes it; what httpx quotes, such as a space, stands in none."""


def address(text: str) -> httpx.URL | None:
    """Give the http or https URL that a text is; None where it is none, or no connection to it could ever be made."""
    try:
        place = httpx.URL(text)
    except (httpx.InvalidURL, TypeError):
        return None
    return place if place.scheme in ("http", "https") and can_be(place) else None


def can_be(place: httpx.URL) -> bool:
    """Tell whether there can be such a host and port, whatever the scheme."""
    host = place.raw_host.decode("ascii")
    has_host = ":" in host or _LABELS.fullmatch(host) is not None
    return has_host and (place.port is None or 0 < place.port <= _HIGHEST_PORT)


def refuse_what_cannot_be(request: httpx.Request) -> None:
    """Stop a request to such an address, to which a redirect may have led.

    Raises:
        httpx.ConnectError: always then.
    """
    if not can_be(request.url):
        raise httpx.ConnectError("there is no such host or port", request=request)
