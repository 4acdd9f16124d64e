"""What a stack looks like now: its state, and the settings file that says what it is to serve."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.platform import handler_of
from pulumi_comfy.promotion import settings_file
from pulumi_comfy.promotion.pins import DIGESTS, Pin, Release, promoted_inputs, release_of
from pulumi_comfy.promotion.records import SERVED, PinRecord, Record, told
from pulumi_comfy.promotion.stacks import PulumiError, Stacks

_REFERENCE = "pulumi:pulumi:StackReference"


@dataclass(frozen=True)
class Sight:
    """A stack as it is.

    Attributes:
        stack: its name.
        document: its exported state.
        release: the pins that it serves.
        path: its settings file.
        text: what stands in there; None where there is no such file.
    """

    stack: str
    document: Mapping[str, Any]
    release: Release
    path: Path
    text: str | None

    @property
    def pinned(self) -> dict[str, Json]:
        """What its settings file pins."""
        return settings_file.read_pins(self.text or "")

    @property
    def configured(self) -> dict[str, str]:
        """What its settings file configures in the open."""
        return settings_file.read_plain(self.text or "")

    @property
    def is_between(self) -> bool:
        """Whether a command was killed over it, or something in it is half done.

        It tells nothing after an `up`: Pulumi keeps a pending create, whatever was made since, until a refresh by hand.
        """
        body = self.document.get("deployment") or {}
        return bool(body.get("pending_operations")) or any(pin.is_interrupted for pin in self.release.pins.values())

    def serves(self, pins: Mapping[str, PinRecord]) -> bool:
        """Tell whether it serves these pins."""
        return all(_is_served(name, pin, self.release) for name, pin in pins.items())

    def write(self, text: str | None) -> None:
        """Make the settings file hold this, where it does not; None takes it away.

        Raises:
            SettingsFileError: it cannot be done; the file is as it was before.
        """
        if text is None:
            settings_file.take_away(self.path)
        elif settings_file.read(self.path) != text:
            settings_file.write(self.path, text)

    def with_pins(self, pins: Mapping[str, Json] | None) -> str:
        """Give the settings file with other pins in it."""
        return settings_file.with_pins(self.text or "", pins or None)


def look(stacks: Stacks, stack: str) -> Sight:
    """Look at a stack.

    Raises:
        PulumiError: it cannot be read.
        ComfyError: its settings file makes no sense.
    """
    document = stacks.export(stack)
    path = stacks.settings_file(stack)
    text = settings_file.read_if_there(path)
    return Sight(stack, document, release_of(document, stack=stack), path, text)


def releases_beside(stacks: Stacks, *sights: Sight) -> list[Release]:
    """Give the releases of the stacks that these refer to, e.g. the one that owns the workflow; a blind one is left."""
    names = {one["inputs"]["name"] for sight in sights for one in _references(sight.document)}
    found = []
    for name in sorted(names):
        try:
            found.append(release_of(stacks.export(name), stack=name))
        except PulumiError:
            continue
    return found


def _references(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for one in (document.get("deployment") or {}).get("resources") or () if one["type"] == _REFERENCE]


def refuse_another_file(sight: Sight, records: Sequence[Record]) -> None:
    """Refuse to go on from a settings file that is not the one that was deployed last: an old checkout, or a new one.

    Raises:
        InputError: COMFY5104, it pins something else than the stack serves, or nothing where a promotion pinned
            something; COMFY5008, it pins something that no promotion moves.
    """
    pinned, tried = sight.pinned, f"read the pins in {sight.path.name}"
    for name, pin in sight.release.pins.items():
        written = {key: value for key, value in (pinned.get(name) or {}).items() if key != DIGESTS}
        _refuse_unknown(written, pin, tried)
        for key, value in written.items():
            served = pin.values.get(key)
            if served != value:
                serves = "nothing there" if served is None else _told(served)
                got = f'it pins {key} of "{name}" to {_told(value)}, and the stack serves {serves}'
                raise InputError("COMFY5104", tried=tried, got=got)
    done = [one for one in told(records) if one.is_of(sight.stack) and one.outcome in SERVED]
    for record in done[-1:]:
        for name, promoted in record.after.items():
            if name not in pinned and _is_served(name, promoted, sight.release):
                got = f'it has no pin for "{name}", which promotion {record.closes or record.seq} wrote'
                raise InputError("COMFY5104", tried=tried, got=got)


def _refuse_unknown(written: Mapping[str, Json], pin: Pin, tried: str) -> None:
    """Refuse what a hand, or a newer version of this package, wrote into a pin and nobody here can deploy."""
    known = promoted_inputs(handler_of(pin.token))
    for key in written.keys() - known:
        got = f"{key} of {pin.label} is nothing that is promoted"
        todo = f"Correct its name: there are {', '.join(known)}. Where a newer version wrote it, install that one."
        raise InputError("COMFY5008", tried=tried, got=got, todo=todo)


def _told(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _is_served(name: str, pin: PinRecord, release: Release) -> bool:
    serving = release.pins.get(name)
    return serving is not None and serving.is_same(pin.as_pin(name))
