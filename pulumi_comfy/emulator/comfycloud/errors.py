"""How the platform says no, in the shapes that its description and its clients know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response

STATUS_OF = {
    "PAYMENT_REQUIRED": 402,
    "CLOUD_SUBSCRIPTION_REQUIRED": 402,
    "FREE_TIER_EXHAUSTED": 402,
    "PARTNER_NODE_PAYMENT_REQUIRED": 402,
    "MODEL_PAYMENT_REQUIRED": 402,
    "PARTNER_NODE_DISABLED": 403,
    "QUEUE_LIMIT": 429,
    "FREE_TIER_UNAVAILABLE": 429,
    "BILLING_UNAVAILABLE": 429,
    "PLATFORM_REFUSED": 429,
    "SUBSCRIPTION_INACTIVE": 429,
}
"""Why no prompt is taken, by `error.type`. The last one is the older meaning of 429: nobody has paid, so it stays."""


class RefusedError(Exception):
    """One refusal, ready to be sent."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def coded(status: int, code: str, message: str) -> RefusedError:
    """`code` and `message`, as most routes say it."""
    return RefusedError(JSONResponse({"code": code, "message": message}, status))


def not_found(what: str) -> RefusedError:
    """There is none, or it was deleted."""
    return coded(404, "NOT_FOUND", f"{what} not found")


def malformed(message: str, *, has_code: bool) -> RefusedError:
    """A path or query that does not fit the description."""
    return coded(400, "BAD_REQUEST", message) if has_code else RefusedError(JSONResponse({"message": message}, 400))


def plain(status: int, text: str = "") -> RefusedError:
    """A text, or nothing, as all of userdata says it."""
    return RefusedError(PlainTextResponse(text, status) if text else Response(status_code=status))


def of_prompt(
    status: int, error: Mapping[str, Any], node_errors: Mapping[str, Any] | None = None, retry_after: str | None = None
) -> RefusedError:
    """As ComfyUI itself says it of a prompt."""
    headers = None if retry_after is None else {"retry-after": retry_after}
    return RefusedError(JSONResponse({"error": error, "node_errors": node_errors or {}}, status, headers))
