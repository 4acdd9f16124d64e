"""Objects that were made by hand in the server's web UI: held by their id, and never changed.

The public server has no route that reads or changes a machine, a deployment or an API key, so nothing is asked about
one that is held so; a check through a deployment tells what it really points to (docs/platforms/selfhosted.md 7.2).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence, Set
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import Field, model_validator

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.model import REPLACES, Model, fields_marked, revive, wire_name
from pulumi_comfy.core.resource import Found, Handler, Inserted, Seen, State
from pulumi_comfy.core.unknown import contains_unknown
from pulumi_comfy.platforms.selfhosted.api import SelfHostedApi
from pulumi_comfy.platforms.selfhosted.fields import AccountInputs, Adopt, Id


class ExistingInputs(AccountInputs):
    """What is declared of an object that may have been made by hand."""

    required: ClassVar[tuple[str, ...]] = ()
    """What a program must give unless the object exists."""

    existing_id: Annotated[
        Id | None,
        REPLACES,
        Field(
            description="Id of one that was made in the server's web UI, as its page's URL or its database tells it: "
            "it is held as declared, and no call reads, changes or deletes it. A change replaces the resource."
        ),
    ] = None
    adopt: Adopt = None

    @model_validator(mode="after")
    def _one_way(self) -> ExistingInputs:
        if self.existing_id is not None and self.adopt is not None:
            raise ValueError("give one of `existing_id`, which leaves it as it is, and `adopt`, which takes it over")
        missing = [f"`{name}`" for name in self.required if getattr(self, name) is None]
        if self.existing_id is None and missing:
            told = "; a public server tells no `version_id` of a `Workflow`, its web UI's links do"
            hint = told if missing == ["`workflow_version_id`"] else ""
            raise ValueError(f"give {' and '.join(missing)}, or `existing_id` of one that was made in the web UI{hint}")
        return self


class ExistingOutputs(Model):
    """Whose an object is."""

    managed: Annotated[
        bool, Field(description="Whether this stack made it; false for one that `existing_id` holds as it is.")
    ]


InputsT = TypeVar("InputsT", bound=ExistingInputs)
OutputsT = TypeVar("OutputsT", bound=ExistingOutputs)
SelfHostedCall = Call[SelfHostedApi]


class ExistingHandler(Handler[InputsT, OutputsT, SelfHostedApi], Generic[InputsT, OutputsT]):
    """A kind whose objects are made here where the server has routes for them, or held by `existing_id`."""

    foresees = True
    making: ClassVar[str]
    """The route that makes one."""
    changing: ClassVar[str | None] = None
    """The route that changes one; None where nothing of one changes."""

    @abstractmethod
    async def look_for(self, inputs: InputsT, call: SelfHostedCall) -> list[Found]:
        """Give what has the natural key, as `find` does."""

    @abstractmethod
    async def make(self, inputs: InputsT, found: Sequence[Found], call: SelfHostedCall) -> Inserted[Any]:
        """Make it, as `insert` does."""

    @abstractmethod
    async def finish(self, made: Inserted[Any], inputs: InputsT, call: SelfHostedCall) -> State[InputsT, OutputsT]:
        """Do the rest, as `complete` does."""

    @abstractmethod
    async def look_at(
        self, object_id: str, prior: State[InputsT, OutputsT], call: SelfHostedCall
    ) -> Seen[OutputsT] | None:
        """Look at it, as `read` does."""

    @abstractmethod
    async def change(
        self, object_id: str, prior: State[InputsT, OutputsT], inputs: InputsT, changed: Set[str], call: SelfHostedCall
    ) -> State[InputsT, OutputsT]:
        """Change it, as `update` does."""

    @abstractmethod
    async def remove(self, object_id: str, call: SelfHostedCall) -> None:
        """Delete it, as `delete` does."""

    def begun(self, inputs: InputsT) -> OutputsT:
        """It is this stack's, or is held as it is."""
        begun: OutputsT = revive(self.outputs_model, {"managed": inputs.existing_id is None})
        return begun

    def natural_key(self, inputs: InputsT) -> str | None:
        """Nothing is looked for of what is held as it is."""
        return None if inputs.existing_id is not None else super().natural_key(inputs)

    async def foresee(self, inputs: InputsT, call: SelfHostedCall) -> None:
        """Say in a preview already what the server has no route for."""
        old = call.old_inputs or {}
        is_made = bool(old) and not old.get("existingId")
        route = self.changing if is_made and not self._is_replaced(old, inputs) else self.making
        if inputs.existing_id is None and route is not None:
            await foresee_route(route, "existing_id", call)

    def _is_replaced(self, old: Mapping[str, Any], inputs: InputsT) -> bool:
        """Tell whether another one is to be made in its place; a value that is not known yet may stay the same."""
        wire = inputs.to_wire()
        names = [wire_name(self.inputs_model, name) for name in fields_marked(self.inputs_model, REPLACES)]
        return any(old.get(name) != wire.get(name) for name in names if not contains_unknown(wire.get(name)))

    async def find(self, inputs: InputsT, call: SelfHostedCall) -> list[Found]:
        """Nothing stands in the way of holding what exists."""
        if inputs.existing_id is not None:
            return []
        await call.client.need(self.making, f'create {self.label} "{call.name}"')
        return await self.look_for(inputs, call)

    async def insert(self, inputs: InputsT, found: Sequence[Found], call: SelfHostedCall) -> Inserted[Any]:
        """Make it, or take what exists."""
        return await self.make(inputs, found, call) if inputs.existing_id is None else Inserted(inputs.existing_id)

    async def complete(self, made: Inserted[Any], inputs: InputsT, call: SelfHostedCall) -> State[InputsT, OutputsT]:
        """Do the rest, if this stack made it."""
        return await self.finish(made, inputs, call) if inputs.existing_id is None else self._held(inputs)

    async def read(
        self, object_id: str, prior: State[InputsT, OutputsT], call: SelfHostedCall
    ) -> Seen[OutputsT] | None:
        """Look at it; what is held as it is stays as it is declared."""
        if prior.inputs.existing_id is not None:
            return Seen({}, self.begun(prior.inputs))
        return await self.look_at(object_id, prior, call)

    async def update(
        self, object_id: str, prior: State[InputsT, OutputsT], inputs: InputsT, changed: Set[str], call: SelfHostedCall
    ) -> State[InputsT, OutputsT]:
        """Change it; of what is held as it is the declaration alone changes."""
        if inputs.existing_id is not None:
            return self._held(inputs)
        return await self.change(object_id, prior, inputs, changed, call)

    async def delete(self, object_id: str, prior: State[InputsT, OutputsT], call: SelfHostedCall) -> None:
        """Delete it, unless it was made by hand."""
        if prior.inputs.existing_id is None:
            await self.remove(object_id, call)
        else:
            call.inform(
                f"{self.label} {object_id} stays on the server: it was held by `existing_id`, and not made here"
            )

    def _held(self, inputs: InputsT) -> State[InputsT, OutputsT]:
        return State(inputs, self.begun(inputs))


async def foresee_route(route: str, place: str, call: SelfHostedCall) -> None:
    """Refuse a route that the server lacks as a fault of a property.

    Raises:
        InputError: it lacks it.
    """
    try:
        await call.client.need(route, place)
    except InputError as refused:
        raise InputError(refused.code, tried=place, got=refused.got, todo=refused.todo) from None
