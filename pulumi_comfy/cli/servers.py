"""A live ComfyUI server, asked which nodes it has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

__all__ = ["EXAMPLE_SERVER", "Nodes", "ask", "shown"]

EXAMPLE_SERVER = "http://127.0.0.1:8188"
_SERVER_SECONDS = 30.0
_OK, _NOT_FOUND = 200, 404
_NO_NODES = "something that is no list of nodes"


@dataclass(frozen=True)
class Nodes:
    """What a server says of its nodes.

    Attributes:
        classes: The answer to `GET /object_info`.
        replaced: Classes that it does not have and replaces by others.
    """

    classes: dict[str, Any]
    replaced: tuple[str, ...] = ()


def ask(server: str) -> Nodes | str:
    """The server's node classes and those that it replaces by others, or a sentence why there are none."""
    import httpx

    from pulumi_comfy.core.http.addresses import address, refuse_what_cannot_be
    from pulumi_comfy.core.http.transport import in_words
    from pulumi_comfy.workflows import replaced_classes

    base, name = server.rstrip("/"), shown(server)
    no_url = f"{name} cannot be asked for its nodes: it is no URL; give one such as {EXAMPLE_SERVER}"
    if address(base) is None:
        return no_url
    sent: list[httpx.URL] = []
    hooks = {"request": [lambda request: sent.append(request.url), refuse_what_cannot_be]}
    try:
        with httpx.Client(timeout=_SERVER_SECONDS, follow_redirects=True, event_hooks=hooks) as client:
            answer = _get(client, base, "object_info")
            name = _with_redirect(name, base, sent)
            if answer.status_code != httpx.codes.OK:
                return f"{name} answered {answer.status_code} when asked for its nodes; is it a ComfyUI server?"
            known = _object_of(answer)
            told = _object_of(_get(client, base, "node_replacements")) if known else {}
    except httpx.InvalidURL:  # its text may hold a part of a password
        return no_url
    except httpx.HTTPError as error:
        name = _with_redirect(name, base, sent)
        reason = f"no answer within {_SERVER_SECONDS:g} s" if isinstance(error, httpx.ReadTimeout) else in_words(error)
        return f"{name} cannot be asked for its nodes: {reason}; is this a running ComfyUI's URL, as {EXAMPLE_SERVER}?"
    return (
        Nodes(known, replaced_classes(told, known))
        if known
        else f"{name} answered with {_NO_NODES}; is it a ComfyUI server?"
    )


def _get(client: httpx.Client, base: str, route: str) -> httpx.Response:
    """Ask a server: every one knows its routes by their bare names but for some of the newest, which want `/api`."""
    answer = client.get(f"{base}/{route}")
    return client.get(f"{base}/api/{route}") if answer.status_code == _NOT_FOUND else answer


def _object_of(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object that was answered; empty for anything else, as an older server's 404."""
    try:
        value = answer.json() if answer.status_code == _OK else {}
    except ValueError:
        value = {}
    return value if isinstance(value, dict) else {}


def _with_redirect(name: str, base: str, sent: Sequence[httpx.URL]) -> str:
    """A server's name, with where it has sent us last: that one is who answered, or did not."""
    paths = [f"{prefix}/{route}" for prefix in ("", "/api") for route in ("object_info", "node_replacements")]
    is_there = not sent or any(sent[-1] == f"{base}{path}" for path in paths)
    return name if is_there else f"{name} (which redirects to {shown(str(sent[-1]))})"


def shown(server: str) -> str:
    """A server's URL without the user, the password and the query in it."""
    return re.sub("(?<=//).*@", "[secret]@", server).partition("?")[0]
