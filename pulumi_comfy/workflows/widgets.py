"""Widgets of the editor's graph: which value is which, and which of them the editor rewrites.

Facts: docs/workflow-documents.md 4.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from pulumi_comfy.workflows.declared import DYNAMIC_COMBO
from pulumi_comfy.workflows.editor_nodes import PRIMITIVE, is_shown, shows
from pulumi_comfy.workflows.graph import list_of_objects
from pulumi_comfy.workflows.prompt import SEED_NAMES, link_of
from pulumi_comfy.workflows.widget_tables import CONTROL, CONTROL_WORDS, WIDGETS

__all__ = ["controlled_positions", "is_hole", "is_number", "is_player", "unique_names", "widget_names", "widget_values"]

_PREVIEWS = frozenset({"videopreview"})
"""What packs that store widgets by name add for their own player."""

_RESULT = "Result URL: "
"""How the text begins that a partner node shows below its widgets after a run."""

_SURELY_A_SEED = 2**32
"""No size, count or strength is as big."""


def widget_values(node: Mapping[str, Any]) -> list[Any] | dict[str, Any]:
    """The values of a node's widgets: by position, or by name as some packs store them (4.2).

    What a node last showed is no content, nor are nulls, which stand for widgets that are not saved; those between two
    values stay, since the position of the second counts.
    """
    values = node.get("widgets_values")
    if shows(node["type"]) and isinstance(values, list):
        is_fed = any(port.get("link") is not None for port in list_of_objects(node.get("inputs")))
        return [value for value in values if not is_shown(node["type"], value, is_fed)]
    if isinstance(values, dict):
        return {name: value for name, value in values.items() if name not in _PREVIEWS and not is_hole(value)}
    if not isinstance(values, list):
        return []
    end = len(values)
    while end and is_hole(values[end - 1]):
        end -= 1
    return values[:end]


def is_hole(value: object) -> bool:
    """Whether it stands for a widget that is not saved, or is what a partner node last showed."""
    return value is None or (isinstance(value, str) and value.startswith(_RESULT))


def is_player(name: str) -> bool:
    """Whether it is the player that a pack adds, which is no input."""
    return name in _PREVIEWS


def controlled_positions(node: Mapping[str, Any]) -> set[int | str]:
    """Positions (or names) of the widgets whose value the editor rewrites after each run.

    A number that is followed by a word such as `increment` or `randomize` is such a seed; `fixed` is not (4.5).
    Editors of 2023 wrote true for `randomize` and false for `fixed`. A `PrimitiveNode` may step through a list of texts
    in the same way.
    """
    values = widget_values(node)
    if isinstance(values, dict):
        control = values.get(CONTROL)
        return {*SEED_NAMES & values.keys()} if control is True or _moves(control) else set()
    moving: set[int | str] = {
        position
        for position, (value, control) in enumerate(pairwise(values))
        if _moves(control) and (is_number(value) or (node["type"] == PRIMITIVE and position == 0))
    }
    if True in values:
        moving |= _moved_by_true(node, values)
    return moving


def _moved_by_true(node: Mapping[str, Any], values: list[Any]) -> set[int | str]:
    names = _known_names(node, values) or _named_values(node, values) or _own_names(node, values)
    if names:
        return {at - 1 for at, name in enumerate(names[: len(values)]) if name == CONTROL and values[at] is True}
    return {
        position
        for position, (value, control) in enumerate(pairwise(values))
        if control is True and isinstance(value, int) and value >= _SURELY_A_SEED
    }


def _moves(control: object) -> bool:
    return _is_control(control) and control != "fixed"


def _is_control(value: object) -> bool:
    return isinstance(value, str) and value in CONTROL_WORDS


def is_number(value: object) -> bool:
    """Whether it is a number, which true and false are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def widget_names(
    node: Mapping[str, Any], twin: Mapping[str, Any] | None = None, promoted: Sequence[str] = ()
) -> list[str]:
    """The names of a node's widgets, one for each of `widget_values`, each used once; they serve words only.

    Args:
        node: The node of the graph.
        twin: The same node of the API prompt, which names most of its values.
        promoted: The names of a subgraph's promoted widgets, when the node is an instance of it.

    Returns:
        The names that the node saved with its values, else those of well-known classes, else of the subgraph, of the
        node's own widget inputs, of the prompt, else `widget 1`, `widget 2`, ...
    """
    values = widget_values(node)
    if isinstance(values, dict):
        return list(values)
    return unique_names(
        _named_values(node, values)
        or _known_names(node, values)
        or list(promoted)
        or _own_names(node, values)
        or _names_of_twin(node, values, twin),
        len(values),
    )


def unique_names(names: list[str], count: int) -> list[str]:
    """So many names, each used once, `widget 3` where the third has none of its own."""
    found: dict[str, None] = {}
    for position in range(count):
        name = names[position] if position < len(names) else ""
        found[name if name and name not in found else f"widget {position + 1}"] = None
    return list(found)


def _named_values(node: Mapping[str, Any], values: list[Any]) -> list[str]:
    """Names that the node holds itself: newer editors save its values by name too, in the same order."""
    named = node.get("widgets_values_named")
    if not isinstance(named, dict) or len(named) < len(values):
        return []
    agree = all(value == theirs for value, theirs in zip(values, named.values(), strict=False))
    return list(named)[: len(values)] if agree else []


def _known_names(node: Mapping[str, Any], values: list[Any]) -> list[str]:
    names = list(WIDGETS.get(node["type"], ()))
    if CONTROL in names:
        at = names.index(CONTROL)
        # Editors before the control existed, and packs that patch it away, save the values without it.
        if len(values) > at and not _is_control(values[at]):
            is_old = isinstance(values[at], bool) and len(values) >= len(names)
            if not is_old:
                names.remove(CONTROL)
    return names


def _own_names(node: Mapping[str, Any], values: list[Any]) -> list[str]:
    """Names from `inputs[].widget.name`; newer editors list every widget there, older ones only the linked ones."""
    listed = [port for port in list_of_objects(node.get("inputs")) if isinstance(port.get("widget"), Mapping)]
    choices = [str(port["widget"].get("name", "")) for port in listed if port.get("type") == DYNAMIC_COMBO]
    names = [str(port["widget"].get("name", "")) for port in listed]
    return _with_controls(_choices_first(names, choices), values)


def _choices_first(names: list[str], choices: list[str]) -> list[str]:
    """The names with each dynamic choice before what it brings: nodes list it last, and save its value first."""
    for choice in choices:
        first = next((at for at, name in enumerate(names) if name.startswith(f"{choice}.")), len(names))
        if first < names.index(choice):
            names.remove(choice)
            names.insert(first, choice)
    return names


def _names_of_twin(node: Mapping[str, Any], values: list[Any], twin: Mapping[str, Any] | None) -> list[str]:
    """Names from the prompt, whose inputs start with the widgets in their order, checked against the values."""
    if twin is None or twin["class_type"] != node["type"]:
        return []
    inputs = {name: value for name, value in twin["inputs"].items() if link_of(value) is None}
    names = _with_controls(list(inputs), values)
    moving = controlled_positions(node)
    agree = all(
        name == CONTROL or position in moving or inputs[name] == value
        for position, (name, value) in enumerate(zip(names, values, strict=False))
    )
    return names if agree else []


def _with_controls(names: list[str], values: list[Any]) -> list[str]:
    """The names with the controls put in where the values have them; empty when the counts do not agree."""
    controls = {
        position + 1
        for position, (value, control) in enumerate(pairwise(values))
        if is_number(value) and _is_control(control)
    }
    if not names or len(names) > len(values):
        return []
    if len(names) + len(controls) != len(values):
        return _with_old_controls(names, values)
    rest = iter(names)
    return [CONTROL if position in controls else next(rest) for position in range(len(values))]


def _with_old_controls(names: list[str], values: list[Any]) -> list[str]:
    """The same for editors of 2023, whose controls are true or false behind a seed."""
    found: list[str] = []
    for name in names:
        found.append(name)
        at = len(found)
        if name in SEED_NAMES and at < len(values) and (isinstance(values[at], bool) or _is_control(values[at])):
            found.append(CONTROL)
    return found if len(found) == len(values) else []
