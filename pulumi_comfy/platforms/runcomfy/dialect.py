"""How RunComfy speaks HTTP: an error has a code of its own, which a status of success may bear too.

Facts: docs/platforms/runcomfy.md.
"""

from __future__ import annotations

from pulumi_comfy.core.http.answers import detail_of
from pulumi_comfy.core.http.client import Gone
from pulumi_comfy.core.http.dialect import Dialect
from pulumi_comfy.core.model import Json

_STATUSES = {401001: 401, 403003: 403, 404001: 404, 422001: 422, 500001: 500, 10001: 402, 10002: 400, 10003: 404}
"""What each code means, whatever status it comes with (1.1)."""
_FOREIGN = 403003
_HINTS = {
    10001: "the account's balance ran out, so it was disabled; add credit, then set `is_enabled` and run `pulumi up`",
    10002: "it is disabled; set `is_enabled`",
    10003: "it was deleted",
    _FOREIGN: "it belongs to another account, or the token is none of this platform's",
}

NOT_FOUND: Gone = frozenset({(404, "404001")})
"""The platform's word that this very object is not there."""
DELETED: Gone = frozenset({(404, "404001"), (404, "10003")})


class RunComfyDialect(Dialect):
    """What differs from plain HTTP (1.1)."""

    def status_of(self, status: int, body: Json) -> int:
        """The code counts; a status of success may bear one."""
        return _STATUSES.get(_code_in(body), 400 if _code_in(body) and status < 300 else status)

    def is_failure(self, body: Json) -> bool:
        """A run's result has an `error` too, and is an answer all the same."""
        if not isinstance(body, dict):
            return False
        return bool(_code_in(body)) or body.get("success") is False or ("error" in body and "status" not in body)

    def sentence_of(self, body: Json) -> str | None:
        """The code says what is gone; sentences do not."""
        return str(_code_in(body)) if _code_in(body) else None

    def advice_of(self, status: int, body: Json) -> str | None:  # noqa: ARG002
        """What is another account's needs that account's token: no right and no plan is missing."""
        return "Use the token of the account that owns it." if _code_in(body) == _FOREIGN else None

    def is_no_route(self, body: Json) -> bool:
        """Every refusal of the service itself has a code."""
        return not _code_in(body)

    def detail_of(self, body: Json) -> str:
        """The message, with what it means where the code is known, and the places that do not fit."""
        if not isinstance(body, dict):
            return super().detail_of(body)
        told = [_HINTS.get(_code_in(body)), body.get("error_message"), body.get("message")]
        words = [detail_of({"detail": one}) for one in told if isinstance(one, str) and one]
        places = detail_of({"detail": body["detail"]}) if body.get("detail") else ""
        return "; ".join(filter(None, (*words, places))) or super().detail_of(body)


def _code_in(body: Json) -> int:
    """Give the error's code; 0 and null are none."""
    code = body.get("error_code") if isinstance(body, dict) else None
    return int(code) if isinstance(code, int | str) and str(code).isdecimal() else 0
