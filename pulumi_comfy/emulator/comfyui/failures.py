"""Why a run fails by itself, in the words that ComfyUI prints."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi_comfy.emulator.comfyui.core_nodes import is_core
from pulumi_comfy.emulator.comfyui.evaluate import output_kind
from pulumi_comfy.emulator.comfyui.graph import Graph, is_link, nodes
from pulumi_comfy.emulator.comfyui.validation import invalid_inputs
from pulumi_comfy.emulator.settings import Settings


@dataclass(frozen=True)
class Image:
    """What a prompt runs on.

    Attributes:
        commands: What made it.
        breaks_inference: Whether they left something on which every run fails.
        is_plain: It holds ComfyUI and the platform's own node pack, and nothing else.
    """

    commands: str = ""
    breaks_inference: bool = False
    is_plain: bool = False


def failure_log(graph: Graph, image: Image | None, settings: Settings) -> list[str]:
    """The log of the failure that this prompt meets on this image; empty when nothing stands in its way.

    Args:
        graph: The API prompt with the run's inputs written in.
        image: What it runs on; None where every class is taken to be installed.
        settings: What the machine lacks.
    """
    if image is not None and image.breaks_inference:
        return [
            "!!! Exception during processing !!! CUDA error: no kernel image is available for execution on the device",
            "Traceback (most recent call last):",
            '  File "/comfyui/execution.py", line 496, in execute',
            "RuntimeError: CUDA error: no kernel image is available for execution on the device",
        ]
    missing = list(_missing_classes(graph, image, settings))
    if missing:
        return [
            f"invalid prompt: Cannot execute because node {node_class} does not exist. (node {node_id})"
            for node_id, node_class in missing
        ]
    if not any(output_kind(node_class) for _, node_class, _ in nodes(graph)):
        return ["invalid prompt: Prompt has no outputs"]
    problems = [*_broken_links(graph), *_missing_models(graph, settings), *invalid_inputs(graph)]
    if problems:
        return ["Failed to validate prompt for output:", *problems, "Output will be ignored", "invalid prompt"]
    return []


def _missing_classes(graph: Graph, image: Image | None, settings: Settings) -> Iterator[tuple[str, str]]:
    installed = "" if image is None else image.commands.lower()
    for node_id, node_class, _ in nodes(graph):
        pack = settings.custom_node_packs.get(node_class)
        is_unknown = node_class.startswith(tuple(settings.broken_class_prefixes))
        is_unknown = is_unknown or node_class in settings.missing_node_classes
        if image is not None and image.is_plain:
            is_unknown = is_unknown or not (is_core(node_class) or node_class in settings.more_node_classes)
        if is_unknown or (pack is not None and image is not None and pack.lower() not in installed):
            yield node_id, node_class


def _broken_links(graph: Graph) -> Iterator[str]:
    for node_id, node_class, inputs in nodes(graph):
        for name, value in inputs.items():
            if is_link(value) and value[0] not in graph:
                yield f"* {node_class} {node_id}: - Exception when validating inner node: '{value[0]}' ({name})"


def _missing_models(graph: Graph, settings: Settings) -> Iterator[str]:
    for node_id, node_class, inputs in nodes(graph):
        for name, value in _texts(inputs):
            if value in settings.missing_models:
                yield f"* {node_class} {node_id}: - Value not in list: {name}: '{value}' not in (list of length 0)"


def _texts(inputs: dict[str, Any]) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in inputs.items() if isinstance(value, str))


@dataclass(frozen=True)
class NodeFailure:
    """What a node raised while it ran."""

    exception_type: str
    message: str


def node_failure(
    node_class: str, inputs: dict[str, Any], size: tuple[int, int], corrupt: Collection[str]
) -> NodeFailure | None:
    """What makes this node fail although its inputs are valid.

    Args:
        node_class: Its class.
        inputs: Its inputs, as they stand in the prompt.
        size: Width and height of the picture that reaches it.
        corrupt: Model files that are there and hold no model.
    """
    if any(isinstance(value, str) and value in corrupt for value in inputs.values()):
        text = "Error while deserializing header: header too large\n"
        return NodeFailure("safetensors._safetensors_rust.SafetensorError", text)
    radius = inputs.get("blur_radius")
    if node_class == "ImageBlur" and isinstance(radius, int) and radius >= min(size):
        text = "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding"
        return NodeFailure(
            "RuntimeError", f"{text} ({radius}, {radius}) at dimension 3 of input [1, 3, {size[1]}, {size[0]}]\n"
        )
    prefix = inputs.get("filename_prefix")
    if isinstance(prefix, str) and posixpath.normpath(prefix).startswith(("..", "/")):
        text = "**** ERROR: Saving image outside the output folder is not allowed."
        return NodeFailure("Exception", f"{text}\n full_output_folder: {prefix}\n output_dir: output\n commonpath: \n")
    return None


def told_failure(lines: Sequence[str]) -> NodeFailure:
    """What a plan's log says: `RuntimeError: words`, or words alone."""
    text = "\n".join(lines) or "The node failed"
    kind, _, words = text.partition(": ")
    if words and re.fullmatch(r"[\w.]*(Error|Exception)", kind):
        return NodeFailure(kind, words)
    return NodeFailure("torch.OutOfMemoryError" if "out of memory" in text.lower() else "RuntimeError", text)
