"""One version of a workflow: how it is told, and what a check must know of it.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pulumi_comfy import workflows
from pulumi_comfy.core.http.endpoints import Id, Row, Whole
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.platform import DocumentTexts
from pulumi_comfy.core.unknown import contains_unknown
from pulumi_comfy.inference.proof import ProofInput


class VersionRow(Row):
    """One version of a workflow; append-only (2.2)."""

    id: Id
    workflow_id: Id
    version: Whole
    workflow: Json = None
    workflow_api: Json = None

    @property
    def prompt(self) -> dict[str, Any]:
        """The nodes of its API prompt; what is none, whoever wrote it there, is left out."""
        nodes = self.workflow_api.items() if isinstance(self.workflow_api, dict) else ()
        return {key: node for key, node in nodes if _is_node(node)}

    @property
    def texts(self) -> DocumentTexts:
        """Its document, for `workflows.parse`."""
        prompt = json.dumps(self.workflow_api) if self.workflow and self.workflow_api else None
        return json.dumps(self.workflow or self.workflow_api), prompt

    @property
    def digest(self) -> str:
        """SHA-256 of its document; empty where it is no document of ours: it differs from any then."""
        try:
            return workflows.parse(*self.texts).digest
        except workflows.WorkflowError:
            return ""


def _is_node(node: Json) -> bool:
    return isinstance(node, dict) and isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)


class _ReadsVersions(Protocol):
    async def get_version(self, version_id: str) -> VersionRow | None: ...


async def read_document(client: _ReadsVersions, _object_id: str, version: str) -> DocumentTexts | None:
    """Read the document that something serves: its version holds it, whatever it is."""
    row = await client.get_version(version)
    return row.texts if row else None


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
    def of(cls, row: VersionRow) -> Version:
        """Take it from the platform's row."""
        prompt = row.prompt
        inputs = tuple(workflows.external_inputs(prompt)) if prompt else None
        seeds = tuple(workflows.seed_inputs(prompt))
        nodes = {node: {part: one.get(part) for part in ("class_type", "_meta")} for node, one in prompt.items()}
        described = None if inputs is None else tuple(dict.fromkeys(_described(one, prompt) for one in inputs))
        return cls(row.id, row.workflow_id, row.digest or None, nodes, inputs, seeds, described)

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
