"""The pin: what a promotion moves of one resource; and the release, all pins of a stack.

Which inputs move is said by the mark `PROMOTED` on them. Beside them a pin holds digests, which are compared and never
set: that of the workflow's document, and that of the machine that the proof was made on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from pulumi_comfy import workflows
from pulumi_comfy.core.meanings import MACHINE
from pulumi_comfy.core.model import (
    AUTOMATIC,
    BULK,
    DOCUMENT,
    LOCAL,
    MACHINE_DIGEST,
    PROMOTED,
    REPLACES,
    VERSIONS_OF,
    Json,
    fields_marked,
    wire_name,
)
from pulumi_comfy.core.platform import handler_of
from pulumi_comfy.core.resource import Handler
from pulumi_comfy.inference.proof import Proof, ProofInput
from pulumi_comfy.inference.settings import CheckResult
from pulumi_comfy.promotion.exported import HIDDEN, Exported, holds_secret, resources_of

DIGESTS = "digests"
"""The key of a pin in a stack's configuration below which its digests stand: no input of ours has this name."""


@dataclass(frozen=True)
class Witness:
    """A resource whose inference check ran what a pin names, or something else on the same target.

    Attributes:
        name: its logical name.
        proof: what its last passed check has shown.
        last: what its last check found.
    """

    name: str
    proof: Proof | None
    last: CheckResult | None


@dataclass(frozen=True)
class Pin:
    """What moves of one resource, and what speaks for it.

    Attributes:
        name: the resource's logical name.
        token: its kind, `<platform>:<Kind>`.
        values: the promoted inputs by their names on the wire; one that is not given is not there.
        of: what the version is a version of, by the inputs' names on the wire; empty for what is no version.
        digests: `workflowDigest` and `machineDigest`, as far as they are known.
        urn: the resource's URN in its stack.
        object_id: the platform's id.
        machine: id of the machine that runs it.
        connection: by which it is reached; None for the one without a name.
        settings: what stays each stack's own, as far as it may be shown.
        secrets: names of promoted inputs that hold a secret.
        witnesses: whose checks tell something of it.
        run_inputs: what callers may give; None where nothing tells.
        is_interrupted: whether a killed command left the resource half done.
    """

    name: str
    token: str
    values: Mapping[str, Json]
    of: Mapping[str, Json] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    urn: str = ""
    object_id: str = ""
    machine: str | None = None
    connection: str | None = None
    settings: Mapping[str, Json] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    witnesses: tuple[Witness, ...] = ()
    run_inputs: tuple[ProofInput, ...] | None = None
    is_interrupted: bool = False

    @property
    def is_version(self) -> bool:
        """Whether it is a version of something, as a workflow's, and no definition, as a machine's."""
        return bool(fields_marked(handler_of(self.token).inputs_model, VERSIONS_OF))

    @property
    def version(self) -> str:
        """The version, as a program names it to deploy it; a kind that has one promotes nothing else."""
        return str(next(iter(self.values.values())))

    @property
    def label(self) -> str:
        """What people call it in a sentence: `deployment "portrait"`."""
        return f'{handler_of(self.token).label} "{self.name}"'

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what moves: by it a pin is known again, whichever stack holds it. A bad pin is marked by it."""
        moved = workflows.canonical_value([self.token, dict(self.of), dict(self.values)])
        return workflows.sha256_of([json.dumps(moved, sort_keys=True)]).hexdigest()

    def is_same(self, other: Pin) -> bool:
        """Tell whether two pins move the same. A label such as `v1` may have come to mean another document."""
        digests = [one.digests.get("workflowDigest") for one in (self, other)]
        return self.digest == other.digest and _agree(*digests)

    def holds(self, proof: Proof) -> bool:
        """Tell whether a proof is of exactly this pin."""
        if self.is_version:
            is_it = self.version in (proof.workflow_version, proof.workflow_digest)
            return is_it and all(
                _agree(told, self.digests.get(name))
                for name, told in (("workflowDigest", proof.workflow_digest), ("machineDigest", proof.machine_digest))
            )
        return proof.machine_digest is not None and proof.machine_digest == self.digests.get("machineDigest")

    @property
    def proof(self) -> Proof | None:
        """The newest proof of exactly this pin, also where it was revoked."""
        proofs = [one.proof for one in self.witnesses if one.proof is not None and self.holds(one.proof)]
        return max(proofs, key=lambda one: one.ended_at, default=None)

    def in_configuration(self) -> dict[str, Json]:
        """Give it as it stands in a stack's configuration."""
        return {**self.values, **({DIGESTS: dict(sorted(self.digests.items()))} if self.digests else {})}


@dataclass(frozen=True)
class Release:
    """All pins of a stack.

    Attributes:
        stack: its name.
        pins: by the resource's logical name.
        doubles: names that two promoted resources bear, so that no pin can be told by them.
        objects: the platform's ids of everything that the stack owns.
        documents: workflow documents that the state holds, by digest: the texts, for `workflows.parse`.
        versions: what people call a version, by the word that a program gives to deploy it: `version 4`.
        hidden: ids of workflows and versions whose documents a program has hidden.
    """

    stack: str
    pins: Mapping[str, Pin]
    doubles: frozenset[str] = frozenset()
    objects: frozenset[str] = frozenset()
    documents: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()


def release_of(deployment: Mapping[str, Any], *, stack: str) -> Release:
    """Read the pins of a stack from its exported state.

    Args:
        deployment: what `pulumi stack export` writes, with its secrets shown or not.
        stack: the stack's name, for sentences.
    """
    resources = list(resources_of(deployment))
    promoted = [one for one in resources if _promoted(one)]
    names = [one.name for one in promoted]
    digests = {word: digest for word, _number, digest in _versions(resources)}
    return Release(
        stack=stack,
        pins={one.name: _pin(one, resources, digests) for one in promoted},
        doubles=frozenset(name for name in names if names.count(name) > 1),
        objects=frozenset(one.object_id for one in resources),
        documents=dict(_documents(resources)),
        versions={word: f"version {number}" for word, number, _digest in _versions(resources) if number},
        hidden=frozenset(_hidden(resources)),
    )


def _pin(one: Exported, resources: Sequence[Exported], versions: Mapping[str, str]) -> Pin:
    values = _promoted(one)
    machine = next(iter(_on(one)), None)
    below = next((other for other in resources if machine is not None and other.object_id == machine), None)
    known = {
        "workflowDigest": next((versions[word] for word in _words(values) if word in versions), None),
        # The machine itself knows best: what runs on it may not have been told of a rebuild.
        "machineDigest": (below and below.told(MACHINE_DIGEST)) or one.told(MACHINE_DIGEST),
    }
    pin = Pin(
        name=one.name,
        token=one.handler.token,
        values=values,
        of=one.marked(VERSIONS_OF),
        digests={name: digest for name, digest in known.items() if digest},
        urn=one.urn,
        object_id=one.object_id,
        machine=machine,
        connection=_connection_of(one),
        settings=_settings(one),
        secrets=frozenset(name for name, value in values.items() if one.hides(name)),
        witnesses=tuple(_witnesses(one, resources)),
        is_interrupted=one.is_interrupted,
    )
    proof = pin.proof
    if proof is None or not pin.is_version:
        return pin
    told = {"workflowDigest": proof.workflow_digest} if proof.workflow_digest else {}
    inputs = None if proof.run_inputs is None else tuple(proof.run_inputs)
    return replace(pin, digests={**told, **pin.digests}, run_inputs=inputs)


def _connection_of(one: Exported) -> str | None:
    name = one.value("connection")
    return name if isinstance(name, str) else None


def promoted_inputs(handler: Handler[Any, Any, Any]) -> list[str]:
    """Give the names on the wire of what a pin of this kind may hold."""
    model = handler.inputs_model
    return sorted(wire_name(model, name) for name in fields_marked(model, PROMOTED))


def _promoted(one: Exported) -> dict[str, Json]:
    """Give the promoted inputs; one that an older version did not write down has its default."""
    defaults = one.handler.inputs_model.model_construct().to_wire()
    names = promoted_inputs(one.handler)
    given = {name: one.value(name) if one.value(name) is not None else defaults.get(name) for name in names}
    return {name: value for name, value in given.items() if value is not None}


def _witnesses(one: Exported, resources: Sequence[Exported]) -> Iterator[Witness]:
    """Give whose checks tell something of a resource: its own, those of what runs on it, and checks by themselves."""
    served = [one] if one.marked(VERSIONS_OF) else [by for by in resources if one.object_id in _on(by)]
    targets = {by.object_id for by in served}
    of = {value for by in served for value in by.marked(VERSIONS_OF).values()}
    for other in resources:
        proof, last = other.proof, other.last_check
        if proof is None and last is None:
            continue
        points_there = {value for value in other.inputs.values() if isinstance(value, str)} & targets
        is_of_it = proof is not None and proof.target in targets | of
        if other in served or points_there or is_of_it:
            yield Witness(other.name, proof, last)


def _on(one: Exported) -> set[str]:
    """Give the machine that a resource runs on, as far as it is told in the open."""
    return {value for value in one.marked(MACHINE).values() if isinstance(value, str) and value != HIDDEN}


_NOT_SETTINGS = (PROMOTED, VERSIONS_OF, MACHINE, MACHINE_DIGEST, AUTOMATIC, BULK, DOCUMENT, LOCAL, REPLACES)


def _settings(one: Exported) -> dict[str, Json]:
    """Give what stays each stack's own; nothing that is wired from another resource, and nothing secret."""
    model = one.handler.inputs_model
    others = frozenset().union(*(fields_marked(model, mark) for mark in _NOT_SETTINGS))
    names = sorted(wire_name(model, name) for name in model.model_fields.keys() - others)
    shown = {name: one.value(name) for name in names if name not in one.wired and not one.hides(name)}
    return {name: value for name, value in shown.items() if value is not None}


def _versions(resources: Iterable[Exported]) -> Iterator[tuple[str, int | None, str]]:
    """Give the words that name a version, its number and its document's digest, for all that a state knows."""
    for one in resources:
        number, digest = one.outputs.get("versionNumber"), one.outputs.get("workflowDigest")
        if isinstance(digest, str):
            for word in (one.object_id, one.outputs.get("versionId"), digest):
                if isinstance(word, str):
                    yield word, int(number) if isinstance(number, (int, float)) else None, digest


def _documents(resources: Iterable[Exported]) -> Iterator[tuple[str, tuple[str, str | None]]]:
    """Give the documents that no program has hidden, by digest."""
    for one in resources:
        digest, given = one.outputs.get("workflowDigest"), one.marked(DOCUMENT)
        first, *others = [value for value in given.values() if isinstance(value, str)] or [""]
        if first and isinstance(digest, str) and not _hides_documents(one):
            yield digest, (first, others[0] if others else None)


def _hides_documents(one: Exported) -> bool:
    return one.secrecy.hides_documents or holds_secret([*one.marked(DOCUMENT).values()])


def _hidden(resources: Iterable[Exported]) -> Iterator[str]:
    """Give the ids of workflows and versions whose document a program has hidden."""
    for one in resources:
        if _hides_documents(one):
            yield from (one.object_id, *_words(one.marked(VERSIONS_OF)))


def _words(values: Mapping[str, Json]) -> Iterator[str]:
    return (value for value in values.values() if isinstance(value, str))


def _agree(one: str | None, other: str | None) -> bool:
    return one == other or None in (one, other)
