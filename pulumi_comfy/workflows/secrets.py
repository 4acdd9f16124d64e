"""Credentials that slipped into a workflow: pictures embed the whole prompt, so one leaks with each.

Facts: docs/workflow-documents.md 4.6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pulumi_comfy.workflows.bounds import first_few
from pulumi_comfy.workflows.graph import all_definitions, list_of_objects
from pulumi_comfy.workflows.prompt import label, link_of, natural_order
from pulumi_comfy.workflows.widgets import widget_names, widget_values

if TYPE_CHECKING:
    from pulumi_comfy.workflows.document import Document

__all__ = ["CREDENTIAL", "find_secrets", "holds_secret", "names_a_secret", "secret_meaning"]

_SECRET_NAME = re.compile(
    r"(^|_)(api_?keys?|auth_token|access_key|secret_key|private_key|secret|password|passwd|authorization|credentials?)($|_)"
    r"|(^|_)(token|bearer)$"
)
_LONGEST_NAME = 200
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
CREDENTIAL = re.compile(
    r"(?<![A-Za-z0-9_-])("
    r"comfyui-[A-Za-z0-9]{24,}|sk-[A-Za-z0-9_-]{16,}|hf_[A-Za-z0-9]{16,}|r8_[A-Za-z0-9]{16,}"
    r"|gh[a-z]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|AKIA[A-Z0-9]{16}"
    r")"
    r"|[a-z]://[^/\s:@]+:[^/\s@]+@"
    r"|[?&]([a-z_-]*token|api_?key|x-amz-signature|signature|sig)=[^&\s]{6,}",
    re.IGNORECASE,
)
"""What a credential looks like in any text: known prefixes, a password in a URL, a token in its query."""


def names_a_secret(name: str) -> bool:
    """Whether an input of this name takes a credential: `api_key`, `bearer_token`, `password`, ... (4.6)."""
    words = _CAMEL.sub("_", name[:_LONGEST_NAME]).replace("-", "_").replace(" ", "_")
    return _SECRET_NAME.search(words.lower()) is not None


def holds_secret(name: str, value: object) -> bool:
    """Whether a value, or anything inside it, looks like a credential, by its name or by its own look."""
    return any(_secret_paths(name, value))


def find_secrets(document: Document) -> list[str]:
    """Where credentials seem to stand in the document; the places only, never the values.

    Returns:
        Places in words, the first few and how many more: `LoraLoader #10 of the API prompt: bearer_token`,
        `the graph: extra.api_key`.
    """
    return first_few(_places(document), "places")


def _places(document: Document) -> Iterator[str]:
    prompt = document.prompt or {}
    for node_id in sorted(prompt, key=natural_order):
        node = prompt[node_id]
        inputs = {name: value for name, value in node["inputs"].items() if link_of(value) is None}
        yield from _in_node(f"{label(node['class_type'], node_id)} of the API prompt", inputs)
    if document.graph is not None:
        yield from _in_graph(document.graph, "the graph", prompt)
        for part in all_definitions(document.graph):
            yield from _in_graph(part, f"subgraph {part.get('name') or part.get('id')}", {})


def _in_graph(graph: Mapping[str, Any], place: str, prompt: Mapping[str, Any]) -> Iterator[str]:
    for node in list_of_objects(graph.get("nodes")):
        node_id = str(node["id"])
        where = f"{label(node['type'], node_id)} of {place}"
        yield from _in_node(where, _widgets(node, prompt.get(node_id)))
        rest = {key: value for key, value in node.items() if key != "widgets_values"}
        yield from (f"{where}: {path}" for path in _secret_paths("", rest))
    rest = {key: value for key, value in graph.items() if key not in {"nodes", "definitions"}}
    yield from (f"{place}: {path}" for path in _secret_paths("", rest))


def _widgets(node: Mapping[str, Any], twin: Mapping[str, Any] | None) -> dict[str, Any]:
    """Every value of a node's widgets by name; what the node last showed is no content, and leaks all the same."""
    values = widget_values(node)
    items = list(values.values() if isinstance(values, dict) else values)
    named = dict(zip(widget_names(node, twin), items, strict=True))
    written = node.get("widgets_values")
    rest = written[len(items) :] if isinstance(written, list) else []
    shown = {f"widget {at}": value for at, value in enumerate(rest, start=len(items) + 1) if value is not None}
    return {**(written if isinstance(written, dict) else {}), **named, **shown}


def _in_node(where: str, settings: Mapping[str, Any]) -> Iterator[str]:
    for name, value in settings.items():
        yield from (f"{where}: {path}" for path in _secret_paths(name, value, secret_meaning(name, settings)))


def secret_meaning(name: str, settings: Mapping[str, Any]) -> str:
    """The name that tells what a setting is: external inputs hold under `default_value` what `input_id` names."""
    input_id = settings.get("input_id")
    return input_id if name == "default_value" and isinstance(input_id, str) else name


def _secret_paths(name: str, value: object, meaning: str | None = None) -> Iterator[str]:
    """The places of credentials in a value: `inputs.api_key`, `keys[1]`; a place is written only where one is found.

    Args:
        name: The value's own name, empty when it has none.
        value: The value.
        meaning: The name that says what it is, when `name` does not.
    """
    waiting: list[tuple[_Place | None, str, object]] = [((None, name) if name else None, meaning or name, value)]
    while waiting:
        place, called, item = waiting.pop()
        if isinstance(item, Mapping):
            waiting += reversed([((place, key), key, inner) for key, inner in item.items()])
        elif isinstance(item, list):
            inside = [((place, at), called, inner) for at, inner in enumerate(item, start=1) if _may_hold(inner)]
            waiting += reversed(inside)
        elif isinstance(item, str) and item.strip() and (names_a_secret(called) or CREDENTIAL.search(item)):
            yield _in_words(place)


_Place = tuple[Any, Any]
"""The place around and a key, or a number in a list."""


def _may_hold(value: object) -> bool:
    return isinstance(value, (str, list, Mapping))


def _in_words(place: _Place | None) -> str:
    keys: list[str | int] = []
    while place is not None:
        place, key = place
        keys.append(key)
    parts = [f"[{key}]" if isinstance(key, int) else f".{key[:_LONGEST_NAME]}" for key in reversed(keys)]
    return "".join(parts).removeprefix(".")
