"""Checking a prompt against the nodes and models of a live server, before anything is queued.

The server stops at the first unknown class and says little about the rest; this reports everything at once. It is no
stricter than the server. A node class may turn checks of its values off, which `object_info` does not reveal, so a
problem with a value is likely, not certain.

Facts: docs/workflow-documents.md 3.1, 3.5.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pulumi_comfy.workflows.bounds import first_few
from pulumi_comfy.workflows.needs import first_loop, needed_by, possible_outputs
from pulumi_comfy.workflows.node_checks import NodeChecks, odd_link_words
from pulumi_comfy.workflows.prompt import label, link_fault, link_of, natural_order, output_node_ids
from pulumi_comfy.workflows.suggestions import Suggestions

__all__ = ["run_problems", "validate_against"]

_NO_OUTPUT = "the prompt has no output node, so there is nothing to run; add one such as SaveImage"


def validate_against(
    object_info: Mapping[str, Any], prompt: Mapping[str, Any], *, replaced: Collection[str] = ()
) -> list[str]:
    """What a server would refuse or could not do, one sentence each, in the natural order of the nodes.

    Args:
        object_info: The server's answer to `GET /object_info`.
        prompt: The API prompt.
        replaced: Classes that the server does not have and replaces by others (`GET /api/node_replacements`).

    Returns:
        Sentences such as `CheckpointLoaderSimple #4: ckpt_name "a.safetensors" is not on the server`, the first few and
        how many more. Empty means that nothing stands against a run. A listed model file proves only its name.
    """
    return first_few(_problems(object_info, prompt, replaced), "problems")


def _problems(object_info: Mapping[str, Any], prompt: Mapping[str, Any], replaced: Collection[str]) -> Iterator[str]:
    suggestions = Suggestions()
    is_all_known = True
    for node_id, node in _in_order(prompt):
        kind = node["class_type"]
        if isinstance(object_info.get(kind), Mapping):
            continue
        is_all_known = False
        if kind not in replaced:
            hint = suggestions.hint(kind, object_info, "node classes")
            yield f"{label(kind, node_id)}: the server does not know this class{hint}"
        elif not isinstance(node.get("_meta"), Mapping):
            yield (
                f"{label(kind, node_id)}: the server replaces this class, and fails at a node without a title; "
                "export the prompt again with Workflow > Export (API)"
            )
    outputs = output_node_ids(prompt, object_info)
    if not outputs and is_all_known:
        yield _NO_OUTPUT
    # With unknown classes about, one of them may well be the output.
    needed = needed_by(outputs if is_all_known else {*outputs, *possible_outputs(prompt)}, prompt)
    loop = first_loop(prompt, (node_id for node_id in prompt if node_id in needed))
    if loop:
        yield loop
        return
    checks = NodeChecks(object_info, prompt, suggestions)
    surely_needed = needed_by(outputs, prompt)
    for node_id, node in _in_order(prompt):
        if node_id in surely_needed and isinstance(object_info.get(node["class_type"]), Mapping):
            yield from checks.problems(node_id)


def run_problems(prompt: Mapping[str, Any]) -> list[str]:
    """What every server would refuse, whatever nodes it knows, one sentence each, the first few and how many more.

    Args:
        prompt: The API prompt. A class that is not known may be an output.
    """
    return first_few(_problems_anywhere(prompt), "problems")


def _problems_anywhere(prompt: Mapping[str, Any]) -> Iterator[str]:
    needed = needed_by(possible_outputs(prompt) or prompt, prompt)
    loop = first_loop(prompt, (node_id for node_id in prompt if node_id in needed))
    if loop:
        yield loop
    if not output_node_ids(prompt):
        yield _NO_OUTPUT
    for node_id, node in _in_order(prompt):
        if node_id in needed:
            yield from _odd_links(node_id, node)


def _odd_links(node_id: str, node: Mapping[str, Any]) -> Iterator[str]:
    for name, value in node["inputs"].items():
        link = link_of(value)
        fault = link_fault(value) if link is not None else ""
        if link is not None and fault:
            yield f"{label(node['class_type'], node_id)}: {odd_link_words(name, link, fault)}"


def _in_order(prompt: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return sorted(prompt.items(), key=lambda item: natural_order(item[0]))
