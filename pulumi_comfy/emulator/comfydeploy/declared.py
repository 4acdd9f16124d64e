"""What a workflow version declares: its external inputs and outputs, and the prompt with a run's inputs in it."""

from __future__ import annotations

import json
from typing import Any

from pulumi_comfy.emulator.comfyui.graph import Graph, nodes

_PREFIX = "ComfyUIDeployExternal"
_STRINGS = (
    *("Text", "TextAny", "TextSingleLine", "Image", "ImageAlpha", "ImageBatch", "Lora", "Checkpoint"),
    *("Video", "Enum", "EXR", "Audio", "File"),
)
INPUT_TYPES = {
    **{_PREFIX + name: "string" for name in _STRINGS},
    **{_PREFIX + name: "float" for name in ("Number", "NumberSlider")},
    **{_PREFIX + name: "integer" for name in ("NumberInt", "NumberSliderInt")},
    _PREFIX + "Boolean": "boolean",
    "ComfyDeployWebscoketImageInput": "binary",
}
# The field that a run input overwrites besides `input_id`, by class (2.5 and the node pack's table).
OVERWRITTEN = {
    **{_PREFIX + name: "default_value" for name in ("Text", "TextAny", "TextSingleLine", "Boolean", "Enum", "Seed")},
    _PREFIX + "Checkpoint": "default_value",
    _PREFIX + "ImageBatch": "images",
    _PREFIX + "Lora": "lora_url",
    _PREFIX + "Audio": "audio_file",
    _PREFIX + "EXR": "exr_file",
    _PREFIX + "File": "file_url",
    _PREFIX + "FaceModel": "face_model_url",
}
_STD_OUTPUTS = ("ComfyDeployStdOutputImage", "ComfyDeployStdOutputAny")


def input_types(graph: Any) -> list[dict[str, Any]] | None:
    """The declared inputs as `GET /deployment/{id}` gives them; None without an API prompt."""
    if not graph:
        return None
    return [_declared(kind, inputs) for _, kind, inputs in nodes(graph) if kind in INPUT_TYPES and "input_id" in inputs]


def shared_input_types(graph: Any) -> list[dict[str, Any]] | None:
    """The same for `GET /share/{user}/{slug}`, which leaves two keys out."""
    declared = input_types(graph)
    if declared is None:
        return None
    return [{name: value for name, value in item.items() if name not in {"enum_options", "step"}} for item in declared]


def _declared(kind: str, inputs: dict[str, Any]) -> dict[str, Any]:
    options = None
    if kind == _PREFIX + "Enum":
        try:
            options = json.loads(inputs.get("options") or "null")
        except ValueError:
            options = None
    return {
        "type": INPUT_TYPES[kind],
        "class_type": kind,
        "input_id": inputs["input_id"],
        "default_value": inputs.get("default_value"),
        "min_value": inputs.get("min_value"),
        "max_value": inputs.get("max_value"),
        "display_name": inputs.get("display_name") or "",
        "description": inputs.get("description") or "",
        "enum_options": options,
        "step": inputs.get("step"),
    }


def output_types(workflow: Any) -> list[dict[str, Any]] | None:
    """The declared outputs, read from the UI graph; None without one."""
    if not workflow:
        return None
    listed = workflow.get("nodes") if isinstance(workflow, dict) else None
    found = []
    for node in listed if isinstance(listed, list) else []:
        values = node.get("widgets_values") if isinstance(node, dict) else None
        if isinstance(node, dict) and node.get("type") in _STD_OUTPUTS and isinstance(values, list) and values:
            found.append({"class_type": node["type"], "output_id": str(values[0])})
    return found


def with_inputs(graph: Graph, given: dict[str, Any]) -> Graph:
    """The prompt with a run's inputs written in; unknown keys are ignored, as the platform does."""
    applied: Graph = {}
    for node_id, node in graph.items():
        inputs = node.get("inputs") if isinstance(node, dict) else None
        name = inputs.get("input_id") if isinstance(inputs, dict) else None
        if isinstance(inputs, dict) and isinstance(name, str) and name in given:
            changed = {"input_id", OVERWRITTEN.get(node.get("class_type"), "input_id")}
            applied[node_id] = {**node, "inputs": {**inputs, **dict.fromkeys(changed, given[name])}}
        else:
            applied[node_id] = node
    return applied
