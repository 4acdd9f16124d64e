"""Credentials that slipped into a workflow (reference 4.6): pictures embed the whole prompt, so one leaks with each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pulumi_comfy.workflows.graph import definitions, list_of_objects
from pulumi_comfy.workflows.prompt import label, link_of, natural_order
from pulumi_comfy.workflows.widgets import widget_names, widget_values

if TYPE_CHECKING:
    from pulumi_comfy.workflows.document import Document

__all__ = ["CREDENTIAL", "find_secrets", "holds_secret", "names_a_secret", "secret_meaning"]

_SECRET_NAME = re.compile(
    r"(^|_)(api_?keys?|auth_token|access_key|secret_key|private_key|secret|password|passwd|authorization|credentials?)($|_)"
    r"|(^|_)(token|bearer)$"
)
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
    """Whether an input of this name takes a credential: `api_key`, `bearer_token`, `password`, ... (reference 4.6)."""
    return _SECRET_NAME.search(_CAMEL.sub("_", name).replace("-", "_").replace(" ", "_").lower()) is not None


def holds_secret(name: str, value: object) -> bool:
    """Whether a value, or anything inside it, looks like a credential, by its name or by its own look."""
    return any(_secret_paths(name, name, value))


def find_secrets(document: Document) -> list[str]:
    """Where credentials seem to stand in the document; the places only, never the values.

    Returns:
        Places in words: `LoraLoader #10 of the API prompt: bearer_token`, `the graph: extra.api_key`.
    """
    prompt = document.prompt or {}
    found: list[str] = []
    for node_id in sorted(prompt, key=natural_order):
        node = prompt[node_id]
        inputs = {name: value for name, value in node["inputs"].items() if link_of(value) is None}
        found += _in_node(f"{label(node['class_type'], node_id)} of the API prompt", inputs)
    if document.graph is not None:
        found += _in_graph(document.graph, "the graph", prompt)
    return found


def _in_graph(graph: Mapping[str, Any], place: str, prompt: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for node in list_of_objects(graph.get("nodes")):
        node_id = str(node["id"])
        values = widget_values(node)
        items = values.values() if isinstance(values, dict) else values
        where = f"{label(node['type'], node_id)} of {place}"
        found += _in_node(where, dict(zip(widget_names(node, prompt.get(node_id)), items, strict=True)))
        rest = {key: value for key, value in node.items() if key != "widgets_values"}
        found += [f"{where}: {path}" for path in _secret_paths("", "", rest)]
    for inner in definitions(graph):
        found += _in_graph(inner, f"subgraph {inner.get('name') or inner.get('id')}", {})
    rest = {key: value for key, value in graph.items() if key not in {"nodes", "definitions"}}
    return found + [f"{place}: {path}" for path in _secret_paths("", "", rest)]


def _in_node(where: str, settings: Mapping[str, Any]) -> list[str]:
    return [
        f"{where}: {path}"
        for name, value in settings.items()
        for path in _secret_paths(name, secret_meaning(name, settings), value)
    ]


def secret_meaning(name: str, settings: Mapping[str, Any]) -> str:
    """The name that tells what a setting is: ComfyDeploy's inputs hold under `default_value` what `input_id` names."""
    input_id = settings.get("input_id")
    return input_id if name == "default_value" and isinstance(input_id, str) else name


def _secret_paths(path: str, name: str, value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _secret_paths(f"{path}.{key}" if path else key, key, item)
    elif isinstance(value, list):
        for number, item in enumerate(value, start=1):
            yield from _secret_paths(f"{path}[{number}]", name, item)
    elif isinstance(value, str) and value.strip() and (names_a_secret(name) or CREDENTIAL.search(value)):
        yield path
