"""Whether a pin may move: its proof is of exactly this pin, passed, young enough and not revoked; and it is not bad."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pulumi_comfy.core.error_codes import REGISTRY
from pulumi_comfy.core.plain_text import plain
from pulumi_comfy.core.redaction import redact
from pulumi_comfy.inference.proof import Proof
from pulumi_comfy.promotion.lines import one_line, short
from pulumi_comfy.promotion.pins import Pin
from pulumi_comfy.promotion.records import Record

Availability = Callable[[Pin], str | None]
"""Asks the platform whether it still has what a pin names: None, or why it cannot be deployed, as one clause."""


_CLOCKS = (
    "Set the clocks right of this machine and of the one that checked, then run the source's inference check again."
)


@dataclass(frozen=True)
class Refusal:
    """Why nothing moves.

    Attributes:
        code: a row of the registry of errors.
        text: what is wrong and with what, one clause without a full stop.
        todo: what to do.
        name: the resource, by its logical name; None for what concerns the stacks.
    """

    code: str
    text: str
    todo: str
    name: str | None = None

    def __str__(self) -> str:
        stop = "" if self.text.endswith("?") else "."
        return f"{self.text}{stop} {self.todo} [{self.code}]"


def refused(code: str, text: str, *, name: str | None = None, todo: str | None = None) -> Refusal:
    """Make a refusal on one line and with nothing secret; its advice is the code's where there is no other."""
    return Refusal(code, one_line(text), one_line(todo) if todo else REGISTRY[code].hint, name)


@dataclass(frozen=True)
class Gate:
    """What every pin of a promotion is held against.

    Attributes:
        stack: the source's name, for sentences.
        now: the present moment.
        max_age: the oldest proof that counts; None for any.
        bad: the record that marked it, by the digest of a bad pin.
        availability: asks the platform; None where nobody can.
    """

    stack: str
    now: datetime
    max_age: timedelta | None = None
    bad: Mapping[str, Record] | None = None
    availability: Availability | None = None

    def refusals(self, pin: Pin) -> Iterator[Refusal]:
        """Give everything that speaks against a pin that is to move."""
        whose = f"{pin.label} of {self.stack}"
        yield from self.openness(pin)
        if pin.is_interrupted:
            text = f"{whose} is half done: a command that changed it was killed or failed"
            yield refused("COMFY5001", text, name=pin.name, todo=f"Run `pulumi up` in {self.stack}, then try again.")
        failures = list(_failures(pin, whose))
        yield from failures
        if not failures:
            yield from self._without_proof(pin, whose)
        yield from self.standing(pin, whose)

    def standing(self, pin: Pin, whose: str) -> Iterator[Refusal]:
        """Give what speaks against a pin however well it is proved: its mark, and the platform."""
        if (mark := (self.bad or {}).get(pin.digest)) is not None:
            why = f": {mark.reason}" if mark.reason else ""
            text = f"{whose} is marked bad ({mark.target}, {mark.began}{why})"
            beside = f" --stack {self.stack}" if "/" in self.stack else ""
            command = f'`pulumi-comfy unmark {short(pin.digest)} --reason "..."{beside}`'
            todo = f"Promote another version; where the mark no longer holds, take it back: {command}"
            yield refused("COMFY5005", text, name=pin.name, todo=todo)
        if self.availability is not None and (gone := self.availability(pin)):
            yield refused("COMFY5007", f"{whose}: {gone}", name=pin.name)

    def openness(self, pin: Pin) -> Iterator[Refusal]:
        """Give what must not be written into a settings file."""
        yield from _secrets(pin, f"{pin.label} of {self.stack}")

    def _without_proof(self, pin: Pin, whose: str) -> Iterator[Refusal]:
        proof = pin.proof
        if proof is None:
            yield refused("COMFY5001", f"{whose} is not proved: {_want(pin)}", name=pin.name, todo=_remedy(pin))
        elif self.max_age is not None:
            age = proof.age(self.now)
            if age is None or age > self.max_age:
                told = f"of an unknown age ({proof.ended_at})" if age is None else f"{duration(age)} old"
                text = f"the proof of {whose} is {told}, and {duration(self.max_age)} are allowed"
                yield refused("COMFY5002", text, name=pin.name, todo=_CLOCKS if age is None else None)


def _secrets(pin: Pin, whose: str) -> Iterator[Refusal]:
    for name, value in pin.values.items():
        if name in pin.secrets or any(redact(text) != plain(text) for text in texts_in(value)):
            text = f"`{name}` of {whose} is or holds a secret, which a pin in a settings file would show"
            todo = "Give it to the machine by a secret of the platform; what is promoted must be in the open."
            yield refused("COMFY5006", text, name=pin.name, todo=todo)


def _failures(pin: Pin, whose: str) -> Iterator[Refusal]:
    for witness in pin.witnesses:
        proof, last = witness.proof, witness.last
        by = "" if witness.name == pin.name else f' (check of "{witness.name}")'
        if proof is not None and proof.revoked is not None and pin.holds(proof):
            end = proof.revoked
            run = f" by run {end.run_id}" if end.run_id else ""
            text = f"the proof of {whose}{by} was revoked at {end.revoked_at}{run}, {end.code}"
            yield refused("COMFY5003", text, name=pin.name)
        elif last is not None and last.status == "failed":
            run = f", run {last.run_id}" if last.run_id else ""
            yield refused("COMFY5003", f"the last inference check of {whose}{by} failed{run}", name=pin.name)


def _want(pin: Pin) -> str:
    """Say what is missing, and of what else there is a proof."""
    proofs = [one.proof for one in pin.witnesses if one.proof is not None]
    if not proofs:
        return "no inference check of it has passed" if pin.witnesses else "it has no inference check"
    proof = max(proofs, key=lambda one: one.ended_at)
    return f"the newest proof is of {_what(proof, pin)}"


def _what(proof: Proof, pin: Pin) -> str:
    if not pin.is_version:
        return (
            f"machine {short(proof.machine_digest)}" if proof.machine_digest else "a deployment that names no machine"
        )
    if proof.workflow_version != pin.version:
        return f"version {proof.workflow_version or short(proof.workflow_digest)}"
    if pin.digests.get("workflowDigest") not in (None, proof.workflow_digest):
        return f"another document ({short(proof.workflow_digest)})"
    return f"another build of its machine ({short(proof.machine_digest)})"


def _remedy(pin: Pin) -> str | None:
    if pin.is_version or not pin.witnesses or any(one.proof and one.proof.machine_digest for one in pin.witnesses):
        return None
    return "Give the deployment `machine_build_digest=<machine>.build_digest`, so that its proof names the machine."


def texts_in(value: Any) -> Iterator[str]:
    """Give every text in a value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from (str(key), *texts_in(item))
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)


def duration(span: timedelta) -> str:
    """Give a duration in its two largest units: `3 days 2 hours`."""
    left, told = max(0, int(span.total_seconds())), []
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        number, left = divmod(left, size)
        if number:
            told.append(f"{number} {unit}{'' if number == 1 else 's'}")
    return " ".join(told[:2]) or "0 seconds"
