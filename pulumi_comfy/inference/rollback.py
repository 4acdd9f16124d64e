"""What becomes of a deployment that fails its check: removed again, put back, or kept with the failure in its state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Final, TypeVar

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import CancelledWaitError, ComfyError, KeptError, LostAnswerError, UndoneError
from pulumi_comfy.core.resource import State
from pulumi_comfy.core.wait import outlast
from pulumi_comfy.inference.proof import Proof, Record
from pulumi_comfy.inference.prove import Failed
from pulumi_comfy.inference.runner import Runner
from pulumi_comfy.inference.settings import InferenceCheck, OnFailure

ValueT = TypeVar("ValueT")

TIMEOUT: Final = 1800.0
"""Seconds that creating or updating a checked resource may take, its check included."""
LEAST_SECONDS = 60.0
"""What an undoing has at least, however late the check failed."""


def former_value(name: str, prior: State[Any, Any], stood: Any, declared: Any, *, is_proved: bool) -> Any:
    """Give what one setting is put back to, where the platform stood otherwise than the state when the update began.

    What stood there as declared was written by an update that was killed, so the state tells the former value. What
    was proved is preferred to what a hand has put in its place; a hand's other settings stay.

    Args:
        name: the setting's (snake_case).
        prior: the state before the update.
        stood: what the platform held then.
        declared: the inputs of the update.
        is_proved: whether the setting is part of what the state's last check has proved.
    """
    held, was = getattr(prior.inputs, name), getattr(stood, name)
    return held if is_proved or was == getattr(declared, name) else was


class Restorable(ABC):
    """A deployment that was just made or changed, and is not proved.

    Args:
        runner: what ran it.
        check: the declared check.
        prior: the state before an update, whose outputs are `CheckedOutputs`; None for a new one.
    """

    noun: ClassVar[str] = "deployment"
    removed: ClassVar[str] = "was removed again"
    """What `remove` has done, in words."""

    def __init__(self, runner: Runner[Any], check: InferenceCheck, prior: State[Any, Any] | None = None) -> None:
        self.runner = runner
        self.call: Call[Any] = runner.call
        self.is_kept = check.on_failure == OnFailure.KEEP
        self.prior = prior

    @property
    def proof(self) -> Proof | None:
        """The proof that there was."""
        proof: Proof | None = self.prior.outputs.proof if self.prior else None
        return proof

    @property
    def why_kept(self) -> str:
        """Why nothing is undone, where it is kept."""
        return "as `on_failure` says"

    @property
    def tried(self) -> str:
        """What the error is about."""
        return f'check {self.noun} "{self.call.name}"'

    @property
    @abstractmethod
    def serves(self) -> str:
        """What serves now, e.g. `version v2 serves now`."""

    @abstractmethod
    async def remove(self) -> None:
        """Remove what was made; may be begun again."""

    @abstractmethod
    def has_former(self) -> bool:
        """Tell whether there is something to go back to."""

    @property
    def is_former_gone(self) -> bool:
        """Whether what served before cannot be brought back as it was, whatever `put_back` does."""
        return False

    @property
    def runs_again(self) -> bool:
        """Whether what is put back takes runs."""
        return True

    @abstractmethod
    async def put_back(self) -> str:
        """Put back what served before, and say in words what serves again; may be begun again."""

    @abstractmethod
    def state(self, record: Record, *, is_to_be_restored: bool) -> State[Any, Any]:
        """Give the state with the failed check; `is_to_be_restored` when putting back is left for the next `up`."""

    def command(self, found: Failed) -> str:
        """Give the command that repeats the run."""
        return self.runner.command(found.given)


async def failed_create(found: Failed, made: Restorable) -> ComfyError:
    """Undo or keep what is new and failed its check, and say which."""
    if made.is_kept:
        return _kept(found, made, f"the {made.noun} stays, {made.why_kept}")
    try:
        await _insist(made.remove, made)
    except ComfyError as stuck:
        why = f"{stuck.tried}: {stuck.got}"
        return _kept(found, made, f"the new {made.noun} may serve on, since it could not be removed ({why})")
    return UndoneError(
        found.code,
        tried=made.tried,
        got=f"{found.story}; the new {made.noun} {made.removed}",
        todo=_advice(found, f'Set `on_failure="keep"` in the check to keep the {made.noun} and look into it.'),
    )


async def failed_update(found: Failed, changed: Restorable) -> ComfyError:
    """Put back what served before, or keep what failed, and say what serves now.

    The state then holds what it held before, with its proof, which is of what serves again. That proof is revoked in it
    only where the very thing that was proved has failed, as after a change of a limit, or cannot be brought back.
    """
    serves = changed.serves
    if changed.is_kept:
        return _kept(found, changed, f"{serves}, {changed.why_kept}")
    if not changed.has_former():
        return _kept(found, changed, f"{serves}, as before: there is nothing to go back to")
    try:
        outcome = await _insist(changed.put_back, changed)
    except ComfyError as stuck:
        why = f"since what served before could not be put back ({stuck.tried}: {stuck.got})"
        return _kept(found, changed, f"{serves}, {why}", is_to_be_restored=True)
    undone = UndoneError(
        found.code,
        tried=changed.tried,
        got=f"{found.story}; {outcome}",
        todo=_advice(found, f"To run what serves now: {changed.command(found)}" if changed.runs_again else ""),
    )
    return _without_proof(undone, found, changed) or undone


def _advice(found: Failed, otherwise: str) -> str | None:
    """Give the advice once all is undone: of a stop's own, what was made is in the state, nothing is true then."""
    if isinstance(found.cause, CancelledWaitError):
        return "Run `pulumi up` again."
    return found.todo(otherwise) or None


def _without_proof(undone: UndoneError, found: Failed, changed: Restorable) -> KeptError | None:
    """Keep the former state with its proof revoked; None where the proof holds on, or there is none."""
    prior, proof, record = changed.prior, changed.proof, found.record(changed.runner, changed.proof)
    if prior is None or proof is None:
        return None
    revoked = proof.revoke(found.run_id, found.code) if changed.is_former_gone else record.proof
    if revoked == proof:
        return None
    outputs = prior.outputs.model_copy(update={"last_check": record.last, "proof": revoked})
    return KeptError.of(undone, State(prior.inputs, outputs))


async def _insist(undo: Callable[[], Awaitable[ValueT]], what: Restorable) -> ValueT:
    """Undo although the platform is away, as long as the operation may last: what serves is not proved."""

    async def work() -> ValueT:
        try:
            return await undo()
        except LostAnswerError as lost:  # each undoing looks first, so that it may be begun again
            lost.passes = True
            raise

    seconds = max(LEAST_SECONDS, what.call.seconds_left(TIMEOUT))
    return await outlast(work, tried=what.tried, call=what.call, seconds=seconds)


def _kept(found: Failed, what: Restorable, outcome: str, *, is_to_be_restored: bool = False) -> KeptError:
    """Leave it as it is, with the failed check in its state, so that the next `up` checks again."""
    return KeptError(
        found.code,
        tried=what.tried,
        got=f"{found.story}; {outcome}",
        todo=found.todo(f"To repeat the run: {what.command(found)}"),
        state=what.state(found.record(what.runner, what.proof), is_to_be_restored=is_to_be_restored),
    )
