"""What a check must know of the version that a deployment serves, read once in an operation.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from pulumi_comfy.core.call import Call
from pulumi_comfy.deploy_protocol.versions import Version
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi

_read: WeakKeyDictionary[object, dict[str, Version]] = WeakKeyDictionary()
"""By the memory of an operation: what foresight has read need not be read again, as no version ever changes (2.2)."""


async def read_version(version_id: str, call: Call[ComfyDeployApi]) -> Version | None:
    """Read a version, once in an operation; None when it is missing or its workflow is deleted."""
    known = _read.setdefault(call.memory, {})
    if version_id not in known:
        row = await call.client.get_version(version_id)
        if row is None:
            return None
        known[version_id] = Version.of(row)
    return known[version_id]
