"""The whole platform, and one request to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from pulumi_comfy.emulator.runcomfy.deployments import Deployments
from pulumi_comfy.emulator.runcomfy.runs import Runs
from pulumi_comfy.emulator.runcomfy.state import State
from pulumi_comfy.emulator.runcomfy.workflows import Workflows

CALL = "emulator.call"


class RunComfy:
    """The whole platform."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.workflows = Workflows(state)
        self.deployments = Deployments(state, self.workflows)
        self.runs = Runs(state)


@dataclass(frozen=True)
class Call:
    """One request: the platform, who asks, and where the platform is."""

    service: RunComfy
    account: str
    url: str


async def _current_call(request: Request) -> Call:
    call: Call = request.scope[CALL]
    return call


Here = Annotated[Call, Depends(_current_call)]
