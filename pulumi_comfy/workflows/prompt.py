"""Reading the API prompt: its links, its outputs, its node classes, the model files it names, its seeds.

Facts: docs/workflow-documents.md.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = [
    "SEED_NAMES",
    "ModelFile",
    "is_model_file",
    "label",
    "link_fault",
    "link_of",
    "model_files",
    "natural_order",
    "node_classes",
    "output_node_ids",
    "seed_places",
    "seed_source",
    "unwrapped",
    "vary_seed",
]

SEED_NAMES = frozenset({"seed", "noise_seed"})
"""Names of the inputs that ComfyUI's own nodes take a seed by (4.4)."""

_VALUE_NAMES = ("value", "default_value", *sorted(SEED_NAMES))
"""Where the node that feeds a seed keeps its number: primitives, external inputs, seed nodes."""

_OUTPUT_CLASS = re.compile(r"^(Save|Preview|ComfyDeployOutput|ComfyDeployStdOutput)|^VHS_VideoCombine$")
"""Node classes known to be outputs without asking a server."""

_PASSES_ON = re.compile(
    r"^(KSampler|SamplerCustom|Basic(Guider|Scheduler)$|CFGGuider$|FluxGuidance$|RandomNoise$|ModelSampling)"
    r"|^(VAE(Decode|Encode)|CLIP(TextEncode|SetLastLayer|VisionEncode)|ControlNetApply|Conditioning|Empty.*(Image|Latent))"
    r"|^(CheckpointLoader|Lora(Loader|.*ModelOnly)|UNETLoader$|VAELoader$|(Dual|Triple)?CLIPLoader|ControlNetLoader$)"
    r"|^(LoadImage|Latent(Upscale|Composite|Batch)|Image(Scale|Crop|Invert|Batch|UpscaleWithModel|PadForOutpaint)|MaskTo)"
)
"""ComfyUI's own classes that hand their result to another node: at the end of a prompt they deliver nothing."""

_MODEL_SUFFIX = re.compile(r"\.(safetensors|sft|ckpt|pt|pth|bin|gguf|onnx)$", re.IGNORECASE)

_MODEL_INPUTS = frozenset(
    {
        "ckpt_name",
        "clip_name",
        "clip_name1",
        "clip_name2",
        "clip_name3",
        "clip_name4",
        "control_net_name",
        "gligen_name",
        "hypernetwork_name",
        "lora_name",
        "photomaker_model_name",
        "style_model_name",
        "unet_name",
        "vae_name",
    }
)
"""Inputs of ComfyUI's own loaders that name a file of the models folder, whatever its suffix."""

_NOT_A_FILE = frozenset({"", "none", "pixel_space"})


@dataclass(frozen=True)
class ModelFile:
    """A model file that a prompt names.

    Attributes:
        name: The file's name as written, with its folder if it has one.
        node_id: The node that names it.
        class_type: That node's class.
        input_name: The input that holds the name.
    """

    name: str
    node_id: str
    class_type: str
    input_name: str


def label(class_type: str, node_id: str) -> str:
    """How a person finds the node: `KSampler #3`."""
    return f"{class_type} #{node_id}"


def natural_order(node_id: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key for node ids: 2 before 10, 5:2 (inside a subgraph) after 5."""
    return tuple(
        (0, int(part), part) if part.isascii() and part.isdecimal() else (1, 0, part) for part in node_id.split(":")
    )


def link_of(value: object) -> tuple[str, int] | None:
    """The node id and output slot that an input is linked to, None for a value (4.3)."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    origin, slot = value
    if isinstance(origin, bool) or not isinstance(origin, (str, int)):
        return None
    if isinstance(slot, bool) or not (isinstance(slot, int) or (isinstance(slot, float) and slot.is_integer())):
        return None
    return str(origin), int(slot)


def link_fault(value: list[Any]) -> str:
    """What keeps every server from following a link that `link_of` reads; empty when nothing does.

    Servers look nodes up by text and outputs by whole number: `[6, 0]` and `["6", 0.0]` are refused.
    """
    if not isinstance(value[0], str):
        return "its node id is a number"
    return "its output has a decimal point" if isinstance(value[1], float) else ""


def unwrapped(value: Any) -> Any:
    """The value inside `{"__value__": ...}`, which keeps a list from being taken for a link; else the value itself."""
    return value["__value__"] if isinstance(value, dict) and "__value__" in value else value


def node_classes(prompt: Mapping[str, Any]) -> list[str]:
    """The node classes that a prompt uses, each once, sorted."""
    return sorted({node["class_type"] for node in prompt.values()})


def output_node_ids(prompt: Mapping[str, Any], object_info: Mapping[str, Any] | None = None) -> list[str]:
    """Ids of the nodes that deliver results, in natural order.

    Args:
        prompt: The API prompt.
        object_info: A live server's node descriptions, which know it for certain (`output_node`, 3.5).
            Without them the well-known output classes count, and when there is none of these, the nodes that receive
            something and feed nothing, unless their class is known to be no output.
    """
    if object_info is not None:
        known = [key for key, node in prompt.items() if _is_output(object_info, node["class_type"])]
        return sorted(known, key=natural_order)
    known = [key for key, node in prompt.items() if _OUTPUT_CLASS.search(node["class_type"])]
    if not known:
        feeding = {link[0] for node in prompt.values() for _, link in _links(node)}
        ends = [key for key, node in prompt.items() if key not in feeding and any(_links(node))]
        known = [key for key in ends if not _PASSES_ON.search(prompt[key]["class_type"])]
    return sorted(known, key=natural_order)


def _is_output(object_info: Mapping[str, Any], class_type: str) -> bool:
    info = object_info.get(class_type)
    return isinstance(info, Mapping) and bool(info.get("output_node"))


def _links(node: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, int]]]:
    for name, value in node["inputs"].items():
        link = link_of(value)
        if link is not None:
            yield name, link


def model_files(prompt: Mapping[str, Any]) -> list[ModelFile]:
    """The model files that a prompt names, ordered by node and input: by the loaders' inputs and by file suffix."""
    found = [
        ModelFile(value, node_id, node["class_type"], name)
        for node_id, node in prompt.items()
        for name, value in node["inputs"].items()
        if isinstance(value, str) and is_model_file(name, value)
    ]
    return sorted(found, key=lambda file: (natural_order(file.node_id), file.input_name))


def is_model_file(name: str, value: str) -> bool:
    """Whether the text that an input of this name holds is the name of a model file."""
    if value.strip().lower() in _NOT_A_FILE or "://" in value:
        return False
    return name in _MODEL_INPUTS or ("\n" not in value and _MODEL_SUFFIX.search(value) is not None)


def seed_source(prompt: Mapping[str, Any], node_id: str, name: str) -> tuple[str, str] | None:
    """Where the number of a seed input stands: the input itself, or that of the node which feeds it directly.

    Returns:
        The node id and input name that hold a whole number, or None when a node further away makes the seed.
    """
    value = prompt[node_id]["inputs"].get(name)
    if _is_whole(value):
        return node_id, name
    link = link_of(value)
    if link is None or link[0] not in prompt:
        return None
    held = prompt[link[0]]["inputs"]
    return next(((link[0], key) for key in _VALUE_NAMES if _is_whole(held.get(key))), None)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def vary_seed(prompt: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """A copy of the prompt in which every seed is `seed`, so that no server answers from its cache (7.2).

    Args:
        prompt: The API prompt; it stays as it is.
        seed: The seed, 0 to 2^64-1.
    """
    varied = copy.deepcopy(dict(prompt))
    for node_id, name in seed_places(prompt):
        varied[node_id]["inputs"][name] = seed
    return varied


def seed_places(prompt: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The node id and input name of every number that is a seed, each once, in the order of the prompt."""
    found = [
        seed_source(prompt, node_id, name)
        for node_id, node in prompt.items()
        for name in sorted(SEED_NAMES & node["inputs"].keys())
    ]
    return list(dict.fromkeys(place for place in found if place is not None))
