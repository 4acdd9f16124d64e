"""One kind of resource, what is declared of it, and the call that asks for it: what a create or update hands along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError, KeptError
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.redaction import logger
from pulumi_comfy.core.resource import State
from pulumi_comfy.core.stored import AnyHandler, AnyState, Made, PartialFailure, overlay, stored_outputs


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
