"""Going back to what a stack had proved before, and taking the mark from what was bad."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pulumi_comfy.core.errors import InputError
from pulumi_comfy.inference.proof import now
from pulumi_comfy.promotion.claims import add
from pulumi_comfy.promotion.drive import with_what_is_left
from pulumi_comfy.promotion.holder import who
from pulumi_comfy.promotion.journal import Journal
from pulumi_comfy.promotion.means import Means
from pulumi_comfy.promotion.plan import going_back
from pulumi_comfy.promotion.promote import Planned, Result, carry_through
from pulumi_comfy.promotion.reading import read_documents
from pulumi_comfy.promotion.records import Record, bad_pins, former_proven, open_one
from pulumi_comfy.promotion.sight import look, refuse_another_file, releases_beside
from pulumi_comfy.promotion.stack_names import refuse_another_project

_SHORTEST = 6
"""Fewer digits of a digest than this name nothing."""


@dataclass(frozen=True)
class Wish:
    """What is asked.

    Attributes:
        target: the stack that is to go back.
        reason: why, for the history.
        only: names of resources that are to go back; None for all.
        take_over: whether a command that left a claim and cannot be asked from here is known to be gone.
    """

    target: str
    reason: str
    only: Collection[str] | None = None
    take_over: bool = False


def foresee(means: Means, wish: Wish) -> Result:
    """Only look; changes nothing.

    Raises:
        InputError: there is nothing to go back to.
        PulumiError: the stack cannot be read.
    """
    made = _make_plan(means, wish, means.journal.read()).plan
    means.show(made)
    return Result("nothing" if made.is_empty else "ready" if made.is_allowed else "refused", made)


def rollback(means: Means, wish: Wish) -> Result:
    """Go back, or say why not.

    Raises:
        InputError: there is nothing to go back to.
        OutcomeError: COMFY5101, another command works on the stack; COMFY5103, it failed and could not be put back.
        ComfyError: a stack, the journal or a settings file cannot be read or written.
    """
    return carry_through(
        means,
        wish.target,
        make=lambda records: _make_plan(means, wish, records),
        claim=lambda planned: planned.begun("rollback", None, wish.reason),
        take_over=wish.take_over,
    )


def _make_plan(means: Means, wish: Wish, records: list[Record]) -> Planned:
    refuse_another_project(wish.target, means.stacks.project)
    target = look(means.stacks, wish.target)
    if open_one(records, wish.target) is None:
        refuse_another_file(target, records)
    former = former_proven(records, target.release, only=wish.only)
    others = releases_beside(means.stacks, target)
    back = {name: one.as_pin(name) for name, one in former.items()}
    made = going_back(
        target.release,
        former,
        pins=target.pinned,
        records=records,
        only=wish.only,
        documents=read_documents(target.release.pins, back, target.configured, [target.release, *others]),
        others=others,
    )
    return Planned(with_what_is_left(made, records), target, records)


def unmark(journal: Journal, pin: str, reason: str) -> Record:
    """Say that a bad pin may be promoted again.

    Args:
        journal: the history.
        pin: its digest, or the beginning of it.
        reason: why.

    Raises:
        InputError: no bad pin, or several, have such a digest.
    """

    def make(seq: int) -> Record:
        digest, by = _one_of(bad_pins(journal.read()), pin)
        name = next(name for name, marked in by.marked.items() if marked == digest)
        return Record(
            seq=seq,
            kind="unmark",
            target=by.target,
            who=who(),
            began=now(),
            ended=now(),
            outcome="unmarked",
            reason=reason,
            unmarked={name: digest},
        )

    return add(journal, make, len(journal.read()))


def _one_of(bad: dict[str, Record], pin: str) -> tuple[str, Record]:
    found = [(digest, record) for digest, record in bad.items() if digest.startswith(pin.lower())]
    if len(found) == 1 and len(pin) >= _SHORTEST:
        return found[0]
    got = "several bad pins begin so" if len(found) > 1 else "no bad pin has this digest"
    listed = ", ".join(digest[:12] for digest in bad) or "none"
    raise InputError("COMFY5106", tried=f"unmark the pin {pin}", got=got, todo=f"Bad are: {listed}.")
