"""What a promotion writes into the history of itself: that it has begun, and how it ended."""

from __future__ import annotations

from collections.abc import Callable

from pulumi_comfy.inference.proof import now
from pulumi_comfy.promotion.journal import Journal, MovedOnError
from pulumi_comfy.promotion.means import Means
from pulumi_comfy.promotion.records import Outcome, PinRecord, Record, open_one
from pulumi_comfy.promotion.sight import Sight

INTERRUPTED = "interrupted"
"""The reason that Ctrl-C is recorded by."""


def add(journal: Journal, make: Callable[[int], Record], last: int) -> Record:
    """Add a record that holds whatever else was added meanwhile, unless that has ended the same already.

    Args:
        journal: the history.
        make: gives the record, by its number.
        last: the number of the last record that is known; where there is a later one, the history is read.

    Returns:
        The record that stands in the history now.
    """
    while True:
        record = make(last + 1)
        try:
            journal.append(record)
        except MovedOnError:
            records = journal.read()
            ended = [one for one in records if record.closes is not None and one.closes == record.closes]
            if ended:  # by the `pulumi` of a command that was killed while it recorded
                return ended[0]
            last = len(records)
            continue
        return record


def claim_it(means: Means, claim: Record) -> None:
    """Write the claim into the history; where Ctrl-C comes meanwhile, it is taken back.

    Raises:
        MovedOnError: the history is another than it was planned on; nothing was written.
        KeyboardInterrupt: nothing is claimed.
    """
    try:
        means.journal.append(claim)
    except KeyboardInterrupt:
        left = open_one(means.journal.read(), claim.target)
        if left is not None and left.holder == claim.holder:
            end(means, left, "refused", INTERRUPTED)
        raise


def end(means: Means, claim: Record, outcome: Outcome, reason: str | None = None, *, is_last: bool = True) -> Record:
    """Record how it ended, also where Ctrl-C comes while that is written: what is not recorded counts as killed.

    Args:
        means: what to work with.
        claim: what has ended.
        outcome: how.
        reason: why.
        is_last: whether nothing follows. Else Ctrl-C, once this is recorded, keeps from beginning what would.
    """

    def record() -> Record:
        return add(means.journal, lambda seq: claim.ended_with(outcome, seq=seq, now=now(), reason=reason), claim.seq)

    try:
        return record()
    except KeyboardInterrupt:
        means.say("Recording how it ended. Ctrl-C once more stops that too; the next command then ends it.")
        ended = record()
        if is_last:
            return ended
        raise


def end_well(means: Means, claim: Record, served: Sight, reason: str | None = None, *, is_last: bool = True) -> Record:
    """Record it with what was proved here: a rollback goes by the proofs of the stack itself."""
    after = {name: _proved_here(name, pin, served) for name, pin in claim.after.items()}
    outcome: Outcome = "promoted" if claim.kind == "promotion" else "rolled-back"
    return end(means, claim.model_copy(update={"after": after}), outcome, reason, is_last=is_last)


def _proved_here(name: str, pin: PinRecord, served: Sight) -> PinRecord:
    here = served.release.pins[name]
    holds = here.proof is not None and here.proof.revoked is None
    return PinRecord.of_pin(here, is_proved=True) if holds else pin
