"""What happened between stacks: one record for each promotion, refusal, rollback and mark, in the order of `seq`.

Records are only ever added. One that was begun is ended by a later one that names it (`closes`), so that what a killed
run left open is seen. Which pins are bad is not kept anywhere else: it follows from the records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from pulumi_comfy._version import __version__
from pulumi_comfy.core.model import Json
from pulumi_comfy.inference.proof import Proof, ProofInput
from pulumi_comfy.promotion.pins import Pin, Release
from pulumi_comfy.promotion.stack_names import short_name

Kind = Literal["promotion", "rollback", "mark", "unmark"]
Outcome = Literal["begun", "promoted", "rolled-back", "failed", "refused", "settled", "marked", "unmarked"]
SERVED: frozenset[str] = frozenset({"promoted", "rolled-back"})
"""Outcomes after which the target served what the record says."""


class _Stored(BaseModel):
    """Camel case where it is stored; what a newer version wrote besides is passed over."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)


class ProofOf(_Stored):
    """The proof that was relied on.

    Attributes:
        run_id: the platform's id of its run.
        ended_at: when its check had passed (UTC, ISO 8601).
        check_digest: digest of what decided the check.
    """

    run_id: str
    ended_at: str
    check_digest: str

    @classmethod
    def told_by(cls, proof: Proof | None) -> ProofOf | None:
        """Take from a proof what tells it from others."""
        if proof is None:
            return None
        return cls(run_id=proof.run_id, ended_at=proof.ended_at, check_digest=proof.check_digest)


class RunInput(_Stored):
    """One run input that callers could give."""

    name: str
    type: str
    has_default: bool


class PinRecord(_Stored):
    """A pin as it was.

    Attributes:
        token: the resource's kind.
        values: what was promoted, by names on the wire.
        of: what the version was a version of.
        digests: of the workflow's document and of the machine.
        proof: what spoke for it; None where nothing did.
        run_inputs: what callers could give; None where nothing told.
    """

    token: str
    values: dict[str, Any]
    of: dict[str, Any] = {}
    digests: dict[str, str] = {}
    proof: ProofOf | None = None
    run_inputs: tuple[RunInput, ...] | None = None

    @classmethod
    def of_pin(cls, pin: Pin, *, is_proved: bool) -> PinRecord:
        """Write a pin down; its proof only where it holds."""
        inputs = None
        if pin.run_inputs is not None:
            inputs = tuple(RunInput(**one.model_dump()) for one in pin.run_inputs)
        return cls(
            token=pin.token,
            values=dict(pin.values),
            of=dict(pin.of),
            digests=dict(pin.digests),
            proof=ProofOf.told_by(pin.proof) if is_proved else None,
            run_inputs=inputs,
        )

    def as_pin(self, name: str) -> Pin:
        """Give the pin again, without anything of the resource that it is to serve."""
        inputs = None
        if self.run_inputs is not None:
            inputs = tuple(ProofInput(**one.model_dump()) for one in self.run_inputs)
        return Pin(name, self.token, self.values, self.of, self.digests, run_inputs=inputs)


class Record(_Stored):
    """One thing that happened.

    Attributes:
        seq: its place in the history, counted from 1.
        kind: what was to happen. A refusal is a promotion or rollback with that outcome.
        source: the stack that pins came from; None for what concerns one stack only.
        target: the stack that it happened to.
        who: who did it, as far as anything tells.
        began: when (UTC, ISO 8601).
        ended: when it was over; None while it is not.
        outcome: `begun` while it is under way.
        reason: what was given for it, with `--allow-breaking`, a rollback, a mark; then why it ended so.
        before: pins that the target served before, by name; only those that were to change.
        after: pins that it was to serve.
        marked: digests of pins that are bad from now on, by name.
        unmarked: digests of pins that are no longer bad, by name.
        refusals: why not, in sentences that end with a code.
        closes: the `seq` of the begun record that this one ends.
        pinned: of one that was begun: what the target's settings file pinned before, so that it can be put back.
        holder: of one that was begun: the process that does it, so that a later one knows whether it is gone.
        package_version: the version of this package that wrote it.
    """

    seq: int = Field(ge=1)
    kind: Kind
    source: str | None = Field(default=None, alias="from")
    target: str = Field(alias="to")
    who: str | None = None
    began: str
    ended: str | None = None
    outcome: Outcome
    reason: str | None = None
    before: dict[str, PinRecord] = {}
    after: dict[str, PinRecord] = {}
    marked: dict[str, str] = {}
    unmarked: dict[str, str] = {}
    refusals: tuple[str, ...] = ()
    closes: int | None = None
    pinned: dict[str, Any] | None = None
    holder: dict[str, str] | None = None
    package_version: str = __version__

    def is_of(self, stack: str | None) -> bool:
        """Tell whether it happened to this stack, however it was named: with its organisation and project, or without.

        A history is of one project and one organisation, so the last part of a name tells its stacks apart.

        Args:
            stack: its name; None for all.
        """
        return stack is None or short_name(self.target) == short_name(stack)

    def to_wire(self) -> dict[str, Json]:
        """Give it as it is stored: JSON, without what is not there."""
        wire: dict[str, Json] = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return wire

    @classmethod
    def read(cls, stored: Mapping[str, Json]) -> Record:
        """Read what is stored.

        Raises:
            pydantic.ValidationError: it is no record.
        """
        return cls.model_validate(dict(stored))

    def ended_with(self, outcome: Outcome, *, seq: int, now: str, reason: str | None = None) -> Record:
        """Give the record that ends this one; `reason` is why it ended so, beside the one that was given for it."""
        return self.model_copy(
            update={
                "seq": seq,
                "closes": self.seq,
                "ended": now,
                "outcome": outcome,
                "reason": "; ".join(filter(None, (self.reason, reason))) or None,
                "pinned": None,
                "holder": None,
                "package_version": __version__,
            }
        )


def bad_pins(records: Iterable[Record], stack: str | None = None) -> dict[str, Record]:
    """Give the record that marked it, for each digest of a pin that is bad now.

    A rollback marks as soon as it is begun, whatever becomes of it: what somebody wants to leave is bad. Only one that
    was declined at the question marks nothing: nobody wants to leave it then.

    Args:
        records: the history.
        stack: only marks that were made for this stack; None for all: what failed in one is bad for every other.
    """
    history, bad = sorted(records, key=lambda one: one.seq), dict[str, Record]()
    declined = {one.closes for one in history if one.outcome == "refused"} - {None}
    for record in history:
        if record.closes is not None or record.outcome == "refused" or record.seq in declined:
            continue
        for digest in record.unmarked.values():
            bad.pop(digest, None)
        if record.is_of(stack):
            for digest in record.marked.values():
                bad.setdefault(digest, record)
    return bad


def open_one(records: Iterable[Record], target: str | None = None) -> Record | None:
    """Give the newest record that was begun and is not ended: under way, or left by a killed run.

    Args:
        records: the history.
        target: only of this stack; None for all.
    """
    history = sorted(records, key=lambda one: one.seq)
    closed = {one.closes for one in history}
    left = [one for one in history if one.outcome == "begun" and one.seq not in closed]
    return next((one for one in reversed(left) if one.is_of(target)), None)


def told(records: Iterable[Record]) -> list[Record]:
    """Give the history as people read it: one record for each thing that happened, in its last form."""
    history = sorted(records, key=lambda one: one.seq)
    closed = {one.closes for one in history}
    return [one for one in history if one.seq not in closed]


def former_proven(
    records: Sequence[Record], release: Release, *, only: Iterable[str] | None = None
) -> dict[str, PinRecord]:
    """Give the pins to go back to: the newest that a record knows of as proved, other than what serves, and not bad.

    A release goes back as it went forward: all pins that one promotion moved, together. What the stack no longer has
    does not come back by a pin, unless it has nothing at all any more.

    Args:
        records: the history, of all stacks.
        release: what the stack serves now.
        only: names of resources that are to go back; None for all.

    Returns:
        By name, what differs from what serves; empty where there is nothing to go back to.
    """
    bad, names = bad_pins(records), None if only is None else set(only)
    served = [one for one in told(records) if one.is_of(release.stack) and one.outcome in SERVED]
    for record in reversed(served):
        for pins in (record.after, record.before):
            former = {name: one for name, one in pins.items() if names is None or name in names}
            former = {name: one for name, one in former.items() if name in release.pins or not release.pins}
            other = {name: one for name, one in former.items() if _differs(name, one, release)}
            is_proved = all(one.proof is not None for one in other.values())
            if other and is_proved and not any(one.as_pin(name).digest in bad for name, one in other.items()):
                return other
    return {}


def _differs(name: str, former: PinRecord, release: Release) -> bool:
    serving = release.pins.get(name)
    return serving is None or not serving.is_same(former.as_pin(name))
