"""What a class on a server declares, as the row of values that the editor saves for it.

Facts: docs/workflow-documents.md 3.5, 4.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi_comfy.workflows.declared import DYNAMIC, DYNAMIC_COMBO, chosen_inputs, is_upload
from pulumi_comfy.workflows.prompt import SEED_NAMES
from pulumi_comfy.workflows.widget_tables import CONTROL

__all__ = ["DRAWN_AT_QUEUE_TIME", "Slot", "inner_slots", "own_slots", "slots_of"]

DRAWN_AT_QUEUE_TIME = frozenset({"LOAD_3D", "LOAD_3D_ANIMATION", "WEBCAM", "AUDIO_RECORD"})
"""Inputs whose value the editor makes when it queues: a view of a scene, a picture of a camera, a recording."""

_SHOWN = "IMAGECOMPARE"
"""What a node shows after a run: the server wants the input, and does nothing with it."""

_TYPES = frozenset({"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO", "COLOR", DYNAMIC_COMBO})
"""Types that the editor itself draws as widgets."""


@dataclass(frozen=True)
class Slot:
    """One place in a node's row of values, or none where `kind` is a link's type.

    Attributes:
        name: The input's name in the prompt, `resize_type.width` for one that a choice brings.
        kind: `INT`, `FLOAT`, `STRING`, `BOOLEAN`, `COMBO`, `COLOR`, a dynamic choice, or a type of links.
        role: `widget`: the editor draws it. `socket`: it is only linked. `unknown`: a type that a pack may draw.
            `shown`: pictures that a run leaves in the node.
            `control`, `filter`, `button`: a value that the editor saves behind a widget and that is no input.
        options: The choices of a `COMBO`, None when not known.
        rest: What else is declared of it.
        is_required: Whether the server wants it.
    """

    name: str
    kind: str
    role: str = "widget"
    options: list[Any] | None = None
    rest: Mapping[str, Any] | None = None
    is_required: bool = True

    @property
    def is_dynamic(self) -> bool:
        """Whether its choice brings inputs of its own."""
        return self.kind == DYNAMIC_COMBO

    @property
    def default(self) -> Any:
        """What the editor shows before anybody chose."""
        rest = self.rest or {}
        if "default" in rest:
            return rest["default"]
        if self.options:
            return self.options[0]
        return {"INT": 0, "FLOAT": 0, "STRING": "", "BOOLEAN": False}.get(self.kind)


def slots_of(info: Mapping[str, Any]) -> list[Slot]:
    """A class's inputs in the order of the editor, each with the extra values that follow it.

    Args:
        info: What `object_info` says of the class.
    """
    declared = info.get("input")
    order = info.get("input_order")
    if not isinstance(declared, Mapping):
        return []
    found = _part(declared, order, "required")
    uploads = any(is_upload(slot.rest or {}) for slot in found)
    buttons = [Slot("upload", "BUTTON", "button"), Slot("audioUI", "BUTTON", "button")] if uploads else []
    return [*found, *buttons, *_part(declared, order, "optional"), *buttons]


def own_slots(kind: str, values: Sequence[Any]) -> list[Slot]:
    """Inputs that no server declares since the editor makes them, as many as the node has.

    Args:
        kind: The node's class; a `CustomCombo` has its choice's number and the options that somebody wrote.
        values: Its saved values.
    """
    if kind != "CustomCombo":
        return []
    numbered = len(values) > 1 and isinstance(values[1], int)
    options = [Slot(f"option{at}", "STRING") for at in range(1, len(values) - numbered)]
    return [*([Slot("index", "INT")] if numbered else []), *options]


def inner_slots(slot: Slot, chosen: object) -> list[Slot] | None:
    """The inputs that a choice of a dynamic combo brings; None when it is no choice of it."""
    inner = chosen_inputs(slot.rest or {}, chosen)
    if inner is None:
        return None
    parts = [*_part(inner, None, "required"), *_part(inner, None, "optional")]
    return [_renamed(each, f"{slot.name}.{each.name}") for each in parts]


def _renamed(slot: Slot, name: str) -> Slot:
    return Slot(name, slot.kind, slot.role, slot.options, slot.rest, slot.is_required)


def _part(declared: Mapping[str, Any], order: object, part: str) -> list[Slot]:
    inputs = declared.get(part)
    if not isinstance(inputs, Mapping):
        return []
    listed = order.get(part) if isinstance(order, Mapping) else None
    names = [name for name in listed if isinstance(name, str) and name in inputs] if isinstance(listed, list) else []
    ordered = dict.fromkeys([*names, *inputs])
    return [slot for name in ordered for slot in _with_extras(_slot(name, inputs[name], part == "required"))]


def _slot(name: str, written: object, is_required: bool) -> Slot:
    items = written if isinstance(written, list) and written else ["*"]
    rest = items[1] if len(items) > 1 and isinstance(items[1], Mapping) else {}
    if isinstance(items[0], list):
        return Slot(name, "COMBO", _role("COMBO", rest), items[0], rest, is_required)
    kind = str(rest.get("widgetType") or items[0])
    options = rest.get("options")
    listed = options if kind == "COMBO" and isinstance(options, list) else None
    return Slot(name, kind, _role(kind, rest), listed, rest, is_required)


def _role(kind: str, rest: Mapping[str, Any]) -> str:
    if rest.get("forceInput") or kind == "*":
        return "socket"
    if kind in _TYPES:
        return "widget"
    if kind == _SHOWN:
        return "shown"
    return "socket" if kind.startswith(DYNAMIC) else "unknown"


def _with_extras(slot: Slot) -> Iterator[Slot]:
    yield slot
    if slot.role != "widget":
        return
    flag = (slot.rest or {}).get(CONTROL)
    if slot.kind == "INT" and (flag or (flag is None and slot.name in SEED_NAMES)):
        yield Slot(_extra_name(slot, CONTROL), "CONTROL", "control")
    elif slot.kind == "COMBO" and (slot.rest or {}).get("remote"):
        # A list that is fetched from somewhere: a switch that does so after each run, and a button that does it now.
        yield Slot(f"{slot.name} auto-refresh", "BUTTON", "button")
        yield Slot(f"{slot.name} refresh", "BUTTON", "button")
    elif slot.kind == "COMBO" and flag:
        yield Slot(_extra_name(slot, CONTROL), "CONTROL", "control")
        yield Slot(_extra_name(slot, "control_filter_list"), "FILTER", "filter")


def _extra_name(slot: Slot, usual: str) -> str:
    """The name of a widget behind a control: a class may give it another one, or put a word before it."""
    rest = slot.rest or {}
    if isinstance(rest.get(usual), str):
        return str(rest[usual])
    prefix = rest.get("control_prefix")
    return f"{prefix} {usual}" if isinstance(prefix, str) and slot.kind == "COMBO" else usual
