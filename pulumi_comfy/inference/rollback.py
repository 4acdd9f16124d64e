"""What becomes of a deployment that fails its check: removed again, put back, or kept with the failure in its state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Final, TypeVar

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError, KeptError, LostAnswerError, UndoneError
from pulumi_comfy.core.resource import State
from pulumi_comfy.core.wait import outlast
from pulumi_comfy.inference.prove import Failed
from pulumi_comfy.inference.settings import CheckResult, InferenceCheck, OnFailure

ValueT = TypeVar("ValueT")

TIMEOUT: Final = 1800.0
"""Seconds that creating or updating a checked resource may take, its check included."""
LEAST_SECONDS = 60.0
"""What an undoing has at least, however late the check failed."""


class Restorable(ABC):
    """A deployment that was just made or changed, and is not proved.

    Args:
        call: the call that changed it.
        check: the declared check.
    """

    noun: ClassVar[str] = "deployment"

    def __init__(self, call: Call[Any], check: InferenceCheck) -> None:
        self.call = call
        self.is_kept = check.on_failure == OnFailure.KEEP

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

    @abstractmethod
    async def put_back(self) -> str:
        """Put back what served before, and say in words what serves again; may be begun again."""

    @abstractmethod
    def state(self, last: CheckResult, *, is_to_be_restored: bool) -> State[Any, Any]:
        """Give the state with the failed check; `is_to_be_restored` when putting back is left for the next `up`."""

    @abstractmethod
    def command(self, found: Failed) -> str:
        """Give the command that repeats the run."""


async def failed_create(found: Failed, made: Restorable) -> ComfyError:
    """Undo or keep what is new and failed its check, and say which."""
    if made.is_kept:
        return _kept(found, made, f"the {made.noun} stays, as `on_failure` says")
    try:
        await _insist(made.remove, made)
    except ComfyError as stuck:
        why = f"{stuck.tried}: {stuck.got}"
        return _kept(found, made, f"the new {made.noun} may serve on, since it could not be removed ({why})")
    return UndoneError(
        found.code,
        tried=made.tried,
        got=f"{found.story}; the new {made.noun} was removed again",
        todo=found.todo(f'Set `on_failure="keep"` in the check to keep the {made.noun} and look into it.'),
    )


async def failed_update(found: Failed, changed: Restorable) -> ComfyError:
    """Put back what served before, or keep what failed, and say what serves now."""
    serves = changed.serves
    if changed.is_kept:
        return _kept(found, changed, f"{serves}, as `on_failure` says")
    if not changed.has_former():
        return _kept(found, changed, f"{serves}, as before: there is nothing to go back to")
    try:
        outcome = await _insist(changed.put_back, changed)
    except ComfyError as stuck:
        why = f"since what served before could not be put back ({stuck.tried}: {stuck.got})"
        return _kept(found, changed, f"{serves}, {why}", is_to_be_restored=True)
    return UndoneError(
        found.code,
        tried=changed.tried,
        got=f"{found.story}; {outcome}",
        todo=found.todo(f"To run what serves now: {changed.command(found)}"),
    )


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
    last = CheckResult(status="failed", run_id=found.run_id)
    return KeptError(
        found.code,
        tried=what.tried,
        got=f"{found.story}; {outcome}",
        todo=found.todo(f"To repeat the run: {what.command(found)}"),
        state=what.state(last, is_to_be_restored=is_to_be_restored),
    )
