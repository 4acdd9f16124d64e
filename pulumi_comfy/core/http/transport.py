"""What every request of ours has in common: who asks, how long an answer may take, whom we trust, faults in words."""

from __future__ import annotations

import asyncio
import platform as python_platform
import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx

from pulumi_comfy._version import __version__
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.http.addresses import refuse_what_cannot_be
from pulumi_comfy.core.http.answers import PACKINGS
from pulumi_comfy.core.http.proxy import proxy_for
from pulumi_comfy.core.pace import request_timeout

USER_AGENT = f"pulumi-comfy/{__version__} (Python {python_platform.python_version()}; httpx {httpx.__version__})"
_CONNECT_TIMEOUT = 10.0
"""Seconds; at most. Hardly an endpoint that we call holds its answer: builds and most runs are polled."""

_DRIBBLE = 5
"""Request timeouts that a whole answer may take: one that comes drop by drop never misses the timeout of a read."""


@cache
def trusted_authorities() -> ssl.SSLContext:
    """Load the trusted authorities once for all clients: that takes longer than all else that makes a client."""
    return httpx.create_ssl_context()


@cache
def _no_authorities() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def tls_for(url: str) -> ssl.SSLContext:
    """Give what a client of this address needs; for plain HTTP a context that trusts nobody, made in no time."""
    return trusted_authorities() if url.startswith("https:") else _no_authorities()


def new_timeout(holds: float = 0.0) -> httpx.Timeout:
    """Give how long a connection and each part of an answer may take; `holds` where it may be kept back longer."""
    return httpx.Timeout(max(request_timeout(), holds), connect=min(_CONNECT_TIMEOUT, request_timeout()))


def new_client(url: str, headers: Mapping[str, str], *, verify: ssl.SSLContext, **options: Any) -> httpx.AsyncClient:
    """Make a client for an address; `options` as httpx names them.

    Raises:
        InputError: the environment names a proxy that cannot be used.
    """
    sent = {"user-agent": USER_AGENT, "accept-encoding": ", ".join(PACKINGS), **headers}
    proxy = proxy_for(url)
    try:
        if proxy and not proxy.can_be:
            raise ValueError("there is no such host or port")
        client = httpx.AsyncClient(headers=sent, timeout=new_timeout(), verify=verify, **options)
    except (ImportError, ValueError, httpx.InvalidURL) as unusable:
        got = f"the proxy {proxy} cannot be used ({unusable})" if proxy else f"a proxy cannot be used ({unusable})"
        todo = "Correct or unset it; a SOCKS proxy needs: pip install 'httpx[socks]'."
        raise InputError("COMFY1104", tried="read the environment", got=got, todo=todo) from None
    client.event_hooks = {"request": [_refuse_what_cannot_be]}
    return client


async def _refuse_what_cannot_be(request: httpx.Request) -> None:
    refuse_what_cannot_be(request)


def longest_answer(holds: float = 0.0) -> float:
    """Give the seconds that a whole answer may take."""
    return max(_DRIBBLE * request_timeout(), holds)


_WORDS = (
    (httpx.ReadError, "the connection was lost while the answer was read"),
    (httpx.WriteError, "the connection was lost while the request was sent"),
    (httpx.ConnectError, "no connection could be made"),
    (httpx.NetworkError, "the connection was lost"),
    (httpx.ProxyError, "the proxy made no connection"),
    (httpx.RemoteProtocolError, "the answer is no HTTP"),
)
"""For the errors that httpx says nothing about; the narrower before the wider."""


def unreachable(url: str, error: Exception) -> str:
    """Say that no connection could be made, and through which proxy."""
    proxy = proxy_for(url)
    way = f" through the proxy {proxy}" if proxy else ""
    return f"{httpx.URL(url).netloc.decode()} cannot be reached{way} ({in_words(error)})"


def in_words(error: Exception, holds: float = 0.0) -> str:
    """Say what went wrong on the wire; httpx leaves some of its messages empty."""
    if isinstance(error, asyncio.TimeoutError):
        return f"no whole answer within {longest_answer(holds):g} s"
    if isinstance(error, httpx.TimeoutException):
        longest = max(request_timeout(), holds)
        return f"no answer within {longest:g} s" if isinstance(error, httpx.ReadTimeout) else "timed out"
    return str(error) or next((words for kind, words in _WORDS if isinstance(error, kind)), "the request failed")
