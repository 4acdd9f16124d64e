"""An inference check by itself, as every platform has it: for a target that another stack owns, or on every `up`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence, Set
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import KeptError, OutcomeError
from pulumi_comfy.core.model import Model
from pulumi_comfy.core.resource import Found, Handler, Inserted, Seen, State, Timeouts
from pulumi_comfy.inference.due import why_due
from pulumi_comfy.inference.needs import refuse_what_cannot_be_done
from pulumi_comfy.inference.proof import Proof, Record
from pulumi_comfy.inference.prove import Failed, check, skipped
from pulumi_comfy.inference.rollback import TIMEOUT
from pulumi_comfy.inference.runner import Runner
from pulumi_comfy.inference.settings import CheckResult, CheckSettings

ClientT = TypeVar("ClientT")


class StandaloneInputs(CheckSettings):
    """What is declared of a check by itself, beside its target."""

    always: Annotated[
        bool, Field(description="Whether to check on every `pulumi up`, although nothing changed. Default false.")
    ] = False


class StandaloneOutputs(Model):
    """What the check found."""

    result: Annotated[CheckResult, Field(description="What the last run of the check found.")]
    proof: Annotated[
        Proof | None,
        Field(
            description="What its last passed run has shown, of exactly the version that it names; revoked by a later "
            "one that fails on the same. None where none has passed."
        ),
    ] = None


InputsT = TypeVar("InputsT", bound=StandaloneInputs)


class StandaloneHandler(Handler[InputsT, StandaloneOutputs, ClientT], Generic[InputsT, ClientT]):
    """Inference checks. They cannot be imported or adopted: there is no object but the runs that they made."""

    label = "inference check"
    outputs_model = StandaloneOutputs
    timeouts = Timeouts(create=TIMEOUT, update=TIMEOUT)
    is_name_unique_to_us = False

    @abstractmethod
    async def runner(self, inputs: InputsT, call: Call[ClientT]) -> Runner[ClientT]:
        """Find the target.

        Raises:
            OutcomeError: there is none.
        """

    def normalise(self, inputs: InputsT, call: Call[ClientT]) -> InputsT:
        """Say before anything is run what a check cannot do here."""
        if call.checks_enabled:
            refuse_what_cannot_be_done(inputs, "")
        return inputs

    def unchecked(self, prior: State[InputsT, StandaloneOutputs], inputs: InputsT) -> str | None:
        """With `always`, every `up` checks; else a check that was skipped, or failed at the last update, is due."""
        if inputs.always is True:
            return "it is checked on every `pulumi up`"
        last = prior.outputs.result
        return None if last is None else why_due(last)

    async def find(self, inputs: InputsT, call: Call[ClientT]) -> list[Found]:  # noqa: ARG002
        """Nothing stands in the way of a check."""
        return []

    async def insert(
        self,
        inputs: InputsT,
        found: Sequence[Found],  # noqa: ARG002
        call: Call[ClientT],
    ) -> Inserted[StandaloneOutputs]:
        """Run it; the id is that of its first run."""
        outputs = await self._run(inputs, call, None)
        return Inserted(outputs.result.run_id or "skipped", outputs)

    async def complete(
        self,
        made: Inserted[StandaloneOutputs],
        inputs: InputsT,
        call: Call[ClientT],
    ) -> State[InputsT, StandaloneOutputs]:
        """Keep what it found; where nobody holds that, run it."""
        return State(inputs, made.handed or await self._run(inputs, call, None))

    async def read(
        self,
        object_id: str,  # noqa: ARG002
        prior: State[InputsT, StandaloneOutputs],
        call: Call[ClientT],  # noqa: ARG002
    ) -> Seen[StandaloneOutputs] | None:
        """What was found stays found; there is nothing to read."""
        return Seen({}, prior.outputs)

    async def update(
        self,
        object_id: str,  # noqa: ARG002
        prior: State[InputsT, StandaloneOutputs],
        inputs: InputsT,
        changed: Set[str],  # noqa: ARG002
        call: Call[ClientT],
    ) -> State[InputsT, StandaloneOutputs]:
        """Run it again; a failure stays in the state, so that it is known of the proof and the next `up` checks."""
        return State(inputs, await self._run(inputs, call, prior))

    async def delete(self, object_id: str, prior: State[Any, Any], call: Call[ClientT]) -> None:
        """Forget it; its runs stay in the platform's history."""

    async def _run(
        self, inputs: InputsT, call: Call[ClientT], prior: State[InputsT, StandaloneOutputs] | None
    ) -> StandaloneOutputs:
        proof = prior.outputs.proof if prior else None
        if not call.checks_enabled:
            return _outputs(Record(skipped(call), proof))
        runner = await self.runner(inputs, call)
        runner.refuse_unknown(inputs)
        found = await check(runner, inputs, proof)
        if not isinstance(found, Failed):
            return _outputs(found)
        todo = found.todo(f"To repeat the run: {runner.command(found.given)}")
        failed = OutcomeError(found.code, tried=f'check "{call.name}"', got=found.story, todo=todo)
        if prior is None:
            raise failed
        raise KeptError.of(failed, State(inputs, _outputs(found.record(runner, proof))))


def _outputs(record: Record) -> StandaloneOutputs:
    assert record.last is not None
    return StandaloneOutputs(result=record.last, proof=record.proof)
