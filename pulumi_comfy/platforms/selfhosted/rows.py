"""What the server answers: other keys are ignored, missing ones have defaults.

Facts: docs/platforms/selfhosted.md.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from pulumi_comfy.core.http.endpoints import Flag, Id, MaybeId, Moment, Row, Whole
from pulumi_comfy.core.model import Json
from pulumi_comfy.deploy_protocol import versions

Text = Annotated[str | None, BeforeValidator(lambda told: told if isinstance(told, str) else None)]
"""A text, or none: whatever else stands there says nothing."""


_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MaybeUuid = Annotated[
    str | None, BeforeValidator(lambda told: told if isinstance(told, str) and _UUID.fullmatch(told) else None)
]


class PostedRow(Row):
    """A version that was posted; the public server does not tell its id."""

    workflow_id: Id
    version: Whole
    version_id: MaybeUuid = Field(None, validation_alias=AliasChoices("version_id", "workflow_version_id"))


class VersionRow(versions.VersionRow):
    """A version, with what it needs."""

    snapshot: Json = None


class MachineRow(Row):
    """A machine. Its token may be there, masked or not: nothing reads it."""

    id: Id
    name: str = ""
    type: str = "classic"
    endpoint: str = ""
    disabled: Flag = False
    status: str = "ready"
    snapshot: Json = None
    models: Json = None
    gpu: str | None = None
    build_log: Json = None


class DeploymentRow(Row):
    """A deployment."""

    id: Id
    workflow_id: Id
    workflow_version_id: Id
    machine_id: Id
    environment: str
    description: str | None = None
    share_slug: str | None = None


class ApiKeyRow(Row):
    """An API key; the public server's own list shows it in clear."""

    id: Id
    name: str
    key: Text = None
    revoked: Flag = False


class StartedRow(Row):
    """A run that its machine took."""

    run_id: Id


class OutputRow(Row):
    """What one node made, without a node's id; a list of timings, or a failure, stands there too."""

    data: Json = None


class RunRow(Row):
    """A run."""

    id: Id
    status: str
    workflow_id: MaybeId = None
    workflow_version_id: MaybeId = None
    machine_id: MaybeId = None
    created_at: Moment = None
    started_at: Moment = None
    ended_at: Moment = None
    outputs: Annotated[list[OutputRow], BeforeValidator(lambda told: told or [])] = []
    error: Json = None
    """The public server has no such key; the list in circulation names it."""

    @property
    def data(self) -> list[dict[str, Any]]:
        """The outputs that are objects."""
        return [one.data for one in self.outputs if isinstance(one.data, dict)]
