"""Fetching a file that a platform names by its URL, without our credential."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import tenacity

from pulumi_comfy.core.errors import PlatformError, StatusError, UnreachableError
from pulumi_comfy.core.pace import paced
from pulumi_comfy.core.wire import USER_AGENT, in_words, new_timeout, trusted_authorities

_ATTEMPTS = 3
_FIRST_PAUSE = 0.5


async def download(
    url: str,
    *,
    tried: str,
    longest: int,
    sleep: Callable[[float], Awaitable[None]],
    transport: httpx.AsyncBaseTransport | None = None,
) -> tuple[bytes, str]:
    """Give at most `longest` bytes and the content type; what breaks off is fetched again.

    Raises:
        PlatformError: it is no URL, there is no such file, or it cannot be reached.
    """
    _refuse_no_url(url, tried)
    retrying = tenacity.AsyncRetrying(
        stop=tenacity.stop_after_attempt(_ATTEMPTS),
        wait=lambda state: paced(_FIRST_PAUSE * 2**state.attempt_number),
        sleep=sleep,
        retry=tenacity.retry_if_exception_type(UnreachableError),
        reraise=True,
    )
    return await retrying(_once, url, tried, longest, transport)


async def _once(url: str, tried: str, longest: int, transport: httpx.AsyncBaseTransport | None) -> tuple[bytes, str]:
    client = httpx.AsyncClient(
        headers={"user-agent": USER_AGENT},
        timeout=new_timeout(),
        transport=transport,
        verify=trusted_authorities(),  # a plain address may lead on to a safe one
        follow_redirects=True,
    )
    try:
        async with client, client.stream("GET", url) as response:
            if response.status_code >= 400:
                raise StatusError("COMFY2400", tried=tried, status=response.status_code, detail="no such file")
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > longest:
                    break
            return bytes(body[:longest]), response.headers.get("content-type", "")
    except httpx.HTTPError as error:
        raise UnreachableError("COMFY2001", tried=tried, got=in_words(error)) from None


def _refuse_no_url(url: str, tried: str) -> None:
    """What a platform names as the place of a file may be anything."""
    try:
        place = httpx.URL(url)
    except httpx.InvalidURL:
        place = httpx.URL("")
    if place.scheme not in ("http", "https") or not place.host:
        raise PlatformError("COMFY2003", tried=tried, got="the platform names no URL that could be fetched")
