"""The way to an emulated platform: in plain text, as the certificates of TLS alone take 40 ms to load."""

from __future__ import annotations

import httpx


class PlainHttp(httpx.AsyncHTTPTransport):
    """A network that knows no certificates; what happens on it is told by those that derive from it."""

    def __init__(self) -> None:
        super().__init__(verify=False)
