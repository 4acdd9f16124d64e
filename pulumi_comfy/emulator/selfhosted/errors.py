"""How the web app says no (1.2, 1.3).

Facts: docs/platforms/selfhosted.md.
"""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.responses import PlainTextResponse, Response

_UUID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)


class AnsweredError(Exception):
    """A request that ends with this response."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class Json(Response):
    """JSON that may hold anything that was sent, halves of surrogate pairs too."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """As the web app's JavaScript writes it, but for letters that are escaped."""
        return json.dumps(content, separators=(",", ":")).encode()


def failed(text: str) -> AnsweredError:
    """Everything else that is wrong."""
    return AnsweredError(Json({"error": text}, 500))


def no_such_row(kind: str) -> AnsweredError:
    """Our reading of what is not there (6)."""
    return AnsweredError(Json({"error": f"{kind} not found"}, 404))


def no_such_route() -> Response:
    """What the router says of a path that it does not have."""
    return PlainTextResponse("404 Not Found", 404)


def crashed() -> AnsweredError:
    """A handler that let an exception through."""
    return AnsweredError(Response(status_code=500))


def require_uuid(text: str) -> str:
    """A text where a UUID column is compared.

    Raises:
        AnsweredError: 500 with the database's words.
    """
    if not _UUID.fullmatch(text):
        raise failed(f'invalid input syntax for type uuid: "{text}"')
    return text.lower()
