"""The stack's state: resources, pending operations, and the deployment document (docs/pulumi.md 6.1)."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from . import wire
from .errors import StateError
from .urns import split_reference
from .values import Properties

VERSION = 3
# A passphrase provider whose passphrase is `pulumi-comfy`. The test engine writes secrets in their plaintext form, but
# the CLI imports those only if the document names a secrets provider (6.1).
PASSPHRASE = "pulumi-comfy"
SECRETS_PROVIDER: dict[str, Any] = {
    "type": "passphrase",
    "state": {"salt": "v1:XnjUl24mKaE=:v1:k7t8iPaup4r5jbxy:P+1RMq1P6WXLJEVfAAAgGK881LQiSg=="},
}

_TEXT_KEYS = {
    "id": "id",
    "parent": "parent",
    "provider": "provider",
    "importID": "import_id",
    "deletedWith": "deleted_with",
    "created": "created",
    "modified": "modified",
}
_FLAG_KEYS = {
    "delete": "delete",
    "protect": "protect",
    "external": "external",
    "pendingReplacement": "pending_replacement",
    "retainOnDelete": "retain_on_delete",
}
_LIST_KEYS = {
    "dependencies": "dependencies",
    "initErrors": "init_errors",
    "additionalSecretOutputs": "additional_secret_outputs",
    "aliases": "aliases",
    "ignoreChanges": "ignore_changes",
    "replaceOnChanges": "replace_on_changes",
}


def now() -> str:
    """The present moment as RFC 3339 text."""
    return datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")


@dataclass(eq=False)
class ResourceState:
    """One resource record. Compared by identity: during a replacement two records share a URN."""

    urn: str
    type: str
    custom: bool
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    parent: str = ""
    provider: str = ""
    dependencies: list[str] = field(default_factory=list)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    delete: bool = False
    protect: bool = False
    external: bool = False
    pending_replacement: bool = False
    retain_on_delete: bool = False
    deleted_with: str = ""
    import_id: str = ""
    init_errors: list[str] = field(default_factory=list)
    additional_secret_outputs: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    ignore_changes: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    created: str = ""
    modified: str = ""

    def clone(self) -> ResourceState:
        """An independent record; property values are shared because nobody changes them in place."""
        return copy.copy(self)

    def references(self) -> set[str]:
        """URNs this record needs to come earlier in the document, its provider's included, its parent's not."""
        needed = set(self.dependencies).union(*self.property_dependencies.values())
        needed.update(filter(None, (self.deleted_with, split_reference(self.provider)[0])))
        return needed

    def to_json(self) -> dict[str, Any]:
        """The record as it stands in a deployment document; empty fields are left out."""
        document: dict[str, Any] = {"urn": self.urn, "custom": self.custom, "type": self.type}
        for key, name in (_TEXT_KEYS | _FLAG_KEYS | _LIST_KEYS).items():
            if value := getattr(self, name):
                document[key] = value
        if self.inputs:
            document["inputs"] = wire.to_json(self.inputs)
        if self.outputs:
            document["outputs"] = wire.to_json(self.outputs)
        if dependencies := {key: urns for key, urns in self.property_dependencies.items() if urns}:
            document["propertyDependencies"] = dependencies
        if timeouts := {key: seconds for key, seconds in self.custom_timeouts.items() if seconds}:
            document["customTimeouts"] = timeouts
        return document

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> ResourceState:
        """The record of a deployment document. Fields that this engine does not know are dropped."""
        state = cls(urn=document["urn"], type=document["type"], custom=bool(document.get("custom")))
        for key, name in (_TEXT_KEYS | _FLAG_KEYS | _LIST_KEYS).items():
            if key in document:
                setattr(state, name, copy.copy(document[key]))
        state.inputs = wire.from_json(document.get("inputs") or {})
        state.outputs = wire.from_json(document.get("outputs") or {})
        state.property_dependencies = {
            key: list(urns or []) for key, urns in (document.get("propertyDependencies") or {}).items()
        }
        state.custom_timeouts = {key: float(value) for key, value in (document.get("customTimeouts") or {}).items()}
        return state


@dataclass
class PendingOperation:
    """An operation that started and whose end nobody recorded."""

    resource: ResourceState
    type: str

    def to_json(self) -> dict[str, Any]:
        """The entry of `pending_operations`."""
        return {"resource": self.resource.to_json(), "type": self.type}


@dataclass
class Snapshot:
    """All records of a stack in topological order, and what was under way when it was last saved."""

    resources: list[ResourceState] = field(default_factory=list)
    pending: list[PendingOperation] = field(default_factory=list)

    def clone(self) -> Snapshot:
        """A copy that an operation may change."""
        return Snapshot([state.clone() for state in self.resources], list(self.pending))

    def find(self, urn: str) -> ResourceState | None:
        """The live record of a URN (not one that waits for its deletion)."""
        return next((state for state in self.resources if state.urn == urn and not state.delete), None)

    def to_json(self) -> dict[str, Any]:
        """The document that `pulumi stack export --show-secrets` would print (version 3)."""
        deployment: dict[str, Any] = {
            "manifest": {"time": now(), "magic": "", "version": ""},
            "secrets_providers": copy.deepcopy(SECRETS_PROVIDER),
        }
        if self.resources:
            deployment["resources"] = [state.to_json() for state in self.resources]
        if self.pending:
            deployment["pending_operations"] = [operation.to_json() for operation in self.pending]
        deployment["metadata"] = {}
        return {"version": VERSION, "deployment": deployment}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Snapshot:
        """Read an export of this engine or of `pulumi stack export --show-secrets`.

        Raises:
            StateError: Another version, encrypted secrets, or records out of order.
        """
        if document.get("version") not in (VERSION, 4):
            raise StateError(f"cannot read a deployment of version {document.get('version')!r}; version 3 is expected")
        deployment = document.get("deployment") or {}
        snapshot = cls(
            [ResourceState.from_json(record) for record in deployment.get("resources") or []],
            [
                PendingOperation(ResourceState.from_json(entry["resource"]), entry["type"])
                for entry in deployment.get("pending_operations") or []
            ],
        )
        snapshot.verify()
        return snapshot

    def verify(self) -> None:
        """Check what the CLI checks on import (6.1).

        Raises:
            StateError: With the first fault found.
        """
        seen: set[str] = set()
        live: set[str] = set()
        for state in self.resources:
            for urn in sorted(state.references() | ({state.parent} if state.parent else set())):
                if urn not in seen:
                    raise StateError(f"{state.urn} refers to {urn}, which does not come earlier in the state")
            if not state.delete and state.urn in live:
                raise StateError(f"duplicate resource {state.urn} (not marked for deletion)")
            if not state.custom and state.id:
                raise StateError(f"{state.urn} is a component and has an id")
            seen.add(state.urn)
            if not state.delete:
                live.add(state.urn)

    def export_text(self) -> str:
        """The document as JSON text with four spaces of indent, as the CLI prints it."""
        return json.dumps(self.to_json(), indent=4, ensure_ascii=False) + "\n"
