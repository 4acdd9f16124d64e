"""Telling the workflow formats apart and checking that a document is what it claims to be.

Facts: docs/workflow-documents.md 4.1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_comfy.workflows.bounds import MOST
from pulumi_comfy.workflows.document import Document
from pulumi_comfy.workflows.editor_nodes import NOTES
from pulumi_comfy.workflows.errors import CODES, WorkflowError, WorkflowErrorCode
from pulumi_comfy.workflows.graph import all_definitions
from pulumi_comfy.workflows.places import document_inside, is_graph, is_prompt
from pulumi_comfy.workflows.prompt import link_of
from pulumi_comfy.workflows.strict_json import load_strictly

__all__ = ["parse", "parse_leniently"]

_PROMPT_KEYS = ("prompt", "workflow_api", "output", "workflow_api_json")
"""Where envelopes keep the API prompt: run requests, a platform's exports, the editor's own export."""

_EXPORT_KEYS = frozenset({"workflow_api", "environment"})
"""What a platform's export adds to the root of the editor's graph."""

_EXPECTED = (
    'expected the editor\'s graph ({"nodes": [...], "links": [...]}), the API prompt '
    '({"<node id>": {"class_type": ..., "inputs": {...}}}), or both as {"workflow": ..., "prompt": ...}'
)

_Parts = tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]


def parse(text: str, api_text: str | None = None) -> Document:
    """Read a workflow document.

    Args:
        text: JSON text of the editor's graph, of the API prompt, or of an envelope of both: `{prompt}`,
            `{workflow, output}`, `{workflow, prompt}`, `{workflow, workflow_api}`, a run request with
            `extra_data.extra_pnginfo.workflow`, or a platform's export (a graph with `workflow_api` at its root).
        api_text: JSON text of the API prompt when it is a document of its own; an envelope is unwrapped and only its
            prompt taken.

    Raises:
        WorkflowError: The text cannot be used; `code` says why. No other exception leaves this function.
    """
    graph, prompt = _parts_of(text, api_text)
    for problem in _problems(graph, prompt):
        raise problem
    return Document(graph=graph, prompt=prompt)


def parse_leniently(text: str, api_text: str | None = None) -> tuple[Document, list[WorkflowError]]:
    """Read a workflow document for somebody who wants to hear everything that is wrong with it.

    Args:
        text: As for `parse`.
        api_text: As for `parse`.

    Returns:
        What is sound of the document (the nodes of the prompt that are nodes, and the graph when all of it is), and
        the problems for which `parse` would refuse it: of each kind the first few, and how many more.

    Raises:
        WorkflowError: The text cannot be read at all.
    """
    graph, prompt = _parts_of(text, api_text)
    problems = _first_few(_problems(graph, prompt))
    if any(problem.code == "bad-graph" for problem in problems):
        graph = None
    if prompt is not None:
        prompt = {node_id: node for node_id, node in prompt.items() if not _missing_from_node(node)}
    return Document(graph=graph, prompt=prompt), problems


def _first_few(problems: Iterator[WorkflowError]) -> list[WorkflowError]:
    told: list[WorkflowError] = []
    counts: dict[WorkflowErrorCode, int] = {}
    for problem in problems:
        counts[problem.code] = counts.get(problem.code, 0) + 1
        if counts[problem.code] <= MOST:
            told.append(problem)
    for code, count in counts.items():
        if count > MOST:
            told.append(WorkflowError(code, f"... and {count - MOST} more: {CODES[code]}"))
    return told


def _parts_of(text: str, api_text: str | None) -> _Parts:
    graph, prompt = _split(load_strictly(text, "The workflow"), "The workflow")
    if api_text is None:
        return graph, prompt
    api_graph, api_prompt = _split(load_strictly(api_text, "The API prompt"), "The API prompt")
    if api_prompt is None:
        raise _graph_as_prompt(swapped=graph is None and api_graph is not None)
    if prompt is not None:
        raise WorkflowError(
            "two-prompts",
            "The API prompt was given twice, inside the workflow and by itself; "
            "give the editor's graph and the API prompt, one of each.",
        )
    return graph, api_prompt


def _problems(graph: Mapping[str, Any] | None, prompt: Mapping[str, Any] | None) -> Iterator[WorkflowError]:
    if graph is not None:
        yield from _graph_problems(graph)
    if prompt is not None:
        yield from _prompt_problems(prompt)


def _graph_as_prompt(*, swapped: bool) -> WorkflowError:
    if swapped:
        return WorkflowError(
            "graph-as-prompt",
            "The two documents are swapped: the workflow is the API prompt and the API prompt is the editor's graph.",
        )
    return WorkflowError(
        "graph-as-prompt",
        "The API prompt is the editor's graph; open it in the ComfyUI editor and choose Workflow > Export (API).",
    )


def _split(value: object, what: str) -> _Parts:
    """The graph and the prompt inside a parsed value; at least one is there."""
    if not isinstance(value, dict):
        raise WorkflowError("not-an-object", f"{what} is {_kind(value)}, not an object; {_advice(value)}.")
    if not value:
        raise WorkflowError("empty", f"{what} is an empty object; {_EXPECTED}.")
    if is_graph(value):
        inner = value.get("workflow_api")
        if isinstance(inner, dict):
            return {key: part for key, part in value.items() if key not in _EXPORT_KEYS}, inner
        return value, None
    if is_prompt(value):
        return None, value
    return _unwrap(value, what)


def _unwrap(value: dict[str, Any], what: str) -> _Parts:
    prompt = next((value[key] for key in _PROMPT_KEYS if value.get(key) is not None), None)
    graph = value.get("workflow")
    if graph is None:
        graph = _embedded_graph(value)
    if prompt is None and isinstance(graph, dict) and is_prompt(graph):
        graph, prompt = None, graph
    if prompt is None and graph is None:
        found = ", ".join(json.dumps(key[:40]) for key in list(value)[:5])
        raise WorkflowError("unknown-format", f"{what} is an object with the keys {found}; {_advice(value)}.")
    if graph is not None and not (isinstance(graph, dict) and is_graph(graph)):
        raise WorkflowError(
            "unknown-format", f'{what} has under "workflow" {_kind(graph)} that is no editor graph; {_advice(value)}.'
        )
    if isinstance(prompt, dict) and is_graph(prompt):
        raise _graph_as_prompt(swapped=False)
    if prompt is not None and not isinstance(prompt, dict):
        raise WorkflowError(
            "unknown-format", f"{what} has {_kind(prompt)} where its API prompt belongs; {_advice(value)}."
        )
    return graph, prompt


def _advice(value: object) -> str:
    return document_inside(value) or _EXPECTED


def _embedded_graph(value: dict[str, Any]) -> object:
    """The graph that a run request carries along for the pictures it makes (3.1)."""
    inner: Any = value
    for key in ("extra_data", "extra_pnginfo", "workflow"):
        inner = inner.get(key) if isinstance(inner, dict) else None
    return inner


def _kind(value: object) -> str:
    names: list[tuple[type, str]] = [
        (dict, "an object"),
        (list, "a list"),
        (str, "a text"),
        (bool, "a boolean"),
        (int, "a number"),
        (float, "a number"),
    ]
    return next((name for kind, name in names if isinstance(value, kind)), "null")


def _prompt_problems(prompt: Mapping[str, Any]) -> Iterator[WorkflowError]:
    if not prompt:
        yield WorkflowError("empty", "The API prompt has no nodes; export it with Workflow > Export (API).")
    for node_id, node in prompt.items():
        missing = _missing_from_node(node)
        if missing:
            yield WorkflowError(
                "bad-prompt",
                f"Node #{node_id[:40]} of the API prompt {missing}; every node is "
                '{"class_type": ..., "inputs": {...}}, export the prompt again with Workflow > Export (API).',
            )
    for node_id, node in prompt.items():
        for name, value in node["inputs"].items() if not _missing_from_node(node) else ():
            link = link_of(value)
            if link is not None and link[0] not in prompt:
                yield _dangling(f"{node['class_type']} #{node_id}", name, link[0])


def _missing_from_node(node: object) -> str:
    if not isinstance(node, dict):
        return f"is {_kind(node)}"
    if not isinstance(node.get("class_type"), str) or not node["class_type"]:
        return "has no class_type"
    return "" if isinstance(node.get("inputs"), dict) else "has no inputs object"


def _dangling(node: str, name: str, missing: str) -> WorkflowError:
    return WorkflowError(
        "dangling-link",
        f"{node[:80]}: its input {name[:40]} is linked to node #{missing[:40]}, which the API prompt does not contain; "
        'add the node, or write a list that is a value as {"__value__": [...]}.',
    )


def _graph_problems(graph: Mapping[str, Any]) -> Iterator[WorkflowError]:
    """Where the graph or a subgraph in it is not shaped as the readers of this package expect."""
    for part in (graph, *all_definitions(graph)):
        nodes = part.get("nodes")
        yield from _node_problems(nodes if isinstance(nodes, list) else [])
        links = part.get("links")
        inner = part.get("definitions")
        subgraphs = inner.get("subgraphs") if isinstance(inner, dict) else None
        yield from _no_list(links, "list of links")
        yield from _no_list(subgraphs, "list of subgraphs")
        for link in links if isinstance(links, list) else []:
            if not _is_graph_link(link):
                yield WorkflowError(
                    "bad-graph",
                    f"The editor's graph has {_kind(link)} among its links that is no link (origin and target, each "
                    "with a slot number); export the workflow again.",
                )


def _no_list(held: object, wanted: str) -> Iterator[WorkflowError]:
    """Where something else stands than a list; what is empty or absent says nothing."""
    if held and not isinstance(held, list):
        yield WorkflowError(
            "bad-graph", f"The editor's graph has {_kind(held)} where its {wanted} belongs; export the workflow again."
        )


def _node_problems(nodes: list[Any]) -> Iterator[WorkflowError]:
    seen: set[str] = set()
    for node in nodes:
        if not isinstance(node, dict) or not isinstance(node.get("type"), str) or not _is_id(node.get("id")):
            yield WorkflowError(
                "bad-graph",
                "The editor's graph has a node without an id or a type; export the workflow again.",
            )
            continue
        if node["type"] in NOTES:
            continue  # it runs nowhere, and the editor gives it another id
        node_id = str(node["id"])
        yield from _no_list(node.get("inputs"), f"node #{node_id[:40]}'s list of inputs")
        if node_id in seen:
            yield WorkflowError(
                "bad-graph",
                f"The editor's graph has two nodes with the id {node_id[:40]}; export the workflow again.",
            )
        seen.add(node_id)


def _is_id(value: object) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool)


def _is_graph_link(link: object) -> bool:
    """A 6-tuple of format 0.4 or an object of format 1.0; the editor leaves null where it removed one."""
    if link is None:
        return True
    if isinstance(link, dict):
        ends = [link.get(key) for key in ("id", "origin_id", "origin_slot", "target_id", "target_slot")]
    elif isinstance(link, list):
        ends = [*link, None, None, None, None, None][:5]
    else:
        return False
    return all(_is_id(end) for end in ends)
