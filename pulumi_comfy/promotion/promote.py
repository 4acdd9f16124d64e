"""Promoting: what one stack has proved, another one is made to serve."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Literal

from pulumi_comfy.core.errors import InputError, OutcomeError
from pulumi_comfy.core.model import Json
from pulumi_comfy.inference.proof import now
from pulumi_comfy.promotion.claims import add, claim_it
from pulumi_comfy.promotion.drive import carry_out, settle_what_is_left, with_what_is_left
from pulumi_comfy.promotion.holder import this_process, who
from pulumi_comfy.promotion.journal import MovedOnError
from pulumi_comfy.promotion.means import Means
from pulumi_comfy.promotion.plan import Plan, plan
from pulumi_comfy.promotion.reading import read_documents
from pulumi_comfy.promotion.records import Kind, Record, open_one
from pulumi_comfy.promotion.sight import Sight, look, refuse_another_file, releases_beside
from pulumi_comfy.promotion.stack_names import is_same_stack, refuse_another_project

Ended = Literal["nothing", "ready", "refused", "declined", "written", "failed", "promoted", "rolled-back"]


@dataclass(frozen=True)
class Wish:
    """What is asked.

    Attributes:
        source: the stack that has proved it.
        target: the stack that is to serve it.
        only: names of resources that are to move; None for the whole release.
        max_age: the oldest proof that counts; None for any.
        allow_breaking: why callers may be broken; None where they may not.
        take_over: whether a command that left a claim and cannot be asked from here is known to be gone.
    """

    source: str
    target: str
    only: Collection[str] | None = None
    max_age: timedelta | None = None
    allow_breaking: str | None = None
    take_over: bool = False


@dataclass(frozen=True)
class Result:
    """What became of it.

    Attributes:
        ended: `nothing` where there was nothing to do, `ready` where it was only looked at and may go on.
        plan: what was to change, and why not.
        record: what the history says of it; None where nothing was written there.
        settled: what the history says of an earlier one that was killed, and ended now.
    """

    ended: Ended
    plan: Plan
    record: Record | None = None
    settled: Record | None = None

    def sentence(self) -> str:
        """Say it."""
        number = f" (number {self.record.closes or self.record.seq} of the history)" if self.record else ""
        reason = f": {self.record.reason}" if self.record and self.record.reason else ""
        return {
            "nothing": "There is nothing to do.",
            "ready": "There is something to do, and nothing against it.",
            "refused": f"Refused{number}.",
            "declined": f"Nothing was deployed{number}{reason}.",
            "written": "The pins are written; nothing was deployed.",
            "failed": f"Failed{number}. {self._left()}",
            "promoted": f"Promoted{number}.",
            "rolled-back": f"Rolled back{number}.",
        }[self.ended]

    def _left(self) -> str:
        if self.record and not self.record.before:
            names = ", ".join(f'"{name}"' for name in self.record.after)
            return f"The stack served no {names} before; what was made on the way stays for the next promotion."
        return "The stack serves what it served before."

    def to_json(self) -> dict[str, Json]:
        """Give it for machines."""
        return {
            "ended": self.ended,
            "plan": self.plan.to_json(),
            "record": self.record.to_wire() if self.record else None,
            "settled": self.settled.to_wire() if self.settled else None,
        }


@dataclass(frozen=True)
class Planned:
    """A plan with what it was made from: it is carried out on exactly this, or not at all.

    Raises:
        SettingsFileError: the pins cannot be written into the target's settings file, which is known before it begins.
    """

    plan: Plan
    target: Sight
    records: list[Record]

    def __post_init__(self) -> None:
        """Try the pins on the settings file."""
        if self.plan.changes and self.plan.is_allowed:
            self.target.with_pins(self.plan.pins_after)

    def begun(self, kind: Kind, source: str | None, reason: str | None) -> Record:
        """Give the claim: its number follows on what was read, so that nobody else can have come between."""
        return Record(
            seq=len(self.records) + 1,
            kind=kind,
            source=source,
            target=self.target.stack,
            who=who(),
            began=now(),
            outcome="begun",
            reason=reason,
            before=self.plan.before,
            after=self.plan.after,
            marked=dict(self.plan.marks or {}),
            pinned=self.target.pinned,
            holder=this_process(),
        )


def make_plan(means: Means, wish: Wish, records: list[Record], *, deploys: bool = True) -> Planned:
    """Look at both stacks and decide; changes nothing.

    Args:
        means: what to work with.
        wish: what is asked.
        records: the history as it is now.
        deploys: whether the settings file is to be deployed from here.

    Raises:
        PulumiError: a stack cannot be read.
        InputError: COMFY5104, the target's settings file is not what was deployed; COMFY5006, there is one stack only,
            or the target is of another project.
    """
    refuse_another_project(wish.target, means.stacks.project)
    if is_same_stack(wish.source, wish.target, means.stacks.project):
        tried = f"promote {wish.source} to {wish.target}"
        raise InputError("COMFY5006", tried=tried, got="both are the same stack", todo="Name another one.")
    source, target = look(means.stacks, wish.source), look(means.stacks, wish.target)
    if deploys and open_one(records, wish.target) is None:
        refuse_another_file(target, records)
    others = releases_beside(means.stacks, source, target)
    releases = [source.release, target.release, *others]
    made = plan(
        source.release,
        target.release,
        records=records,
        pins=target.pinned,
        only=wish.only,
        max_age=wish.max_age,
        allow_breaking=wish.allow_breaking,
        now=datetime.now(timezone.utc),
        documents=read_documents(target.release.pins, source.release.pins, target.configured, releases),
        others=others,
    )
    return Planned(with_what_is_left(made, records), target, records)


def foresee(means: Means, wish: Wish) -> Result:
    """Only look; changes nothing, nor the history. Errors as those of `make_plan`."""
    made = make_plan(means, wish, means.journal.read()).plan
    means.show(made)
    return Result("nothing" if made.is_empty else "ready" if made.is_allowed else "refused", made)


def write_pins(means: Means, wish: Wish) -> Result:
    """Write the pins into the target's settings file and do nothing else: a merge will deploy them.

    What the file pins now plays no role: a pull request that is open already is written again.

    Raises:
        PulumiError: a stack cannot be read.
        ComfyError: the settings file cannot be read or written.
    """
    planned = make_plan(means, wish, means.journal.read(), deploys=False)
    means.show(planned.plan)
    if planned.plan.is_empty:
        return Result("nothing", planned.plan)
    if not planned.plan.is_allowed:
        return Result("refused", planned.plan)
    planned.target.write(planned.target.with_pins(planned.plan.pins_after))
    return Result("written", planned.plan)


def promote(means: Means, wish: Wish) -> Result:
    """Promote, or say why not.

    Raises:
        OutcomeError: COMFY5101, another one is under way; COMFY5103, it failed and could not be put back.
        ComfyError: a stack, the journal or a settings file cannot be read or written.
    """
    return carry_through(
        means,
        wish.target,
        make=lambda records: make_plan(means, wish, records),
        claim=lambda planned: planned.begun("promotion", wish.source, wish.allow_breaking),
        take_over=wish.take_over,
    )


def carry_through(
    means: Means,
    target: str,
    *,
    make: Callable[[list[Record]], Planned],
    claim: Callable[[Planned], Record],
    take_over: bool,
) -> Result:
    """End what was left of the stack, then plan, claim and deploy; from the plan on again where the history moves on.

    Args:
        means: what to work with.
        target: the stack.
        make: plans on the history as it is.
        claim: gives the record that claims the stack for a plan.
        take_over: whether a command that left a claim and cannot be asked from here is known to be gone.

    Raises:
        InputError: COMFY5006, the stack is of another project.
        OutcomeError: COMFY5101, another one is under way; COMFY5103, it failed and could not be put back.
        ComfyError: a stack, the journal or a settings file cannot be read or written.
    """
    refuse_another_project(target, means.stacks.project)
    records = means.journal.read()
    settled = settle_what_is_left(means, records, target, take_over=take_over)
    records = means.journal.read() if settled else records
    while True:
        planned = _planned(means, target, make, records)
        means.show(planned.plan)
        if planned.plan.is_empty:
            return Result("nothing", planned.plan, settled=settled)
        begun = claim(planned)
        if not planned.plan.is_allowed:
            record = None if planned.plan.unknown else _refuse(means, planned, begun)
            return Result("refused", planned.plan, record, settled)
        if _is_claimed(means, begun):
            return _ended(carry_out(means, begun, planned.target, planned.plan.pins_after), planned.plan, settled)
        records = _without_rival(means, target)


def _planned(means: Means, target: str, make: Callable[[list[Record]], Planned], records: list[Record]) -> Planned:
    """Plan; once more where what stood in the way may have been another command's half way."""
    while True:
        try:
            return make(records)
        except InputError:
            newer = _without_rival(means, target)
            if len(newer) == len(records):
                raise
            records = newer


def _refuse(means: Means, planned: Planned, claim: Record) -> Record:
    """Write down that it was refused, and why."""
    told = claim.ended_with("refused", seq=claim.seq, now=now())
    told = told.model_copy(update={"closes": None, "marked": {}, "refusals": tuple(map(str, planned.plan.refusals))})
    return add(means.journal, lambda seq: told.model_copy(update={"seq": seq}), claim.seq - 1)


def _is_claimed(means: Means, claim: Record) -> bool:
    """Claim the stack; not where the history has moved on since it was planned."""
    try:
        claim_it(means, claim)
    except MovedOnError:
        return False
    means.say(f"Claimed {claim.target}, as number {claim.seq} of the history.")
    return True


def _without_rival(means: Means, target: str) -> list[Record]:
    """Give the history as it is now, unless another command has claimed the stack.

    Raises:
        OutcomeError: COMFY5101, one has.
    """
    records = means.journal.read()
    if (rival := open_one(records, target)) is not None:
        got = f"another {rival.kind} began at {rival.began}, by {rival.who}; nothing was changed by this one"
        raise OutcomeError("COMFY5101", tried=f"change {target}", got=got, todo="Wait for it to end.")
    return records


def _ended(record: Record, made: Plan, settled: Record | None) -> Result:
    """Say what became of it."""
    how: dict[str, Ended] = {"promoted": "promoted", "rolled-back": "rolled-back", "refused": "declined"}
    return Result(how.get(record.outcome, "failed"), made, record, settled)
