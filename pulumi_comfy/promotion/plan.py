"""What a promotion would do, decided whole before anything moves: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from difflib import get_close_matches

from pulumi_comfy import workflows
from pulumi_comfy.core.model import Json
from pulumi_comfy.promotion.changes import Change, Plan
from pulumi_comfy.promotion.compat import breaking_changes
from pulumi_comfy.promotion.gate import Availability, Gate, Refusal, refused
from pulumi_comfy.promotion.lines import one_line
from pulumi_comfy.promotion.pins import DIGESTS, Pin, Release
from pulumi_comfy.promotion.records import PinRecord, Record, bad_pins
from pulumi_comfy.promotion.words import Documents, change_words, setting_words

__all__ = ["Change", "Plan", "going_back", "plan"]

Pins = Mapping[str, Mapping[str, Json]]


def plan(
    source: Release,
    target: Release,
    *,
    records: Sequence[Record] = (),
    pins: Pins | None = None,
    only: Collection[str] | None = None,
    max_age: timedelta | None = None,
    allow_breaking: str | None = None,
    now: datetime | None = None,
    availability: Availability | None = None,
    documents: Mapping[str, workflows.Document] | None = None,
    others: Sequence[Release] = (),
) -> Plan:
    """Decide what a promotion would do. Nothing is asked or written, but for `availability`.

    Args:
        source: where pins come from.
        target: where they go.
        records: the history, for what is marked bad.
        pins: what the target's settings file holds now (`settings_file.read_pins`); pins that do not move stay.
        only: names of resources; None for all of the source's.
        max_age: the oldest proof that counts; None for any.
        allow_breaking: why callers of the target may break; None where they may not.
        now: the present moment; the clock's by default.
        availability: asks the platform whether it still has a pin.
        documents: workflow documents by digest that no state holds, for words.
        others: stacks that own what both use, such as the workflow, for words, and for the machines that they own.
    """
    held = dict(pins or {})
    bad, moment = bad_pins(records), now or datetime.now(timezone.utc)
    gate = Gate(source.stack, moment, max_age, bad, availability)
    teller = _Teller(source, target, Documents([source, target, *others], documents or {}), others)
    names, refusals = _names(source, target, only)
    unknown = [one.name for one in refusals if one.name is not None]
    refusals += [one for name in names for one in _misfits(name, source, target)]
    fitting = [source.pins[name] for name in names if name not in {one.name for one in refusals}]
    changes = [one for pin in fitting if (one := teller.change(pin, held.get(pin.name))) is not None]
    for one in changes:
        refusals += gate.openness(one.after) if one.kind == "pinned" else gate.refusals(one.after)
        refusals += _breaking(one, target, allow_breaking)
    return Plan(
        source=source.stack,
        target=target.stack,
        changes=changes,
        refusals=refusals,
        warnings=[one_line(line) for line in _warnings(changes, source, target, others, names, held)],
        pins_before=held,
        pins_after={**held, **{one.name: one.after.in_configuration() for one in changes}},
        allow_breaking=allow_breaking if any(one.breaking for one in changes) else None,
        unknown=unknown,
    )


def going_back(
    target: Release,
    to: Mapping[str, PinRecord],
    *,
    pins: Pins | None = None,
    records: Sequence[Record] = (),
    only: Collection[str] | None = None,
    availability: Availability | None = None,
    documents: Mapping[str, workflows.Document] | None = None,
    others: Sequence[Release] = (),
) -> Plan:
    """Decide what a rollback would do: its pins were proved when the history wrote them down, however long ago.

    That it breaks callers is told and stops nothing: what serves is worse.

    Args:
        target: the stack that goes back.
        to: the pins to go back to, of `records.former_proven`.
        pins: what the target's settings file holds now.
        records: the history, for what is marked bad.
        only: names of resources that were asked for; None for all.
        availability: asks the platform whether it still has a pin.
        documents: workflow documents by digest that no state holds, for words.
        others: stacks that own what it uses.
    """
    held = dict(pins or {})
    gate = Gate(target.stack, datetime.now(timezone.utc), None, bad_pins(records), availability)
    teller = _Teller(target, target, Documents([target, *others], documents or {}), others)
    unknown = sorted({*(only or ())} - target.pins.keys() - to.keys()) if target.pins else []
    refusals = [_no_such(name, target) for name in unknown]
    if not to and not refusals:
        refusals.append(refused("COMFY5009", f"{target.stack} has no former pin that was proved"))
    changes = []
    for name, record in sorted(to.items()):
        change = teller.change(record.as_pin(name), None)
        assert change is not None  # what is not pinned in the file is always a change
        changes.append(replace(change, record=record, settings=()))
        refusals += gate.standing(change.after, f"the former {change.after.label}")
        refusals += _other_owner(change.after, target.pins.get(name), "the history", target.stack)
    return Plan(
        source=None,
        target=target.stack,
        changes=changes,
        refusals=refusals,
        pins_before=held,
        pins_after={**held, **{one.name: one.after.in_configuration() for one in changes}},
        marks={one.name: one.before.digest for one in changes if one.before is not None},
        unknown=unknown,
    )


class _Teller:
    """Tells what changes when a pin of the source goes to the target."""

    def __init__(self, source: Release, target: Release, documents: Documents, others: Sequence[Release]) -> None:
        self._source, self._target, self._documents = source, target, documents
        self._versions = {word: told for one in (*others, target, source) for word, told in one.versions.items()}

    def change(self, after: Pin, held: Mapping[str, Json] | None) -> Change | None:
        """Give the change; None where the target serves this already and its settings file says so."""
        before = self._target.pins.get(after.name)
        is_served = before is not None and before.is_same(after)
        is_held = held is not None and {key: one for key, one in held.items() if key != DIGESTS} == after.values
        if is_served and is_held:
            return None
        if before is None:
            words = change_words(None, after, self._documents, self._versions)
            return Change(after.name, "new", None, after, words)
        stacks = self._target.stack, self._source.stack
        return Change(
            after.name,
            "pinned" if is_served else "changed",
            before,
            after,
            change_words(before, after, self._documents, self._versions),
            setting_words(before, after, stacks),
            [one_line(said) for said in _breaking_words(before, after)],
        )


def _breaking_words(before: Pin, after: Pin) -> list[str]:
    if before.run_inputs is None or after.run_inputs is None:
        return []
    return breaking_changes(before.run_inputs, after.run_inputs)


def _are_known(before: Pin | None, after: Pin) -> bool:
    """Tell whether the run inputs of both are known."""
    return before is not None and None not in (before.run_inputs, after.run_inputs)


def _names(source: Release, target: Release, only: Collection[str] | None) -> tuple[list[str], list[Refusal]]:
    """Give the names that are to move, and what is wrong with those that were given."""
    if not source.pins:
        text = f"{source.stack} holds nothing that is promoted"
        return [], [refused("COMFY5006", text, todo="Run `pulumi up` there first, or name another stack.")]
    if only is None:
        return sorted(source.pins), []
    refusals = []
    for name in sorted({*only} - source.pins.keys()):
        if name in target.pins:
            text = f'only {target.stack} has "{name}", {source.stack} has not'
            refusals.append(refused("COMFY5006", text, name=name))
        else:
            refusals.append(_no_such(name, source))
    return sorted({*only} & source.pins.keys()), refusals


def _no_such(name: str, release: Release) -> Refusal:
    """Refuse a name that nothing of a stack has, with those that it may mean."""
    near = get_close_matches(name, release.pins, n=2)
    hint = f": did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(sorted(release.pins))}"
    return refused("COMFY5006", f'nothing that is promoted in {release.stack} has the name "{name}"{hint}', name=name)


def _misfits(name: str, source: Release, target: Release) -> Iterator[Refusal]:
    """Say why a pin of this name cannot be told, or cannot be one of the target's."""
    for release in (source, target):
        if name in release.doubles:
            text = f'two resources of {release.stack} that are promoted have the name "{name}"'
            yield refused("COMFY5006", text, name=name, todo="Give each a logical name of its own.")
            return
    pin, there = source.pins[name], target.pins.get(name)
    if there is not None and there.token != pin.token:
        text = f'"{name}" is a {pin.token} in {source.stack} and a {there.token} in {target.stack}'
        yield refused("COMFY5006", text, name=name)
        return
    yield from _other_owner(pin, there, source.stack, target.stack)


def _other_owner(pin: Pin, there: Pin | None, source: str, target: str) -> Iterator[Refusal]:
    if there is not None and dict(there.of) != dict(pin.of):
        ours, theirs = (", ".join(map(str, one.of.values())) for one in (pin, there))
        text = f"{pin.label} serves workflow {ours} in {source} and {theirs} in {target}: a version is of one of them"
        yield refused("COMFY5006", text, name=pin.name, todo="Let both stacks take the workflow from one that owns it.")


def _breaking(change: Change, target: Release, reason: str | None) -> Iterator[Refusal]:
    if change.breaking and not (reason and reason.strip()):
        text = f"callers of {change.after.label} in {target.stack} would break: {'; '.join(change.breaking)}"
        yield refused("COMFY5004", text, name=change.name)


def _warnings(
    changes: Sequence[Change],
    source: Release,
    target: Release,
    others: Sequence[Release],
    names: Collection[str],
    held: Pins,
) -> Iterator[str]:
    for one in changes:
        if one.kind == "new":
            yield (
                f'{target.stack} has no {one.after.label} yet: its program must declare it with `comfy.pinned("'
                f'{one.name}", ...)`'
            )
        elif one.kind == "changed" and one.after.is_version and not _are_known(one.before, one.after):
            yield f"which run inputs {one.after.label} takes is not known of both stacks, so they were not compared"
        yield from _left_behind(one.after, source, target, {other.name for other in changes})
        proof = one.after.proof
        if one.after.machine is not None and proof is not None and proof.machine_digest is None:
            yield f"the proof of {one.after.label} does not say on which build of its machine it was made"
    for name in sorted(target.pins):
        if name in source.pins and name in names:
            yield from _machine_warnings(target.pins[name], source.pins[name], source, target, others)
        elif name not in source.pins and name not in names:
            yield f"{target.pins[name].label} is in {target.stack} only, and so its pin stays as it is"
    for name in sorted(held.keys() - source.pins.keys() - target.pins.keys()):
        yield f'the settings file of {target.stack} pins "{name}", which neither stack has: take it out by hand'


def _machine_warnings(
    before: Pin, after: Pin, source: Release, target: Release, others: Sequence[Release]
) -> Iterator[str]:
    """Say that a deployment runs on another environment's machine: each build of it changes what this one serves."""
    if before.machine is None or before.machine in target.objects:
        return
    for release in (source, *others):
        is_shared = release is source and before.machine == after.machine
        if before.machine in release.objects or is_shared:
            whose = "which both stacks use" if before.machine not in release.objects else f"which {release.stack} owns"
            yield (
                f"{before.label} of {target.stack} runs on machine {before.machine}, {whose}: two environments on one "
                f"machine are one environment, and a rebuild there changes what {target.stack} serves"
            )
            return


def _left_behind(pin: Pin, source: Release, target: Release, moved: Collection[str]) -> Iterator[str]:
    """Say that a version was proved on a machine's definition that the target does not have and will not get."""
    for machine in source.pins.values():
        there = target.pins.get(machine.name)
        is_its_own = pin.machine is not None and machine.object_id == pin.machine
        if is_its_own and machine.name not in moved and there is not None and not there.is_same(machine):
            yield f"{pin.label} was proved on {machine.label}, whose definition in {target.stack} is another one"
