"""What the state holds of a resource, and the operation that leaves it there.

Wire side: camelCase dicts as the engine keeps them. Outputs hold the checked inputs (bulk fields as digests), what
the platform decided, the scope of the key they were made with, and the version of this package that wrote them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_comfy._version import __version__
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.diff import equal
from pulumi_comfy.core.errors import ComfyError, KeptError, OwnershipError
from pulumi_comfy.core.memory import OBJECT_ID, PREDECESSORS
from pulumi_comfy.core.model import BULK, Json, Model, fields_marked, fields_never_unset, revive, wire_name
from pulumi_comfy.core.redaction import logger
from pulumi_comfy.core.resource import Handler, Seen, State
from pulumi_comfy.core.unknown import contains_unknown

SCOPE = "scope"

WRITTEN_BY = "writtenBy"
"""The version of this package that wrote the outputs. Nothing compares it: a newer package alone is no change, neither
to `up` nor to a refresh. It is there for whoever reads a state, and for a later version that must tell old from new."""

AnyHandler = Handler[Any, Any, Any]
AnyState = State[Any, Any]
Wire = dict[str, Json]


@dataclass(frozen=True)
class Made:
    """What a create, update or read leaves: the id, the outputs, and the inputs where a read changes them."""

    id: str
    outputs: Wire
    inputs: Wire | None = None

    @property
    def stored(self) -> Wire:
        """The outputs as the state keeps them: with the id, which the engine tells a program in no other way."""
        return {**self.outputs, OBJECT_ID: self.id}


class PartialFailure(Exception):
    """The object exists and the operation failed: the state must keep it, and the next `up` goes on with it."""

    def __init__(self, made: Made, reason: ComfyError) -> None:
        super().__init__(str(reason))
        self.made = made
        self.reason = reason


def stored_state(handler: AnyHandler, outputs: Mapping[str, Json]) -> AnyState:
    """Rebuild the typed state from stored outputs, whatever version of this package or whose hand wrote them."""
    return State(revive(handler.inputs_model, outputs), revive(handler.outputs_model, outputs, is_strict=True))


def stored_outputs(handler: AnyHandler, state: AnyState, scope: str, predecessors: Iterable[str] = ()) -> Wire:
    """Write the typed state as outputs; bulk fields stay in the inputs alone."""
    bulk = {wire_name(handler.inputs_model, name) for name in fields_marked(handler.inputs_model, BULK)}
    declared = {key: value for key, value in state.inputs.to_wire().items() if key not in bulk}
    before = list(predecessors)
    ours = {SCOPE: scope, WRITTEN_BY: __version__, **({PREDECESSORS: before} if before else {})}
    return {**declared, **state.outputs.to_wire(), **ours}


def unless_unchanged(outputs: Wire, stored: Mapping[str, Json]) -> Wire:
    """Give the outputs, or the stored ones where only the version that wrote them differs."""
    before, after = ({key: value for key, value in one.items() if key != WRITTEN_BY} for one in (stored, outputs))
    return dict(stored) if before == after else outputs


def predecessors_in(stored: Mapping[str, Json]) -> list[str]:
    """Give the ids that stored outputs remember as replaced."""
    ids = stored.get(PREDECESSORS)
    return [str(one) for one in ids] if isinstance(ids, list) else []


def overlay(handler: AnyHandler, prior: AnyState, seen: Seen[Any], wanted: Model | None = None) -> dict[str, Any]:
    """Give what the platform shows otherwise than the state has it.

    What the program does not say has its default, and is another too where the platform shows another; only what the
    platform cannot unset is left alone until the program says it. A document is another where its digest is.
    """
    model = handler.inputs_model
    skipped = {
        name
        for name in fields_never_unset(model)
        if getattr(prior.inputs, name, None) is None and getattr(wanted, name, None) is None
    }
    declared = handler.canonical(prior.inputs, prior.outputs)
    shown = handler.canonical(prior.inputs.model_copy(update=dict(seen.inputs)), seen.outputs)
    differing: dict[str, Any] = {}
    for name, value in seen.inputs.items():
        if name not in skipped and not equal(model, name, declared.get(name), shown.get(name)):
            differing[name] = value
    return differing


def refuse_other_scope(handler: AnyHandler, stored: Mapping[str, Json], call: Call[Any]) -> None:
    """Refuse when the key is known to belong to another account: its «not found» would empty the state.

    Raises:
        OwnershipError: the scopes differ.
    """
    owner = stored.get(SCOPE)
    if owner is None or call.connection.scope is None or contains_unknown(owner) or owner == call.scope:
        return
    host, in_use = str(owner).partition("/")[0], call.connection.host
    if host != in_use:
        own = call.connection.platform.settings.url.named(str(stored.get("connection") or ""))
        raise OwnershipError(
            "COMFY4002",
            tried=f'use {handler.label} "{call.name}"',
            got=f"it is on {host}, and the URL in use leads to {in_use}",
            todo=f"Set {own.environment} or comfy:{own.key} to the URL of {host}; nothing was changed.",
        )
    raise OwnershipError(
        "COMFY4002",
        tried=f'use {handler.label} "{call.name}"',
        got=f"it belongs to {owner}, and the key in use to {call.scope}",
    )


@dataclass(frozen=True)
class Operation:
    """A create, an update or an adoption of one resource.

    Attributes:
        handler: the kind's.
        inputs: what is declared, an instance of the kind's inputs model.
        call: the engine's.
    """

    handler: AnyHandler
    inputs: Any
    call: Call[Any]

    @classmethod
    def of(cls, handler: AnyHandler, news: Mapping[str, Json], call: Call[Any]) -> Operation:
        """Take in the checked inputs as they are on the wire."""
        return cls(handler, handler.inputs_model.model_validate(news), call)

    @property
    def what(self) -> str:
        """The resource as people call it in a sentence."""
        return f'{self.handler.label} "{self.call.name}"'

    def leaves(self, object_id: str, state: AnyState, predecessors: Iterable[str] = ()) -> Made:
        """Give what the state is to hold."""
        return Made(object_id, stored_outputs(self.handler, state, self.call.scope, predecessors))

    async def as_it_stands(self, object_id: str, prior: AnyState, failed: ComfyError) -> AnyState | None:
        """Describe a half-done object by what the platform shows, newly declared fields too; None: unreadable, gone."""
        if isinstance(failed, KeptError):
            kept: AnyState = failed.state
            return kept
        try:
            seen = await self.handler.read(object_id, prior, self.call)
        except Exception as blind:  # noqa: BLE001  (what failed first is what matters)
            logger.debug("cannot see how %s stands: %s", object_id, blind)
            return None
        if seen is None:
            return None
        differing = overlay(self.handler, prior, seen, self.inputs)
        return State(prior.inputs.model_copy(update=differing), seen.outputs)

    async def half_made(self, object_id: str, failed: ComfyError, predecessors: Iterable[str] = ()) -> PartialFailure:
        """Describe an object that exists and is not finished, as well as the platform lets us."""
        blank: AnyState = State(self.inputs, self.handler.begun(self.inputs))
        stands = await self.as_it_stands(object_id, blank, failed) or blank
        return PartialFailure(self.leaves(object_id, stands, predecessors), failed)
