"""What a redirect means where an API was asked: another address is the right one, or something stands in between."""

from __future__ import annotations

import httpx

_LONGEST = 120
"""Characters of an address that are said."""


def is_redirect(response: httpx.Response) -> bool:
    """Tell whether an answer sends us elsewhere."""
    return response.next_request is not None


def words_of(response: httpx.Response) -> str:
    """Say where an answer sends us, without its query, which may hold a secret."""
    return f"redirects to {_shown(_target(response))[:_LONGEST]} (status {response.status_code}), which is not followed"


def advice_of(response: httpx.Response, base_url: str, platform: str) -> str:
    """Say what to do about it.

    Args:
        response: the redirect.
        base_url: what every path of the platform stands below.
        platform: its name as people say it.
    """
    path = response.request.url.path.removeprefix(httpx.URL(base_url).path.rstrip("/"))
    there = _shown(_target(response))
    if path.strip("/") and there.endswith(path):
        return f"Set the URL of {platform} to {there.removesuffix(path)}."
    return (
        f"Look whether the URL is that of {platform} itself: something in between, such as a page to sign in at, has "
        "answered in its place."
    )


def _target(response: httpx.Response) -> httpx.URL:
    assert response.next_request is not None
    return response.next_request.url


def _shown(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode()}{url.path}"
