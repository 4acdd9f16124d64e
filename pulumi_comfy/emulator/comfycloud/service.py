"""The whole platform, and one request to it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from fastapi import Depends
from pydantic import ValidationError
from starlette.requests import Request

from pulumi_comfy.emulator.comfycloud.errors import coded
from pulumi_comfy.emulator.comfycloud.jobs import Jobs
from pulumi_comfy.emulator.comfycloud.publishing import Publishing
from pulumi_comfy.emulator.comfycloud.runs import CloudRuns
from pulumi_comfy.emulator.comfycloud.state import Account, State, Workspace
from pulumi_comfy.emulator.comfycloud.workflows import Body, Workflows

CALL = "emulator.call"
_Model = TypeVar("_Model", bound=Body)


@dataclass
class ComfyCloud:
    """The whole platform."""

    state: State
    runs: CloudRuns = field(default_factory=CloudRuns)
    workflows: Workflows = field(init=False)
    publishing: Publishing = field(init=False)
    jobs: Jobs = field(init=False)

    def __post_init__(self) -> None:
        """Tie the parts together."""
        self.workflows = Workflows(self.state)
        self.publishing = Publishing(self.state, self.workflows)
        self.jobs = Jobs(self.state)


@dataclass(frozen=True)
class Call:
    """One request: the platform, who asks (None on a public route without a key), and what was sent."""

    service: ComfyCloud
    known: Account | None
    request: Request

    @property
    def account(self) -> Account:
        """Who asks; the door lets nobody else through to the routes that want to know."""
        if self.known is None:
            raise coded(401, "UNAUTHORIZED", "Authentication required")
        return self.known

    @property
    def workspace(self) -> Workspace:
        """What the key belongs to."""
        return self.service.state.of(self.account.workspace)

    def decoded(self, name: str) -> str:
        """A part of the path, in which a slash was written `%2F`."""
        return str(self.request.path_params[name]).replace("%2F", "/")

    async def json(self) -> Any:
        """What was sent.

        Raises:
            RefusedError: 400, it is no JSON.
        """
        try:
            return json.loads(await self.request.body())
        except (ValueError, RecursionError):
            raise coded(400, "BAD_REQUEST", "The body is no JSON") from None

    async def body(self, kind: type[_Model]) -> _Model:
        """What was sent, as it must be.

        Raises:
            RefusedError: 400, it is no JSON; 422, it is of another shape.
        """
        sent = await self.json()
        try:
            return kind.model_validate(sent)
        except ValidationError as problem:
            first = problem.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise coded(422, "BAD_REQUEST", f"{place}: {first['msg']}") from None


async def _current_call(request: Request) -> Call:
    service, account = request.scope[CALL]
    return Call(service, account, request)


Here = Annotated[Call, Depends(_current_call)]
