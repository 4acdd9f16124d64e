"""The whole web app, its keys, and one request to it (1.1, 1.2).

Facts: docs/platforms/selfhosted.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

import jwt
from fastapi import Depends
from starlette.requests import Request

from pulumi_comfy.emulator.callers import Caller
from pulumi_comfy.emulator.rows import Row
from pulumi_comfy.emulator.selfhosted.errors import AnsweredError, Json
from pulumi_comfy.emulator.selfhosted.machines import Machines
from pulumi_comfy.emulator.selfhosted.runs import RunRules
from pulumi_comfy.emulator.selfhosted.state import State
from pulumi_comfy.emulator.selfhosted.zod import Schema, field_errors, parsed

CALL = "emulator.call"
WEEK_SECONDS = 7 * 24 * 3600
_JWT_SECRET = "the-self-hosted-emulator-signs-with-this-and-protects-nothing"


class Selfhosted:
    """The whole web app."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.machines = Machines(state)
        self.runs = RunRules(state)

    def signed(self, caller: Caller, earlier: int = 0, lifetime: int | None = None) -> str:
        """A key; two of one account and second are the same text."""
        second = (
            int(self.state.world.clock.real_now().timestamp() / self.state.world.settings.api_key_seconds) - earlier
        )
        claims: dict[str, Any] = {"user_id": caller.user_id, "iat": second}
        if caller.org_id is not None:
            claims["org_id"] = caller.org_id
        if lifetime is not None:
            claims["exp"] = int(self.state.world.clock.real_now().timestamp()) + lifetime
        return jwt.encode(claims, _JWT_SECRET, algorithm="HS256")

    def is_taken(self, key: str) -> bool:
        """Whether there is a row of this key, revoked or not."""
        return any(row["key"] == key for row in self.state["api_keys"].values())

    def insert_key(self, caller: Caller, name: str, key: str) -> Row:
        """The row of a key."""
        return self.state.insert("api_keys", {"key": key, "name": name, **caller.owner, "revoked": False})

    def caller_of(self, header: str | None) -> Caller | str:
        """Who asks, or the reason for a 401; the word before the key is not looked at."""
        token = (header or "").split(" ")[1:2]
        try:
            claims = jwt.decode(
                token[0] if token else "",
                _JWT_SECRET,
                algorithms=["HS256"],
                options={"verify_iat": False, "verify_exp": False},
            )
        except jwt.InvalidTokenError:
            return "Invalid or expired token"
        expires = claims.get("exp")
        if expires is not None and expires <= self.state.world.clock.real_now().timestamp():
            return "Invalid or expired token"
        revoked = (row["key"] for row in self.state["api_keys"].values() if row["revoked"])
        if expires is None and token[0] in revoked:
            return "Revoked token"
        return Caller(claims.get("user_id") or "", claims.get("org_id") or None)

    def clear(self) -> None:
        """Empty everything; keys keep working, for their signature is what counts."""
        self.state.clear()
        self.machines.clear()
        self.runs.plugin.clear()


@dataclass(frozen=True)
class Call:
    """One request: the web app, who asks, and what was sent."""

    service: Selfhosted
    caller: Caller
    request: Request

    @property
    def state(self) -> State:
        """The tables."""
        return self.service.state

    async def body(self, schema: Schema) -> Any:
        """What was sent.

        Raises:
            AnsweredError: 400, it is no JSON or does not fit.
        """
        content_type = self.request.headers.get("content-type", "undefined")
        if not content_type.startswith("application/json"):
            raise _refused(f"Invalid HTTP header: Content-Type={content_type}")
        try:
            sent = _json(await self.request.body())
        except (ValueError, RecursionError):
            raise _refused("Malformed JSON in request body") from None
        return _fitting(schema, sent)

    def query(self, schema: Schema) -> Any:
        """The query.

        Raises:
            AnsweredError: 400, it does not fit.
        """
        return _fitting(schema, dict(self.request.query_params))

    async def loose(self, schema: Schema) -> Any:
        """Body or query of the routes outside the framework.

        Raises:
            AnsweredError: 500, it does not fit.
        """
        try:
            is_read = self.request.method == "GET"
            sent = dict(self.request.query_params) if is_read else _json(await self.request.body())
        except (ValueError, RecursionError):
            raise AnsweredError(Json({"message": "Invalid request"}, 500)) from None
        value, issues = parsed(schema, sent)
        if issues:
            raise AnsweredError(Json(field_errors(issues), 500))
        return value


def _refused(message: str) -> AnsweredError:
    return AnsweredError(Json({"success": False, "message": message}, 400))


def _json(content: bytes) -> Any:
    return json.loads(content, parse_constant=_no_constant)


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _fitting(schema: Schema, sent: Any) -> Any:
    value, issues = parsed(schema, sent)
    if issues:
        raise AnsweredError(Json({"success": False, "error": {"issues": issues, "name": "ZodError"}}, 400))
    return value


async def _current_call(request: Request) -> Call:
    service, caller = request.scope[CALL]
    return Call(service, caller, request)


Here = Annotated[Call, Depends(_current_call)]
