"""What a check will run, looked at before it does: the deployment, and the version that it serves or is about to.

A preview asks at most once for a check, and what it read an `up` need not read again.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.model import Json
from pulumi_comfy.deploy_protocol.versions import Version
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.rows import DeploymentRow


@dataclass(frozen=True)
class Target:
    """A deployment, as far as a check must know it.

    Attributes:
        version: what it serves; None where the platform does not tell.
        machine_id: the machine that it runs on.
    """

    version: Version | None
    machine_id: str | None

    @classmethod
    def of(cls, row: DeploymentRow) -> Target:
        """Take it from the platform's row."""
        return cls(Version.of(row.version) if row.version else None, row.machine_id)


_SEEN = "deployments looked at"
"""What is noted: `Target`s by id, each with the number of writes before it was read."""
_DECLARED = "versions to come"
"""What is noted: ids of the versions that deployments are about to serve, which may not be known yet."""
_READ = "versions read"
"""What is noted: `Version`s by id: they need not be read again, as none ever changes (2.2)."""


async def read_version(version_id: str, call: Call[ComfyDeployApi]) -> Version | None:
    """Read a version, once in an operation; None when it is missing or its workflow is deleted."""
    known: Version | None = call.memory.notes(_READ).get(version_id)
    if known is None:
        row = await call.client.get_version(version_id)
        if row is None:
            return None
        known = call.memory.notes(_READ)[version_id] = Version.of(row)
    return known


def note_declared(deployment_id: str, version_id: Json, call: Call[ComfyDeployApi]) -> None:
    """Note that a deployment of this stack is about to serve another version."""
    call.memory.notes(_DECLARED)[deployment_id] = version_id


async def read_target(deployment_id: str, call: Call[ComfyDeployApi]) -> Target | None:
    """Read a deployment, unless foresight has just done so; None when it is gone."""
    seen: tuple[int, Target] | None = call.memory.notes(_SEEN).get(deployment_id)
    if seen is not None and seen[0] == call.client.http.writes:
        return seen[1]
    row = await call.client.get_deployment(deployment_id, None)
    return Target.of(row) if row else None


async def version_to_come(deployment_id: str, call: Call[ComfyDeployApi]) -> Version | None:
    """Read the version that a deployment serves or is about to, with one call at most; None where nobody tells yet."""
    declared = call.memory.notes(_DECLARED)
    if deployment_id in declared:
        version_id = declared[deployment_id]
        return await read_version(version_id, call) if isinstance(version_id, str) else None
    writes = call.client.http.writes
    row = await call.client.peek_deployment(deployment_id)
    if row is None:
        return None
    target = Target.of(row)
    call.memory.notes(_SEEN)[deployment_id] = (writes, target)
    return target.version
