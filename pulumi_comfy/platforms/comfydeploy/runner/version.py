"""What a check must know of the version that a deployment serves, read once in an operation.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from pulumi_comfy import workflows
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.unknown import contains_unknown
from pulumi_comfy.inference.proof import ProofInput
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.rows import WorkflowVersionRow
from pulumi_comfy.platforms.comfydeploy.documents import digest_of_row


@dataclass(frozen=True)
class Version:
    """A version of a workflow, without its document, which may be large.

    Attributes:
        id: the platform's.
        workflow_id: whose it is.
        digest: SHA-256 of its document's canonical form; None for a document that we cannot read.
        nodes: its API prompt's nodes by id, of each the class and the title alone; empty where it has no prompt.
        inputs: what its API prompt offers to runs; None where the platform tells no prompt.
        seeds: the names of those that set a seed.
        described: the inputs as a proof tells them.
    """

    id: str
    workflow_id: str
    digest: str | None
    nodes: Mapping[str, Any]
    inputs: tuple[workflows.ExternalInput, ...] | None
    seeds: tuple[str, ...]
    described: tuple[ProofInput, ...] | None

    @classmethod
    def of(cls, row: WorkflowVersionRow) -> Version:
        """Take it from the platform's row."""
        prompt = row.prompt
        inputs = tuple(workflows.external_inputs(prompt)) if prompt else None
        seeds = tuple(workflows.seed_inputs(prompt))
        nodes = {node: {part: one.get(part) for part in ("class_type", "_meta")} for node, one in prompt.items()}
        described = None if inputs is None else tuple(dict.fromkeys(_described(one, prompt) for one in inputs))
        return cls(row.id, row.workflow_id, digest_of_row(row) or None, nodes, inputs, seeds, described)

    def problems(self, given: Mapping[str, Json]) -> list[str]:
        """Say which run inputs it does not take; of one whose value is not known yet, the name is judged."""
        if self.inputs is None:
            return []
        names = {one.input_id for one in self.inputs}
        known = {name: value for name, value in given.items() if name not in names or not contains_unknown(value)}
        return workflows.check_run_inputs(self.inputs, known)


def _described(one: workflows.ExternalInput, prompt: Mapping[str, Any]) -> ProofInput:
    has_default = prompt[one.node_id]["inputs"].get("default_value") is not None
    return ProofInput(name=one.input_id, type=one.type, has_default=has_default)


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
