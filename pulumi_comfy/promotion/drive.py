"""How a stack gets other pins: claimed, written, shown, asked, deployed, proved, recorded. All of it, or as before.

Each step leaves what the next command needs to end it either way: the claim in the journal says what was to be served
and what was served before, the settings file says what would be deployed, and the state says what is.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pulumi_comfy.core.errors import ComfyError, OutcomeError
from pulumi_comfy.promotion.claims import INTERRUPTED, end, end_well
from pulumi_comfy.promotion.holder import is_alive
from pulumi_comfy.promotion.lines import one_line
from pulumi_comfy.promotion.means import Means
from pulumi_comfy.promotion.plan import Plan
from pulumi_comfy.promotion.records import Outcome, PinRecord, Record, open_one
from pulumi_comfy.promotion.sight import Sight, look
from pulumi_comfy.promotion.stacks import LockedError

ResultT = TypeVar("ResultT")
DECLINED = "declined after the preview"
_AS_BEFORE = "its command was killed; the stack serves what it served before"
_LOOK_EVERY_SECONDS = 2.0


def carry_out(means: Means, claim: Record, sight: Sight, pins: Mapping[str, Any] | None) -> Record:
    """Do what was claimed, and give the record that ends it.

    Args:
        means: what to work with.
        claim: the begun record, which is in the journal.
        sight: the target as it was before the claim.
        pins: what its settings file is to pin.

    Raises:
        LockedError: somebody else's command holds the stack; nothing was deployed.
        OutcomeError: COMFY5103, it failed and could not be put back; the claim stays open.
    """
    if (ended := _preview(means, claim, sight, pins)) is not None:
        with _putting_back(claim):
            sight.write(sight.text)
        return end(means, claim, *ended)
    means.say(f"Deploying {claim.target}.")
    try:
        served = _deploy(means, claim)
    except LockedError as locked:  # it never began
        with _putting_back(claim):
            sight.write(sight.text)
        end(means, claim, "failed", _why(locked))
        raise
    except (ComfyError, KeyboardInterrupt) as stopped:
        means.say(f"Failed: {_why(stopped)}")
        # Pulumi dies with its lock left where Ctrl-C comes before it listens; another deployment meets that.
        may_lock = isinstance(stopped, KeyboardInterrupt)
        try:
            _past_a_left_lock(means, claim, lambda: _put_back(means, claim, sight.text, is_left=may_lock))
        except LockedError as locked:
            raise _stuck(claim, locked.got) from None
        return end(means, claim, "failed", _why(stopped))
    return end_well(means, claim, served)


def _preview(means: Means, claim: Record, sight: Sight, pins: Mapping[str, Any] | None) -> tuple[Outcome, str] | None:
    """Write the pins and show what they would do; give how it ended and why, None where it goes on."""
    try:
        sight.write(sight.with_pins(pins))
        means.say(f"{sight.path.name} has the pins. Preview:")
        means.stacks.preview(claim.target, means.say)
        return None if means.ask() else ("refused", DECLINED)
    except (ComfyError, KeyboardInterrupt) as stopped:
        means.say(f"Failed: {_why(stopped)}")
        return "failed", _why(stopped)


def _deploy(means: Means, claim: Record) -> Sight:
    """Deploy what the settings file pins, and give what serves then: what was claimed, or it is an error."""
    means.stacks.up(claim.target, means.say)
    served = look(means.stacks, claim.target)
    _refuse_another(claim, served)
    return served


def settle_what_is_left(means: Means, records: list[Record], target: str, *, take_over: bool) -> Record | None:
    """End what a killed command left of this stack.

    Args:
        means: what to work with.
        records: the history.
        target: the stack.
        take_over: whether a command that cannot be asked from here is known to be gone.

    Returns:
        The record that ends it; None where nothing was left.

    Raises:
        OutcomeError: COMFY5101, its command is still at work, or nobody here can know; COMFY5103.
        KeyboardInterrupt: Ctrl-C came; what was to follow does not begin.
    """
    claim = open_one(records, target)
    if claim is None:
        return None
    alive = is_alive(claim.holder)
    if alive or (alive is None and not take_over):
        raise _another(claim, alive)
    means.say(f"A {claim.kind} of {target} that began at {claim.began} was killed. It is ended first.")
    while True:
        try:
            return _past_a_left_lock(means, claim, lambda: _settle(means, claim))
        except LockedError as locked:
            means.say(f"{locked.got}: waiting for it")
            time.sleep(_LOOK_EVERY_SECONDS)


def _past_a_left_lock(means: Means, claim: Record, deploy: Callable[[], ResultT]) -> ResultT:
    """Deploy; a lock whose process is gone is taken away, as the claim says that nobody else is at work."""
    while True:
        try:
            return deploy()
        except LockedError as locked:
            if not locked.is_left:
                raise
            means.stacks.unlock(claim.target)


def _settle(means: Means, claim: Record) -> Record:
    """Decide by what serves now, and deploy it once more: that also takes the lock, so nobody else is at work."""
    sight = look(means.stacks, claim.target)
    former = sight.with_pins(claim.pinned)
    if sight.serves(claim.after) and not sight.is_between and _is_proved(claim, sight):
        sight.write(sight.with_pins({**(claim.pinned or {}), **_configured(claim.after)}))
        try:
            served = _deploy(means, claim)
        except LockedError:
            raise
        except ComfyError:
            _put_back(means, claim, former)
            return end(means, claim, "settled", _AS_BEFORE, is_last=False)
        means.say(f"It had been deployed: {claim.target} serves what was to be promoted.")
        return end_well(means, claim, served, "its command was killed after it was deployed", is_last=False)
    _put_back(means, claim, former, is_left=True)
    means.say(f"It had not been deployed: {claim.target} serves what it served before.")
    return end(means, claim, "settled", _AS_BEFORE, is_last=False)


def _put_back(means: Means, claim: Record, text: str | None, *, is_left: bool = False) -> None:
    """Make the stack serve what it served before, and its settings file say what it said.

    Raises:
        LockedError: somebody else's command holds the stack.
        OutcomeError: COMFY5103, it cannot be done.
    """
    with _putting_back(claim):
        sight = look(means.stacks, claim.target)
        try:
            if claim.before and (is_left or sight.is_between or not sight.serves(claim.before)):
                means.say(f"Putting {claim.target} back as it was.")
                sight.write(sight.with_pins({**sight.pinned, **_configured(claim.before)}))
                _deploy_former(means, claim, refresh=is_left or sight.is_between)
        finally:
            sight.write(text)


def _deploy_former(means: Means, claim: Record, *, refresh: bool) -> None:
    try:
        means.stacks.up(claim.target, means.say, refresh=refresh)
        sight = look(means.stacks, claim.target)
    except LockedError:
        raise
    except (ComfyError, KeyboardInterrupt) as stopped:
        raise _stuck(claim, _why(stopped)) from None
    if not sight.serves(claim.before):
        raise _stuck(claim, "it serves something else than before")


@contextlib.contextmanager
def _putting_back(claim: Record) -> Iterator[None]:
    """Tell what keeps the stack or its settings file from being as before as just that: the claim stays open."""
    try:
        yield
    except (LockedError, OutcomeError):
        raise
    except ComfyError as stopped:
        raise _stuck(claim, stopped.got) from None


def _refuse_another(claim: Record, served: Sight) -> None:
    wrong = [name for name, pin in claim.after.items() if not served.serves({name: pin})]
    if wrong:
        got = f"the program does not take the pin of {', '.join(wrong)}"
        todo = 'Give the resource its pin in the program: `**comfy.pinned("<name>", ...)`.'
        raise OutcomeError("COMFY5102", tried=f"deploy {claim.target}", got=got, todo=todo)


def _is_proved(claim: Record, sight: Sight) -> bool:
    """Tell whether no check of what was to be served failed: one that failed and was undone does not serve."""
    witnesses = [one for name in claim.after for one in sight.release.pins[name].witnesses]
    return all(one.last is None or one.last.status != "failed" for one in witnesses)


def _configured(pins: Mapping[str, PinRecord]) -> dict[str, Any]:
    return {name: pin.as_pin(name).in_configuration() for name, pin in pins.items()}


def with_what_is_left(made: Plan, records: list[Record]) -> Plan:
    """Give a plan with a warning where a command on its target has begun and is not ended: that one comes first."""
    claim = open_one(records, made.target)
    if claim is None:
        return made
    alive = is_alive(claim.holder)
    begun, who = _begun(claim), _holder(claim)
    told = {
        True: f"{begun}, and is under way ({who}): wait for it to end",
        False: f"{begun}, and was killed: the next `promote` or `rollback` of {made.target} ends it first",
        None: f"{begun}, and whether it lives cannot be asked here ({who}): where it is known to be gone, the next "
        f"`promote` or `rollback` of {made.target} with --take-over ends it first",
    }
    return replace(made, warnings=[one_line(told[alive]), *made.warnings])


def _begun(claim: Record) -> str:
    return f"a {claim.kind} of {claim.target} began at {claim.began}, by {claim.who}"


def _holder(claim: Record) -> str:
    holder = claim.holder or {}
    return f"process {holder.get('pid', '?')} on {holder.get('host', 'another machine')}"


def _another(claim: Record, alive: bool | None) -> OutcomeError:
    got = f"{_begun(claim)}; it is {_holder(claim)}"
    if alive:
        return OutcomeError("COMFY5101", tried=f"change {claim.target}", got=got, todo="Wait for it to end.")
    todo = "Wait for it to end. Where it is known to be gone, run the same command with --take-over."
    return OutcomeError(
        "COMFY5101", tried=f"change {claim.target}", got=f"{got}, which cannot be asked here", todo=todo
    )


def _stuck(claim: Record, why: str) -> OutcomeError:
    return OutcomeError("COMFY5103", tried=f"put {claim.target} back as it was", got=why)


def _why(stopped: BaseException) -> str:
    return INTERRUPTED if isinstance(stopped, KeyboardInterrupt) else str(stopped)
