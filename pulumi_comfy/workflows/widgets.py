"""Widgets of the editor's graph: which value is which, and which seeds the editor rewrites (reference 4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from pulumi_comfy.workflows.graph import PRIMITIVE, GraphView, all_definitions, list_of_objects, read_graph
from pulumi_comfy.workflows.prompt import SEED_NAMES, link_of

__all__ = ["CONTROL", "controlled_positions", "rewritten_seeds", "widget_names", "widget_values"]

CONTROL = "control_after_generate"
"""The editor's name for the widget behind a seed that says what becomes of it after each run."""

_CONTROLS = frozenset({"fixed", "increment", "decrement", "randomize"})

_PREVIEWS = frozenset({"videopreview"})
"""What packs that store widgets by name add for their own player."""

_EXTERNAL = "ComfyUIDeployExternal"
_SAMPLER = ("seed", CONTROL, "steps", "cfg", "sampler_name", "scheduler", "denoise")
_SIZE = ("width", "height", "batch_size")
_SLIDER = ("input_id", "default_value", "min_value", "max_value", "display_name", "description")
_INPUT = ("input_id", "default_value", "display_name", "description")

_WIDGETS: Mapping[str, tuple[str, ...]] = {
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "CLIPLoader": ("clip_name", "type", "device"),
    "CLIPSetLastLayer": ("stop_at_clip_layer",),
    "CLIPTextEncode": ("text",),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "ControlNetApply": ("strength",),
    "ControlNetApplyAdvanced": ("strength", "start_percent", "end_percent"),
    "ControlNetLoader": ("control_net_name",),
    "DualCLIPLoader": ("clip_name1", "clip_name2", "type", "device"),
    "EmptyImage": (*_SIZE, "color"),
    "EmptyLatentImage": _SIZE,
    "EmptySD3LatentImage": _SIZE,
    "FluxGuidance": ("guidance",),
    "ImageScale": ("upscale_method", "width", "height", "crop"),
    "KSampler": _SAMPLER,
    "KSamplerAdvanced": (
        "add_noise",
        "noise_seed",
        CONTROL,
        "steps",
        "cfg",
        "sampler_name",
        "scheduler",
        "start_at_step",
        "end_at_step",
        "return_with_leftover_noise",
    ),
    "KSamplerSelect": ("sampler_name",),
    "LoadImage": ("image", "upload"),
    "LoadImageMask": ("image", "channel", "upload"),
    "LoraLoader": ("lora_name", "strength_model", "strength_clip"),
    "LoraLoaderModelOnly": ("lora_name", "strength_model"),
    "ModelSamplingSD3": ("shift",),
    "PrimitiveInt": ("value", CONTROL),
    PRIMITIVE: ("value", CONTROL, "control_filter_list"),
    "RandomNoise": ("noise_seed", CONTROL),
    "SaveAnimatedWEBP": ("filename_prefix", "fps", "lossless", "quality", "method"),
    "SaveImage": ("filename_prefix",),
    "UNETLoader": ("unet_name", "weight_dtype"),
    "UpscaleModelLoader": ("model_name",),
    "VAEDecodeTiled": ("tile_size", "overlap", "temporal_size", "temporal_overlap"),
    "VAELoader": ("vae_name",),
    f"{_EXTERNAL}Boolean": _INPUT,
    f"{_EXTERNAL}Number": _INPUT,
    f"{_EXTERNAL}NumberInt": _INPUT,
    f"{_EXTERNAL}NumberSlider": _SLIDER,
    f"{_EXTERNAL}NumberSliderInt": _SLIDER,
    f"{_EXTERNAL}Seed": _SLIDER,
    f"{_EXTERNAL}Text": _INPUT,
    f"{_EXTERNAL}TextAny": _INPUT,
    f"{_EXTERNAL}TextSingleLine": _INPUT,
}
"""Names of the widgets in the order in which the editor saves their values. They serve the words of a diff; the digest
does not depend on them."""


def widget_values(node: Mapping[str, Any]) -> list[Any] | dict[str, Any]:
    """The values of a node's widgets: by position, or by name as some packs store them (reference 4.2)."""
    values = node.get("widgets_values")
    if isinstance(values, dict):
        return {name: value for name, value in values.items() if name not in _PREVIEWS}
    return values if isinstance(values, list) else []


def controlled_positions(node: Mapping[str, Any]) -> set[int | str]:
    """Positions (or names) of the widgets whose value the editor rewrites after each run.

    A number that is followed by `increment`, `decrement` or `randomize` is such a seed; `fixed` is not (reference 4.5).
    A `PrimitiveNode` may step through a list of texts in the same way.
    """
    values = widget_values(node)
    if isinstance(values, dict):
        return {*SEED_NAMES & values.keys()} if _moves(values.get(CONTROL)) else set()
    return {
        position
        for position, (value, control) in enumerate(pairwise(values))
        if _moves(control) and (_is_number(value) or (node["type"] == PRIMITIVE and position == 0))
    }


def _moves(control: object) -> bool:
    return _is_control(control) and control != "fixed"


def _is_control(value: object) -> bool:
    return isinstance(value, str) and value in _CONTROLS


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def rewritten_seeds(graph: Mapping[str, Any], prompt: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Inputs of the prompt whose number the editor rewrites after each run, because the graph's control says so.

    The pair was exported together, so the graph's word holds for both: a seed is content only when its control is
    `fixed`. ComfyDeploy goes by the same word and draws such a seed anew for every run (reference 4.7).

    Returns:
        Pairs of node id and input name.
    """
    subgraphs = {str(inner.get("id")): read_graph(inner) for inner in all_definitions(graph)}
    return _rewritten_in(read_graph(graph), "", subgraphs, prompt, ())


def _rewritten_in(
    view: GraphView,
    prefix: str,
    subgraphs: Mapping[str, GraphView],
    prompt: Mapping[str, Any],
    inside: tuple[str, ...],
) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for node_id, node in view.nodes.items():
        kind = node["type"]
        if kind in subgraphs and kind not in inside:
            # Nodes inside a subgraph appear in the prompt as "outer:inner" (reference 4.4).
            found |= _rewritten_in(subgraphs[kind], f"{prefix}{node_id}:", subgraphs, prompt, (*inside, kind))
            continue
        if not controlled_positions(node):
            continue
        if kind == PRIMITIVE:
            fed = [target for target, origin in view.edges.items() if origin[0] == node_id]
            found |= {(f"{prefix}{target}", name) for target, name in fed}
        else:
            found |= {(f"{prefix}{node_id}", name) for name in _seed_inputs(node, prompt.get(f"{prefix}{node_id}"))}
    return {(node_id, name) for node_id, name in found if link_of(_input(prompt, node_id, name)) is None}


def _input(prompt: Mapping[str, Any], node_id: str, name: str) -> object:
    return prompt[node_id]["inputs"].get(name) if node_id in prompt else None


def _seed_inputs(node: Mapping[str, Any], twin: Mapping[str, Any] | None) -> list[str]:
    """The inputs of a node's twin in the prompt that hold the node's moving seed.

    By the seed's usual names; else the only number that equals the graph's (so that no other number is ever ignored).
    """
    if twin is None or twin["class_type"] != node["type"]:
        return []
    by_name = [name for name in twin["inputs"] if name in SEED_NAMES]
    if by_name:
        return by_name
    values = widget_values(node)
    if isinstance(values, dict):
        return []
    controlled = controlled_positions(node)
    moving = [value for position, value in enumerate(values) if position in controlled]
    equal = [name for name, value in twin["inputs"].items() if _is_number(value) and value in moving]
    return equal if len(equal) == 1 else []


def widget_names(node: Mapping[str, Any], twin: Mapping[str, Any] | None = None) -> list[str]:
    """The names of a node's widgets, one for each of `widget_values`, each used once; they serve words only.

    Args:
        node: The node of the graph.
        twin: The same node of the API prompt, which names most of its values.

    Returns:
        The names of well-known classes, else of the node's own widget inputs, else of the prompt, else `widget 1`,
        `widget 2`, ...
    """
    values = widget_values(node)
    if isinstance(values, dict):
        return list(values)
    names = _known_names(node, values) or _own_names(node, values) or _names_of_twin(node, values, twin)
    found: list[str] = []
    for position in range(len(values)):
        name = names[position] if position < len(names) else ""
        found.append(name if name and name not in found else f"widget {position + 1}")
    return found


def _known_names(node: Mapping[str, Any], values: list[Any]) -> list[str]:
    names = list(_WIDGETS.get(node["type"], ()))
    if CONTROL in names:
        at = names.index(CONTROL)
        # Editors before the control existed, and packs that patch it away, save the values without it.
        if len(values) > at and not _is_control(values[at]):
            names.remove(CONTROL)
    return names


def _own_names(node: Mapping[str, Any], values: list[Any]) -> list[str]:
    """Names from `inputs[].widget.name`; newer editors list every widget there, older ones only the linked ones."""
    ports = [port.get("widget") for port in list_of_objects(node.get("inputs"))]
    return _with_controls([str(port.get("name", "")) for port in ports if isinstance(port, Mapping)], values)


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
        if _is_number(value) and _is_control(control)
    }
    if not names or len(names) + len(controls) != len(values):
        return []
    rest = iter(names)
    return [CONTROL if position in controls else next(rest) for position in range(len(values))]
