"""How a ComfyUI server answers: JSON as Python writes it, and the web framework's own plain texts for the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response

_FRAMEWORK_TEXTS = {
    401: "401: Unauthorized",
    405: "405: Method Not Allowed",
    500: "500 Internal Server Error\n\nServer got itself in trouble",
}


class Json(JSONResponse):
    """A JSON answer."""

    media_type = "application/json; charset=utf-8"

    def render(self, content: Any) -> bytes:
        """With blanks, ASCII only, and NaN where there is one."""
        return json.dumps(content).encode()


class AnsweredError(Exception):
    """An answer that ends a request wherever it is found."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def empty(status: int = 200) -> Response:
    """No body at all, which is how most of it says yes and no."""
    return Response(status_code=status)


def text(status: int, words: str | None = None) -> Response:
    """A plain text, the framework's own when none is given."""
    return PlainTextResponse(_FRAMEWORK_TEXTS[status] if words is None else words, status)


def no_such_file() -> Response:
    """What an unknown address is: a file of the web page that is not there."""
    return Response(status_code=404, media_type="application/octet-stream")


def not_allowed(methods: set[str]) -> Response:
    """The address knows other methods than the one that was used."""
    answer = text(405)
    answer.headers["allow"] = ",".join(sorted(methods))
    return answer


@contextmanager
def crashing() -> Iterator[None]:
    """What goes wrong inside goes wrong in the server's own code: a bare 500.

    Raises:
        AnsweredError: Then.
    """
    try:
        yield
    except AnsweredError:
        raise
    except Exception:  # noqa: BLE001 (whatever the server's own code trips over)
        raise AnsweredError(text(500)) from None
