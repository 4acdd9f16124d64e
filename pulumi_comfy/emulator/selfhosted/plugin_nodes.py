"""The node classes that the web app's plugin brings, as `object_info` tells them in short."""

from __future__ import annotations

from typing import Any

from pulumi_comfy.emulator.comfyui.node_specs import NodeClass

_KINDS = {
    "STRING": "Text TextSingleLine",
    "FLOAT": "Number NumberSlider",
    "INT": "NumberInt NumberSliderInt Seed",
    "BOOLEAN": "Boolean",
    "IMAGE": "Image ImageAlpha ImageBatch",
    "*": "TextAny Enum Lora Checkpoint Video Audio EXR FaceModel File",
}
_SHOWN = (
    *("ComfyDeployOutputImage", "ComfyUIDeployOutputImage", "ComfyDeployStdOutputImage", "ComfyDeployOutputText"),
    *("ComfyDeployStdOutputAny", "ComfyDeployOutputFile"),
)


def _external(kind: str) -> NodeClass:
    described = {name: ["STRING", {}] for name in ("display_name", "description")}
    inputs: dict[str, Any] = {
        "required": {"input_id": ["STRING", {}]},
        "optional": {"default_value": [kind], **described},
    }
    return {"input": inputs, "output": [kind], "output_node": False}


PLUGIN_NODES: dict[str, NodeClass] = {
    **{f"ComfyUIDeployExternal{name}": _external(kind) for kind, names in _KINDS.items() for name in names.split()},
    **{name: {"input": {"optional": {"images": ["*"]}}, "output": [], "output_node": True} for name in _SHOWN},
}
