"""Fetching a file that a platform names by its URL, without our credential."""

from __future__ import annotations

import asyncio

import httpx

from pulumi_comfy.core.cancellation import Cancellation
from pulumi_comfy.core.errors import PlatformError, StatusError, UnreachableError
from pulumi_comfy.core.http.addresses import address
from pulumi_comfy.core.http.answers import BodyError, whole_body
from pulumi_comfy.core.http.retrying import AgainError, RetryPolicy, attempts_of
from pulumi_comfy.core.http.transport import in_words, new_client, trusted_authorities, unreachable

LONGEST_FILE = 512 * 1024 * 1024
"""Bytes of a file that is fetched; it is held in memory."""
_RETRY = RetryPolicy(attempts=3, first_wait=1.0)
_SECONDS = 900.0
"""The longest one attempt may take: a file that comes drop by drop never misses the timeout of a read."""


async def download(
    url: str,
    *,
    tried: str,
    longest: int,
    cancellation: Cancellation,
    transport: httpx.AsyncBaseTransport | None = None,
) -> tuple[bytes, str]:
    """Give the bytes and the content type; what breaks off is fetched again.

    Raises:
        PlatformError: it is no URL, there is no such file, it is longer than `longest`, or it cannot be reached.
        CancelledWaitError: the engine said stop.
        LostEngineError: the engine is gone.
    """
    _refuse_no_url(url, tried)
    try:
        async for attempt in attempts_of(tried, _RETRY, cancellation):
            with attempt:
                return await _once(url, tried, longest, cancellation, transport)
    except AgainError as ended:
        raise ended.error from None
    raise AssertionError("tenacity ends by answer or by error")  # pragma: no cover


async def _once(
    url: str, tried: str, longest: int, cancellation: Cancellation, transport: httpx.AsyncBaseTransport | None
) -> tuple[bytes, str]:
    # A plain address may lead on to a safe one.
    client = new_client(url, {}, verify=trusted_authorities(), transport=transport, follow_redirects=True)
    try:
        with cancellation.limit(_SECONDS, tried=tried):
            async with client, client.stream("GET", url) as response:
                if response.status_code >= 400:
                    raise _refused(response.status_code, tried)
                return await whole_body(response, longest), response.headers.get("content-type", "")
    except BodyError as unread:
        raise PlatformError("COMFY2003", tried=tried, got=str(unread).replace("answer", "file")) from None
    except (httpx.HTTPError, asyncio.TimeoutError) as error:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
            got = unreachable(str(error.request.url), error)  # the file may have led on to another host
        else:
            got = in_words(error)
        raise AgainError(UnreachableError("COMFY2001", tried=tried, got=got)) from None


def _refused(status: int, tried: str) -> Exception:
    detail = "no such file" if status in (404, 410) else "the file was refused"
    error = StatusError("COMFY2400", tried=tried, status=status, detail=detail)
    return AgainError(error) if error.passes else error


def _refuse_no_url(url: str, tried: str) -> None:
    """What a platform names as the place of a file may be anything."""
    if address(url) is None:
        raise PlatformError("COMFY2003", tried=tried, got="the platform names no URL that could be fetched")
