"""How the web app speaks HTTP: whatever is wrong is a 500 with a sentence, which asking again does not change.

Facts: docs/platforms/selfhosted.md 1.
"""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_comfy.core.http.answers import detail_of
from pulumi_comfy.core.http.client import Gone
from pulumi_comfy.core.http.dialect import Dialect
from pulumi_comfy.core.model import Json

NO_DEPLOYMENT, NO_WORKFLOW = "Deployment not found", "Workflow not found"
VERSION: Gone = frozenset({(404, "No version found"), (404, "No workflow found")})
RUN: Gone = frozenset({(404, NO_WORKFLOW)})
MACHINE: Gone = frozenset({(404, "Machine not found")})
DEPLOYMENT: Gone = frozenset({(404, NO_DEPLOYMENT)})
API_KEY: Gone = frozenset({(404, "API key not found")})
_ABSENT = frozenset({sentence for gone in (VERSION, RUN, MACHINE, DEPLOYMENT, API_KEY) for _, sentence in gone})


class SelfHostedDialect(Dialect):
    """What differs from plain HTTP."""

    def status_of(self, status: int, body: Json) -> int:
        """A 500 that gives a reason is a refusal, and so a 400 to us, or a 404: it is never repeated."""
        said = self.sentence_of(body)
        is_refusal = (status == 500 and said is not None) or (status == 400 and said in _ABSENT)
        return (404 if said in _ABSENT else 400) if is_refusal else status

    def sentence_of(self, body: Json) -> str | None:
        """An absent run is told with a code and a message; all else under `error`."""
        if isinstance(body, Mapping) and body.get("code") == 400 and isinstance(body.get("message"), str):
            return str(body["message"])
        return super().sentence_of(body)

    def is_failure(self, body: Json) -> bool:
        """A run's row may have a place for its error: that is the run's, and the answer is one."""
        is_row = isinstance(body, Mapping) and {"id", "status"} <= body.keys()
        return super().is_failure(body) and not is_row

    def is_no_route(self, body: Json) -> bool:
        """The server has its own sentence for whatever is not there."""
        return self.sentence_of(body) not in _ABSENT

    def code_of(self, status: int) -> str:
        """A method that no route takes: the server has no way to do it."""
        return "COMFY2405" if status == 405 else super().code_of(status)

    def detail_of(self, body: Json) -> str:
        """Name the places that its validation refuses."""
        error = body.get("error") if isinstance(body, Mapping) else None
        issues = error.get("issues") if isinstance(error, Mapping) else None
        if not isinstance(issues, list):
            return super().detail_of(body)
        rows: list[Json] = [
            {"loc": one.get("path"), "msg": one.get("message")} for one in issues if isinstance(one, Mapping)
        ]
        return detail_of({"detail": rows})
