"""How Comfy Cloud speaks HTTP: seven shapes of errors, and statuses that mean several things.

Facts: docs/platforms/comfycloud.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_comfy.core.http.answers import detail_of
from pulumi_comfy.core.http.client import Gone
from pulumi_comfy.core.http.dialect import Dialect
from pulumi_comfy.core.model import Json

GONE: Gone = frozenset({(404, "NOT_FOUND")})
"""The platform's word that this very object is not there (1.2)."""
_PASSES = frozenset({"QUEUE_LIMIT", "FREE_TIER_UNAVAILABLE", "BILLING_UNAVAILABLE", "PLATFORM_REFUSED"})
"""Reasons of a 429 that pass by themselves (1.3)."""
_HINTS = {
    "CLOUD_SUBSCRIPTION_REQUIRED": "running by API takes a paid plan",
    "FREE_TIER_EXHAUSTED": "the free tier is used up",
    "PARTNER_NODE_PAYMENT_REQUIRED": "partner nodes cost credits, and there are none",
    "MODEL_PAYMENT_REQUIRED": "a model of it costs credits, and there are none",
    "PARTNER_NODE_DISABLED": "the workspace's policy forbids partner nodes",
    "workspace_id_invalid": "the key belongs to another workspace",
    "workspace_access_denied": "the key has no access to the workspace",
    "auth_type_not_allowed": "the route takes another kind of credential; use an API key",
}
_MOST_CLASSES = 5


class ComfyCloudDialect(Dialect):
    """What differs from plain HTTP (1)."""

    def headers(self, key: str | None) -> Mapping[str, str]:
        """The key has a header of its own; that header goes to no other host (3.3)."""
        return {"x-api-key": key} if key else {}

    def status_of(self, status: int, body: Json) -> int:
        """A 429 about the subscription is a 402: it does not pass by itself (1.3)."""
        return 402 if status == 429 and "SUBSCRIPTION" in _word_of(body).upper() else status

    def is_backpressure(self, body: Json, *, is_told_when: bool) -> bool:
        """A reason that does not pass is about billing; without a word it is somebody in between who slows us (1.3)."""
        return is_told_when or _word_of(body) in _PASSES or not _word_of(body)

    def sentence_of(self, body: Json) -> str | None:
        """The code says what is gone; sentences do not."""
        is_coded = isinstance(body, dict) and isinstance(body.get("message"), str)
        return str(body["code"]).upper() if is_coded and isinstance(body.get("code"), str) else None

    def is_no_route(self, body: Json) -> bool:
        """Every refusal about an object has a code or is a text."""
        return self.sentence_of(body) is None

    def detail_of(self, body: Json) -> str:
        """The reason in words, its word where that says more, and the nodes and classes that it is about."""
        word = _word_of(body)
        hint = _HINTS.get(word)
        told = detail_of(body)
        about = ", ".join(_classes_in(body)[:_MOST_CLASSES])
        return "; ".join(filter(None, (hint, f"{told} ({word})" if word else told, about)))


def _error_in(body: Json) -> Mapping[str, Any]:
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _word_of(body: Json) -> str:
    """Give the word by which an error is told from others: `code`, or `type` of a run's refusal; empty without one."""
    error = _error_in(body)
    for word in (error.get("type"), error.get("code"), body.get("code") if isinstance(body, dict) else None):
        if isinstance(word, str) and word:
            return word
    return ""


def _classes_in(body: Json) -> list[str]:
    told = _error_in(body).get("class_types")
    return [one for one in told if isinstance(one, str)] if isinstance(told, list) else []
