"""What a stack pins, on the program's side: `pinned` gives a resource what was promoted to this stack.

A promotion writes pins into the stack's configuration, `comfy:pins`. A stack without one for a resource takes what the
program says: that is where new versions begin.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from inspect import isawaitable
from typing import Any
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import settings

from pulumi_comfy.configuration import NAMESPACE, PINS
from pulumi_comfy.sdk._arguments import on_the_wire
from pulumi_comfy.sdk.index.promoted import PROMOTED

KEY = f"{NAMESPACE}:{PINS}"
DIGESTS = "digests"
"""What a pin holds beside values: it is compared by a promotion, and is no argument."""
_asked: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
"""Names that a program has asked for and that its stack does not pin, by the program's engine."""


def pinned(resource_name: str, /, **defaults: Any) -> dict[str, Any]:
    """Give the promoted arguments of a resource: those that this stack pins, or else the given ones.

    A pin is whole: where the stack has one, no default plays a role. For example::

        comfy.comfydeploy.Deployment(
            "portrait",
            machine_id=machine.id,
            **comfy.pinned("portrait", workflow_version_id=flow.version_id),
        )

    Args:
        resource_name (str): The resource's logical name.
        **defaults: What it takes in a stack without a pin for it, e.g. where new versions are tried. Only inputs that
            are promoted, as each resource's page tells; give all others beside it.

    Returns:
        Arguments of the resource's class.

    Raises:
        pulumi.RunError: an argument is nothing that is promoted, or `comfy:pins` cannot be read.
    """
    pin = _pins().get(resource_name)
    _refuse_unknown(f'pinned("{resource_name}")', defaults, "; give it beside `pinned`", "COMFY1001")
    if pin is None:
        if settings.SETTINGS.monitor is not None:
            _asked.setdefault(settings.SETTINGS.monitor, set()).add(resource_name)
        return defaults
    names = {_in_python(wire): value for wire, value in pin.items() if wire != DIGESTS}
    _refuse_unknown(f'{KEY}, "{resource_name}"', names, "", "COMFY1104")
    if not any({*defaults, *names} <= {*promoted} for promoted in PROMOTED.values()):
        others = ", ".join(f"`{name}`" for name in defaults)
        raise pulumi.RunError(
            f'{KEY} has a pin "{resource_name}" of {", ".join(names)}, and the program gives {others}: no resource has '
            "both. Is it the pin of another resource? [COMFY1104]"
        )
    return names


def held_to_pin(token: str, resource_name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the promoted outputs among a resource's arguments so that each is held against the stack's pin when known.

    Args:
        token: the resource's kind.
        resource_name: its logical name.
        given: its arguments.

    Raises:
        pulumi.RunError: the stack pins this resource, and the program gives it something else.
    """
    promoted = PROMOTED.get(token, ())
    pin = _pins().get(resource_name) if promoted else None
    if pin is None or not {_in_python(wire) for wire in pin if wire != DIGESTS} <= {*promoted}:
        return {}
    whose = f'{token.partition(":")[2]} "{resource_name}"'

    late: dict[str, Any] = {}
    for name in promoted:
        held = _Held(pin.get(on_the_wire(name)), whose, resource_name, name)
        value = given[name]
        if isinstance(value, pulumi.Output) or isawaitable(value):
            late[name] = pulumi.Output.from_input(value).apply(held)
        else:
            held(value)
    return late


@dataclass(frozen=True)
class _Held:
    """Gives a value on that is what the pin says, and stops the program at any other."""

    pinned: Any
    whose: str
    resource_name: str
    name: str

    def __call__(self, value: Any) -> Any:
        if value != self.pinned:
            raise pulumi.RunError(_not_taken(self.whose, self.resource_name, self.name))
        return value


def _nearest(name: str, known: Collection[str]) -> list[str]:
    from difflib import get_close_matches  # only here: every program imports this module, few have such a name

    return get_close_matches(name, known, n=2, cutoff=0.75)


def _not_taken(whose: str, resource_name: str, name: str) -> str:
    near = _nearest(resource_name, _asked.get(settings.get_monitor(), ()))
    hint = f'; it asks `pinned` for "{near[0]}"' if near else ""
    return (
        f"{whose}: {KEY} pins it, and the program gives it another `{name}`{hint}. Give it what is promoted by "
        f'`**comfy.pinned("{resource_name}", ...)` alone. [COMFY1105]'
    )


def _refuse_unknown(whose: str, names: Mapping[str, Any], todo: str, code: str) -> None:
    """Refuse names that no resource's promotion moves.

    Raises:
        pulumi.RunError: with the nearest that one does.
    """
    known = sorted({name for promoted in PROMOTED.values() for name in promoted})
    for name in names:
        if name not in known:
            near = _nearest(name, known)
            hint = f": did you mean {' or '.join(near)}?" if near else f"{todo}."
            raise pulumi.RunError(f"{whose}: `{name}` is nothing that is promoted{hint} [{code}]")


def _pins() -> dict[str, dict[str, Any]]:
    text = pulumi.Config(NAMESPACE).get(PINS)
    return _read(text) if text else {}


@lru_cache(maxsize=4)
def _read(text: str) -> dict[str, dict[str, Any]]:
    """Read the configuration's value.

    Raises:
        pulumi.RunError: it is no mapping of names to pins.
    """
    try:
        pins = json.loads(text)
    except ValueError:
        pins = None
    if not isinstance(pins, dict) or not all(isinstance(one, dict) for one in pins.values()):
        raise pulumi.RunError(f"{KEY} is not a mapping of resources' names to their pins [COMFY1104]")
    return pins


def _in_python(wire: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in wire)
