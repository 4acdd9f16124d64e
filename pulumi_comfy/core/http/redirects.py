"""What a redirect means where an API was asked: another address is the right one, or something stands in between."""

from __future__ import annotations

import httpx

from pulumi_comfy.core.errors import LostAnswerError, PlatformError


def is_redirect(response: httpx.Response) -> bool:
    """Tell whether an answer sends us elsewhere."""
    return response.next_request is not None


def words_of(response: httpx.Response) -> str:
    """Say where an answer sends us, without its query, which may hold a secret."""
    method, status = response.request.method, response.status_code
    there = _shown(_target(response))
    return f"the answer to a {method} redirects to {there} (status {status}), which is not followed"


def advised(error: PlatformError, response: httpx.Response, base_url: str, platform: str) -> PlatformError:
    """Give the error with what to do about a redirect; of a write it stays to be looked for whether it happened.

    Args:
        error: what is told of it.
        response: the redirect.
        base_url: what every path of the platform stands below.
        platform: its name as people say it.
    """
    advice = _advice(response, base_url, platform)
    error.todo = f"{advice} {error.todo}" if isinstance(error, LostAnswerError) else advice
    return error


def _advice(response: httpx.Response, base_url: str, platform: str) -> str:
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
