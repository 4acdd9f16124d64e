"""A promotion that was decided and has not begun: what would move, why nothing may, and both told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pulumi_comfy.core.model import Json
from pulumi_comfy.core.redaction import redact
from pulumi_comfy.promotion.gate import Refusal
from pulumi_comfy.promotion.lines import one_line, wrapped
from pulumi_comfy.promotion.pins import Pin
from pulumi_comfy.promotion.records import PinRecord, ProofOf


@dataclass(frozen=True)
class Change:
    """One pin that would move.

    Attributes:
        name: the resource's logical name.
        kind: `changed`; `new` where the target has no such resource yet; `pinned` where it serves this already and
            is only to stay with it.
        before: what the target serves; None where it is new.
        after: what it would serve.
        words: what changes, one line each.
        settings: what differs between the stacks and stays.
        breaking: what stops callers, one clause each.
        record: what the history tells of `after`, where it comes from there.
    """

    name: str
    kind: str
    before: Pin | None
    after: Pin
    words: Sequence[str] = ()
    settings: Sequence[str] = ()
    breaking: Sequence[str] = ()
    record: PinRecord | None = None


@dataclass(frozen=True)
class Plan:
    """A promotion, or a rollback, that has not begun.

    Attributes:
        source: the stack that pins come from; None for a rollback, whose pins come from the history.
        target: the stack that would change.
        changes: what would move.
        refusals: why nothing moves; empty when it may.
        warnings: what a person should know before.
        pins_before: what the target's settings file holds.
        pins_after: what it would hold.
        allow_breaking: the reason that was given for a change that breaks callers.
        marks: digests of the pins that a rollback marks bad, by name.
        unknown: names that were asked for and that nothing has: such a plan decides nothing of the stack.
    """

    source: str | None
    target: str
    changes: Sequence[Change] = ()
    refusals: Sequence[Refusal] = ()
    warnings: Sequence[str] = ()
    pins_before: Mapping[str, Mapping[str, Json]] | None = None
    pins_after: Mapping[str, Mapping[str, Json]] | None = None
    allow_breaking: str | None = None
    marks: Mapping[str, str] | None = None
    unknown: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do, and nothing against it."""
        return not self.changes and not self.refusals

    @property
    def is_allowed(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.refusals

    @property
    def before(self) -> dict[str, PinRecord]:
        """What the target serves of what would move, for a record."""
        pins = {one.name: one.before for one in self.changes if one.before is not None}
        return {name: PinRecord.of_pin(pin, is_proved=is_proved(pin)) for name, pin in pins.items()}

    @property
    def after(self) -> dict[str, PinRecord]:
        """What would move, for a record."""
        return {
            one.name: one.record or PinRecord.of_pin(one.after, is_proved=is_proved(one.after)) for one in self.changes
        }

    def to_json(self) -> dict[str, Json]:
        """Give it for machines; its keys stay, and nothing in it is secret or moves a cursor."""
        return {
            "format": 1,
            "from": self.source,
            "to": self.target,
            "isEmpty": self.is_empty,
            "isAllowed": self.is_allowed,
            "changes": [_change_as_json(one) for one in self.changes],
            "refusals": [
                {"code": one.code, "name": one.name, "text": one.text, "todo": one.todo} for one in self.refusals
            ],
            "warnings": list(self.warnings),
            "allowBreaking": self.allow_breaking and one_line(self.allow_breaking),
            "marks": dict(self.marks or {}),
            "pins": _shown(self.pins_after or {}),
        }

    def text(self, columns: int = 100) -> str:
        """Give it for a person, in lines of at most so many characters where words allow."""
        way = f"{self.source} -> {self.target}" if self.source else f"{self.target} goes back"
        lines = [(0, one_line(way))]
        for one in self.changes:
            lines += _change_as_lines(one)
        if not self.changes and not self.refusals:
            lines.append((2, "nothing to promote" if self.source else "nothing to go back to"))
        if self.allow_breaking:
            lines.append((2, f"callers may break, because: {one_line(self.allow_breaking)}"))
        lines += [(2, f"warning: {one}") for one in self.warnings]
        lines += [(2, f"refused: {one}") for one in self.refusals]
        return wrapped(lines, columns)


def is_proved(pin: Pin) -> bool:
    """Tell whether a proof of exactly this pin holds."""
    proof = pin.proof
    failed = any(one.last is not None and one.last.status == "failed" for one in pin.witnesses)
    return proof is not None and proof.revoked is None and not failed


def _change_as_json(change: Change) -> dict[str, Json]:
    proof = change.record.proof if change.record is not None else None
    if proof is None:
        proof = ProofOf.told_by(change.after.proof)
    return {
        "name": change.name,
        "token": change.after.token,
        "kind": change.kind,
        "digest": change.after.digest,
        "before": None if change.before is None else _shown(change.before.in_configuration()),
        "after": _shown(change.after.in_configuration()),
        "words": list(change.words),
        "settings": list(change.settings),
        "breaking": list(change.breaking),
        "proof": None if proof is None else proof.model_dump(by_alias=True),
    }


_KINDS = {"changed": "", "new": " (new there)", "pinned": " (served already, pinned from now on)"}


def _change_as_lines(change: Change) -> Iterator[tuple[int, str]]:
    yield 2, one_line(f"{change.after.label}{_KINDS[change.kind]}")
    yield from ((4, word) for word in change.words)
    if (proof := change.after.proof) is not None:
        seconds = f", {proof.seconds:.1f} s" if proof.seconds is not None else ""
        on = f" on {proof.gpu}" if proof.gpu else ""
        yield 4, one_line(f"proof: passed {proof.ended_at}, run {proof.run_id}{seconds}{on}")
    elif change.record is not None and change.record.proof is not None:
        yield 4, one_line(f"proof: passed {change.record.proof.ended_at}, run {change.record.proof.run_id}")
    yield from ((4, f"stays: {setting}") for setting in change.settings)
    yield from ((4, f"breaks callers: {one}") for one in change.breaking)


def _shown(value: Json) -> Json:
    """Give a value as it may be shown."""
    if isinstance(value, Mapping):
        return {redact(str(key)): _shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return redact(value) if isinstance(value, str) else value
