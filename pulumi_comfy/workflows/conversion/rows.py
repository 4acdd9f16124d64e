"""A node's row of values laid along what its class declares: which value is which input.

Nothing is guessed: a row that fits in no way, or in two ways, is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_comfy.workflows.conversion.slots import Slot, inner_slots
from pulumi_comfy.workflows.declared import is_one_object
from pulumi_comfy.workflows.widget_tables import CONTROL_WORDS

__all__ = ["Misfit", "Ports", "Row", "fault_of", "lay_out", "look_up"]

_NOTHING_SHOWN = ""
"""What the editor gives where a node has shown nothing yet."""

_MOST_STEPS = 20_000
"""Steps on the ways that are tried; classes of real servers take some dozens."""


class Misfit(ValueError):
    """The values do not fit the class; the text says which, as the rest of a sentence about the node."""


@dataclass
class Row:
    """The values by input name.

    Attributes:
        values: What each widget holds, in the editor's order.
        missing: Widgets that the graph holds no value for: they are linked, or got the class's default.
        declared: Every input that the class has with these values: sockets too.
    """

    values: dict[str, Any] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    declared: dict[str, Slot] = field(default_factory=dict)


@dataclass(frozen=True)
class Ports:
    """What the node itself says of its inputs.

    Attributes:
        linked: Inputs that are given something else; what their widget holds may be stale.
        sockets: Inputs that are no widgets.
        widgets: Names of the widgets that it lists, in its order: all of them in newer documents.
    """

    linked: frozenset[str]
    sockets: frozenset[str]
    widgets: tuple[str, ...]


def lay_out(slots: Sequence[Slot], values: Sequence[Any], ports: Ports) -> Row:
    """Give each value of a list its input.

    Args:
        slots: What the class declares.
        values: The values in the order in which the editor saved them.
        ports: The node's inputs.

    Raises:
        Misfit: Counts or types differ, or the values fit in more than one way.
    """
    walk = _Walk(values, ports)
    fits = walk.fits(slots)
    if not fits:
        raise Misfit(walk.complaint())
    least = min(len(row.missing) for row in fits)
    best = [row for row in fits if len(row.missing) == least]
    if any(row.values != best[0].values for row in best):
        raise Misfit(f"its {len(values)} saved values fit in more than one way; export it again from the editor")
    _check_order(best[0], ports)
    return best[0]


def look_up(slots: Sequence[Slot], named: Mapping[str, Any], ports: Ports, ignored: Collection[str]) -> Row:
    """The same for values that are saved by name.

    Raises:
        Misfit: A required input has no value, one is not of its type, or a value belongs to no input.
    """
    row = Row()
    waiting = list(slots)[::-1]
    extras = {*ignored}
    while waiting:
        slot = waiting.pop()
        if slot.role in {"control", "filter", "button"}:
            extras.add(slot.name)
            continue
        row.declared[slot.name] = slot
        if slot.role == "shown":
            row.values[slot.name] = _NOTHING_SHOWN
        elif slot.name in named:
            value = named[slot.name]
            if slot.role == "socket":
                continue
            fault = fault_of(slot, value, slot.name in ports.linked)
            if fault:
                raise Misfit(fault)
            row.values[slot.name] = value
            waiting += (_brought(slot, value))[::-1]
        elif slot.role == "widget" and slot.name not in ports.linked:
            if slot.is_required:
                raise Misfit(f"it holds no value for {slot.name}, which the server's class has")
            _fill(row, slot)
    _take_formats(row, named)
    extra = [name for name in named if name not in row.declared and name not in extras]
    if extra:
        raise Misfit(f"it holds a value for {extra[0]}, which the server's class does not have")
    return row


def _take_formats(row: Row, named: Mapping[str, Any]) -> None:
    """Inputs that a choice brings in the way of VideoHelperSuite: `formats: {choice: [[name, type, ...], ...]}`."""
    for slot in list(row.declared.values()):
        formats = (slot.rest or {}).get("formats")
        chosen = row.values.get(slot.name)
        listed = formats.get(chosen) if isinstance(formats, Mapping) and isinstance(chosen, str) else None
        for written in listed if isinstance(listed, list) else []:
            name = str(written[0]) if isinstance(written, list) and written else ""
            if name in named:
                row.declared[name] = Slot(name, "*", "widget")
                row.values[name] = named[name]


_Chain = tuple[Any, ...]
"""Slots as a linked list `(slot, rest)`, so that a choice can bring more of them on the way."""

_State = tuple[_Chain, int, Row]
"""The slots that are left, the place in the row of values, and what was found so far."""


def _chain(slots: Sequence[Slot], rest: _Chain = ()) -> _Chain:
    for slot in reversed(slots):
        rest = (slot, rest)
    return rest


class _Walk:
    """Tries the ways in which values fit slots, the likelier first."""

    def __init__(self, values: Sequence[Any], ports: Ports) -> None:
        self._values = values
        self._linked = ports.linked
        self._sockets = ports.sockets
        self._furthest = -1
        self._why = ""

    def fits(self, slots: Sequence[Slot]) -> list[Row]:
        """The ways that go through to the end."""
        found: list[Row] = []
        waiting: list[_State] = [(_chain(slots), 0, Row())]
        for _ in range(_MOST_STEPS):
            if not waiting:
                return found
            chain, at, row = waiting.pop()
            if chain:
                waiting += self._steps(chain, at, row)[::-1]
            elif all(value is None or value == "" for value in self._values[at:]):
                found.append(row)
            else:
                self._note(at, f"value {at + 1} of {len(self._values)} belongs to no input of the server's class")
        raise Misfit("its saved values fit the server's class in too many ways")

    def _steps(self, chain: _Chain, at: int, row: Row) -> list[_State]:
        slot, rest = chain
        has = at < len(self._values)
        value = self._values[at] if has else None
        if slot.role in {"control", "filter", "button"}:
            must = slot.role == "control" and isinstance(value, str) and value in CONTROL_WORDS
            taken = [(rest, at + 1, row)] if has and _is_extra(slot, value) else []
            return taken if must else [*taken, (rest, at, row)]
        row = Row(dict(row.values), list(row.missing), {**row.declared, slot.name: slot})
        if slot.role == "shown":
            row.values[slot.name] = _NOTHING_SHOWN
            return [(rest, at, row)]
        if slot.role == "socket" or (slot.role == "unknown" and slot.name in self._sockets):
            return [(rest, at, row)]
        if slot.role == "unknown":
            left = (rest, at, row)
            if not has:
                return [left]
            return [(rest, at + 1, Row({**row.values, slot.name: value}, row.missing, row.declared)), left]
        return self._take(slot, value, rest, at, row) if has else self._miss(slot, rest, at, row)

    def _take(self, slot: Slot, value: Any, rest: _Chain, at: int, row: Row) -> list[_State]:
        fault = fault_of(slot, value, slot.name in self._linked)
        if fault:
            self._note(at, fault)
            return []
        row.values[slot.name] = value
        return [(_chain(_brought(slot, value), rest), at + 1, row)]

    def _miss(self, slot: Slot, rest: _Chain, at: int, row: Row) -> list[_State]:
        row.missing.append(slot.name)
        if slot.name not in self._linked:
            if slot.is_required:
                self._note(at, f"it holds {at} values, and none is left for {slot.name} of the server's class")
                return []
            _fill(row, slot)
        return [(_chain(_brought(slot, row.values.get(slot.name)), rest), at, row)]

    def _note(self, at: int, why: str) -> None:
        if at > self._furthest:
            self._furthest, self._why = at, why

    def complaint(self) -> str:
        """What stood against the way that came furthest."""
        return f"{self._why}; was the graph saved with another version of the node?"


def _brought(slot: Slot, value: object) -> list[Slot]:
    return (inner_slots(slot, value) or []) if slot.is_dynamic else []


def _fill(row: Row, slot: Slot) -> None:
    if slot.default is not None:
        row.values[slot.name] = slot.default


def _is_extra(slot: Slot, value: object) -> bool:
    if slot.role == "control":
        return value is None or isinstance(value, bool) or (isinstance(value, str) and value in CONTROL_WORDS)
    return value is None or isinstance(value, (bool, str))


def fault_of(slot: Slot, value: Any, is_linked: bool = False) -> str:
    """Why a value is none of this input; empty when it may be. What a linked one holds is stale."""
    if is_linked or slot.role == "unknown":
        return ""
    if slot.is_dynamic:
        return "" if inner_slots(slot, value) is not None else f"{slot.name} is no choice of the server's class"
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if slot.kind == "INT":
        is_good = is_number and (isinstance(value, int) or value.is_integer())
    elif slot.kind == "FLOAT":
        is_good = is_number
    elif slot.kind == "BOOLEAN":
        is_good = isinstance(value, bool)
    elif slot.kind == "COMBO":
        is_good = _may_be_chosen(slot, value)
    else:
        is_good = isinstance(value, str)
    return "" if is_good else f"{slot.name} takes {slot.kind}, but its value is {_kind(value)}"


def _may_be_chosen(slot: Slot, value: Any) -> bool:
    """A text may name a file that is not there, which is another question; of other kinds only what is listed."""
    options = slot.options or []
    several = (slot.rest or {}).get("multi_select") or (slot.rest or {}).get("multiselect")
    if several and isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return isinstance(value, str) or any(
        (option == value and isinstance(option, bool) == isinstance(value, bool)) or is_one_object(option, value)
        for option in options
    )


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    return "a text" if isinstance(value, str) else "a list or an object"


def _check_order(row: Row, ports: Ports) -> None:
    """The node lists its widgets by name too: they come in the order of the class, or it was another version.

    Older editors list only those that became sockets, in the order in which somebody made them so.
    """
    steady = [name for name in row.values if not row.declared[name].is_dynamic]  # the editor lists these last
    lists_all = set(steady) <= set(ports.widgets) and not ports.linked.issuperset(steady)
    order = {name: at for at, name in enumerate(steady)}
    places = [order[name] for name in ports.widgets if name in order]
    if lists_all and places != sorted(places):
        raise Misfit("its widgets stand in another order than in the server's class, so their values may be mixed up")
