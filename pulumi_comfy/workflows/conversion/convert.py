"""The API prompt of a graph, made from the classes of a server; refused with every reason where it is not certain.

Facts: docs/workflow-documents.md 4.3, 4.4.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pulumi_comfy.workflows.bounds import first_few
from pulumi_comfy.workflows.conversion.origins import NOTHING, REMOVED, Given, Output, end_of, link_into
from pulumi_comfy.workflows.conversion.rows import Misfit, Ports, Row, fault_of, lay_out, look_up
from pulumi_comfy.workflows.conversion.scopes import Scope, open_graph
from pulumi_comfy.workflows.conversion.slots import DRAWN_AT_QUEUE_TIME, Slot, own_slots, slots_of
from pulumi_comfy.workflows.conversion.trouble import Refusal, Trouble
from pulumi_comfy.workflows.drawn_texts import is_rewritten
from pulumi_comfy.workflows.editor_nodes import adds_links, is_editor_only, shows
from pulumi_comfy.workflows.errors import WorkflowError
from pulumi_comfy.workflows.graph import list_of_objects
from pulumi_comfy.workflows.prompt import label, natural_order
from pulumi_comfy.workflows.subgraphs import runs
from pulumi_comfy.workflows.suggestions import Suggestions
from pulumi_comfy.workflows.widget_tables import CONTROL
from pulumi_comfy.workflows.widgets import is_hole, is_player

__all__ = ["ConversionError", "convert", "editor_texts"]


_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""How the types of instances of subgraphs look."""


class ConversionError(WorkflowError):
    """A graph that cannot be converted with certainty.

    Attributes:
        problems: What stands against it, one sentence each with its node.
    """

    problems: tuple[str, ...]

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("not-convertible", "The graph cannot be converted: " + "; ".join(self.problems) + ".")

    def __reduce__(self) -> tuple[type[ConversionError], tuple[tuple[str, ...]]]:
        return ConversionError, (self.problems,)


def convert(
    graph: Mapping[str, Any], object_info: Mapping[str, Any], *, replaced: Collection[str] = ()
) -> dict[str, Any]:
    """The API prompt of an editor's graph, as the editor itself would export it.

    Texts that the editor rewrites or draws when it exports stay as they are: see `editor_texts`.

    Args:
        graph: The editor's graph, as `parse` has checked it (`Document.graph`).
        object_info: The server's answer to `GET /object_info`.
        replaced: Classes that the server does not have and replaces by others (`GET /api/node_replacements`).

    Returns:
        `{node_id: {"inputs": ..., "class_type": ..., "_meta": {"title": ...}}}`, in the natural order of the ids.

    Raises:
        ConversionError: `not-convertible`: nothing is guessed, so whatever does not fit is refused: a class that the
            server does not know, values that do not fit the class, a link to nowhere, a node that does its work in the
            editor.
    """
    trouble = Trouble()
    top = open_graph(graph, trouble)
    made = _Conversion(object_info, replaced, trouble).prompt(top)
    problems = trouble.sentences()
    if not problems and not made:
        problems = ["the graph has no node that runs"]
    if problems:
        raise ConversionError(first_few(problems, "problems"))
    return made


def editor_texts(prompt: Mapping[str, Any]) -> list[str]:
    """Texts of a converted prompt that the editor would rewrite when it queues, as `SaveImage #9: filename_prefix`.

    They hold `%date:...%`, `%Node.widget%`, `{a|b}` or a comment; a server takes them as they are written.
    """
    return [
        f"{label(node['class_type'], node_id)}: {name}"
        for node_id, node in prompt.items()
        for name, value in node["inputs"].items()
        if isinstance(value, str) and is_rewritten(value)
    ]


class _Conversion:
    def __init__(self, object_info: Mapping[str, Any], replaced: Collection[str], trouble: Trouble) -> None:
        self._object_info = object_info
        self._replaced = replaced
        self._trouble = trouble
        self._suggestions = Suggestions()
        self._slots: dict[str, list[Slot]] = {}

    def prompt(self, top: Scope) -> dict[str, Any]:
        """The nodes of every scope."""
        found: dict[str, Any] = {}
        for scope in top.scopes():
            for key, node in scope.nodes.items():
                node_id = scope.prefix + key
                if not runs(node) or key in scope.inside:
                    continue
                with self._trouble.at(node_id, node):
                    if not self._is_exported(node):
                        continue
                    if node_id in found:
                        raise Refusal("another node has the same id in the prompt; give one of them a new id")
                    found[node_id] = self._node(scope, key, node)
        return dict(sorted(found.items(), key=lambda item: natural_order(item[0])))

    def _is_exported(self, node: Mapping[str, Any]) -> bool:
        kind = node["type"]
        if adds_links(kind):
            raise Refusal("it adds links that only the editor can work out; link the inputs by hand, or export there")
        if isinstance(self._object_info.get(kind), Mapping):
            return True
        if is_editor_only(kind):
            return False
        if kind in self._replaced:
            raise Refusal(
                "the server replaces this class by another; open the graph in its editor, which puts the other in, and "
                "save it again"
            )
        if _ID.fullmatch(kind):
            raise Refusal("it is a subgraph that the graph does not define (definitions.subgraphs)")
        raise Refusal(
            "the server does not know this class" + self._suggestions.hint(kind, self._object_info, "node classes")
        )

    def _node(self, scope: Scope, key: str, node: Mapping[str, Any]) -> dict[str, Any]:
        kind = node["type"]
        info = self._object_info[kind]
        if kind not in self._slots:
            self._slots[kind] = slots_of(info)
        ends = dict(_ends(scope, key, node))
        row = self._row(node, self._slots[kind], [name for name, end in ends.items() if end is not NOTHING])
        row.values.update(_promoted(scope, key, row))
        inputs = {name: _wrapped(value) for name, value in row.values.items()}
        for name, end in ends.items():
            if isinstance(end, Output):
                inputs.pop(name, None)
                inputs[name] = [end.node_id, end.slot]
            elif isinstance(end, Given):
                inputs[name] = _wrapped(_checked(row, name, end))
            elif end is REMOVED:
                inputs.pop(name, None)
        title = node.get("title") or info.get("display_name") or kind
        return {"inputs": inputs, "class_type": kind, "_meta": {"title": str(title)}}

    def _row(self, node: Mapping[str, Any], slots: list[Slot], linked: list[str]) -> Row:
        drawn = next((slot.name for slot in slots if slot.kind in DRAWN_AT_QUEUE_TIME), "")
        if drawn:
            raise Refusal(f"the editor makes {drawn} when it queues; export it there")
        ports = _ports(node, linked)
        values = node.get("widgets_values")
        try:
            if isinstance(values, Mapping):
                ignored = [name for name in values if name == CONTROL or is_player(name) or is_hole(values[name])]
                return look_up(slots, values, ports, ignored)
            saved = _without_tail(node, values, slots)
            known = {slot.name for slot in slots}
            more = [slot for slot in own_slots(node["type"], saved) if slot.name not in known]
            row = lay_out([*slots, *more], saved, ports)
            _check_names(row, node)
            return row
        except Misfit as misfit:
            raise Refusal(str(misfit)) from None


def _check_names(row: Row, node: Mapping[str, Any]) -> None:
    """What newer editors save by name as well must be what was found by place."""
    named = node.get("widgets_values_named")
    if not isinstance(named, Mapping):
        return
    for name, value in row.values.items():
        if name in named and name not in row.missing and named[name] != value:
            raise Misfit(f"{name} is saved with one value by name and with another one by place; save the graph again")


def _ports(node: Mapping[str, Any], linked: list[str]) -> Ports:
    ports = list_of_objects(node.get("inputs"))
    widgets = [port.get("widget") for port in ports]
    return Ports(
        linked=frozenset(linked),
        sockets=frozenset(str(port.get("name", "")) for port in ports if port.get("widget") is None),
        widgets=tuple(str(widget.get("name", "")) for widget in widgets if isinstance(widget, Mapping)),
    )


def _ends(scope: Scope, key: str, node: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What each linked input of a node is given, by its name."""
    if "inputs" not in node and key in scope.linked_to:
        raise Refusal("it does not list its inputs, so nobody can tell which of them a link ends in")
    for port in list_of_objects(node.get("inputs")):
        link = link_into(scope, port)
        if link is not None:
            yield str(port.get("name", "")), end_of(scope, link, str(port.get("type", "")))


def _without_tail(node: Mapping[str, Any], values: object, slots: list[Slot]) -> list[Any]:
    """The saved values without what the node last showed."""
    row = list(values) if isinstance(values, list) else []
    if shows(node["type"]):
        return row[: sum(slot.role == "widget" for slot in slots)]
    while row and is_hole(row[-1]):
        row.pop()
    return row


def _promoted(scope: Scope, key: str, row: Row) -> dict[str, Any]:
    """What the instance of the subgraph says of this node's widgets; it wins over what stands inside."""
    said = scope.promoted.of_widgets.get(key, {})
    return {name: _checked(row, name, Given(value)) for name, value in said.items() if name in row.values}


def _checked(row: Row, name: str, end: Given) -> Any:
    """A value from elsewhere, which must be one for a widget."""
    slot = row.declared.get(name)
    if slot is None:
        return end.value
    if slot.role != "widget" and end.primitive:
        raise Refusal(f"{end.primitive} gives a value to {name}, which is no widget on this server")
    fault = fault_of(slot, end.value)
    if fault:
        raise Refusal(f"{fault}, from {end.primitive or 'the subgraph around it'}")
    return end.value


def _wrapped(value: Any) -> Any:
    """A list that is a value is not to be taken for a link (4.3)."""
    return {"__value__": value} if isinstance(value, list) else value
