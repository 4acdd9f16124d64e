"""What a redirect means where an API was asked: another address is the right one, or something stands in between."""

from __future__ import annotations

import httpx

from pulumi_comfy.core.errors import LostAnswerError, PlatformError

_LONGEST = 120
"""Characters of an address that are said."""
_NOT_DONE_HERE = (307, 308)
"""By these a request is to be sent again as it is: whoever answers so has done nothing."""


def is_redirect(response: httpx.Response) -> bool:
    """Tell whether an answer sends us elsewhere."""
    return response.next_request is not None


def led_away(response: httpx.Response, base_url: str, platform: str, *, tried: str, repeatable: bool) -> PlatformError:
    """Make the error for a redirect: the credential would go along, and an API has no reason for one.

    It says where the answer leads, without the query, which may hold a secret.

    Args:
        response: the redirect.
        base_url: what every path of the platform stands below.
        platform: its name as people say it.
        tried: what was asked for.
        repeatable: whether it changes nothing; of a write it may have happened all the same.
    """
    got = (
        f"the answer to a {response.request.method} redirects to {_shown(_target(response))[:_LONGEST]} "
        f"(status {response.status_code}), which is not followed"
    )
    advice = _advice(response, base_url, platform)
    if not repeatable and response.status_code not in _NOT_DONE_HERE:
        lost = LostAnswerError("COMFY2501", tried=tried, got=got)
        lost.todo = f"{advice} {lost.todo}"
        return lost
    error = PlatformError("COMFY2003", tried=tried, got=got)
    error.passes = repeatable  # a page of whatever stands in between: a wait outlives it
    error.todo = advice
    return error


def _advice(response: httpx.Response, base_url: str, platform: str) -> str:
    base, there = httpx.URL(base_url), _target(response)
    path, address = _path(response.request.url).removeprefix(_path(base).rstrip("/")), _shown(there)
    if not path.strip("/") or not address.endswith(path) or len(address) > _LONGEST:
        return (
            f"Look whether the URL is that of {platform} itself: something in between, such as a page to sign in at, "
            "has answered in its place."
        )
    address = address.removesuffix(path)
    if there.host == base.host:
        return f"Set the URL of {platform} to {address}."
    # The credential would go there, and whoever has answered may be anybody.
    return f"If {address} is an address of {platform}, set its URL to that."


def _target(response: httpx.Response) -> httpx.URL:
    assert response.next_request is not None
    return response.next_request.url


def _path(url: httpx.URL) -> str:
    """Give the path as it is sent: decoded it may hold a line break."""
    return url.raw_path.partition(b"?")[0].decode("ascii")


def _shown(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode()}{_path(url)}"
