"""Small documents for the tests of this room, and ways to change them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pulumi_comfy.workflows import Document, describe_changes, parse

CHECKOUT = Path(__file__).resolve().parents[2]
SHARED = CHECKOUT.parent / "shared"
REAL_WORKFLOWS = SHARED / "workflows"
QUICKSTART = CHECKOUT / "examples" / "comfydeploy-quickstart"

BIG_SEED = 2**64 - 1


def make_prompt() -> dict[str, Any]:
    """A text-to-image prompt with two ComfyDeploy inputs."""
    return {
        "1": {
            "class_type": "ComfyUIDeployExternalText",
            "inputs": {
                "input_id": "prompt",
                "default_value": "a cat",
                "display_name": "Prompt",
                "description": "What.",
            },
        },
        "3": {
            "class_type": "KSampler",
            "inputs": {
                "seed": 5,
                "steps": 20,
                "cfg": 7.5,
                "sampler_name": "euler",
                "scheduler": "normal",
                "denoise": 1,
                "model": ["4", 0],
                "positive": ["6", 0],
                "negative": ["6", 0],
                "latent_image": ["5", 0],
            },
            "_meta": {"title": "Sampler"},
        },
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "a.safetensors"}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["1", 0], "clip": ["4", 1]}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x", "images": ["8", 0]}},
    }


def port(name: str, link: int | None = None, *, widget: bool = False) -> dict[str, Any]:
    """An input of a graph node."""
    made: dict[str, Any] = {"name": name, "type": "*", "link": link}
    return {**made, "widget": {"name": name}} if widget else made


def node(node_id: int, kind: str, *ports: dict[str, Any], widgets: Any = (), **more: Any) -> dict[str, Any]:
    """A node of a graph, with the decoration the editor saves."""
    values = list(widgets) if isinstance(widgets, tuple) else widgets
    decoration = {"pos": [node_id * 10, 5], "size": [210, 46], "flags": {}, "order": node_id, "mode": 0}
    return {"id": node_id, "type": kind, **decoration, "inputs": list(ports), "widgets_values": values, **more}


def make_graph(*, control: str = "fixed", seed: Any = 5) -> dict[str, Any]:
    """The graph that `make_prompt` is the export of."""
    return {
        "last_node_id": 9,
        "last_link_id": 9,
        "nodes": [
            node(1, "ComfyUIDeployExternalText", widgets=("prompt", "a cat", "Prompt", "What.")),
            node(
                3,
                "KSampler",
                port("model", 1),
                port("positive", 2),
                port("negative", 3),
                port("latent_image", 4),
                widgets=(seed, control, 20, 7.5, "euler", "normal", 1),
            ),
            node(4, "CheckpointLoaderSimple", widgets=("a.safetensors",)),
            node(5, "EmptyLatentImage", widgets=(64, 64, 1)),
            node(6, "CLIPTextEncode", port("clip", 5), port("text", 6, widget=True), widgets=("a cat",)),
            node(8, "VAEDecode", port("samples", 7), port("vae", 8)),
            node(9, "SaveImage", port("images", 9), widgets=("x",)),
        ],
        "links": [
            [1, 4, 0, 3, 0, "MODEL"],
            [2, 6, 0, 3, 1, "CONDITIONING"],
            [3, 6, 0, 3, 2, "CONDITIONING"],
            [4, 5, 0, 3, 3, "LATENT"],
            [5, 4, 1, 6, 0, "CLIP"],
            [6, 1, 0, 6, 1, "STRING"],
            [7, 3, 0, 8, 0, "LATENT"],
            [8, 4, 2, 8, 1, "VAE"],
            [9, 8, 0, 9, 0, "IMAGE"],
        ],
        "groups": [],
        "config": {},
        "extra": {"ds": {"scale": 1, "offset": [0, 0]}},
        "version": 0.4,
    }


def subgraph(part_id: str = "aaaa-bbbb", name: str = "Refine") -> dict[str, Any]:
    """A subgraph definition around one KSampler."""
    return {
        "id": part_id,
        "name": name,
        "inputs": [{"name": "model", "type": "MODEL"}, {"name": "latent", "type": "LATENT"}],
        "outputs": [{"name": "samples", "type": "LATENT"}],
        "widgets": [],
        "nodes": [
            node(
                2,
                "KSampler",
                port("model", 1),
                port("latent_image", 2),
                widgets=(7, "randomize", 20, 7, "euler", "normal", 1),
            )
        ],
        "links": [
            {"id": 1, "origin_id": -10, "origin_slot": 0, "target_id": 2, "target_slot": 0, "type": "MODEL"},
            {"id": 2, "origin_id": -10, "origin_slot": 1, "target_id": 2, "target_slot": 1, "type": "LATENT"},
            {"id": 3, "origin_id": 2, "origin_slot": 0, "target_id": -20, "target_slot": 0, "type": "LATENT"},
        ],
    }


def graph_with_subgraph() -> dict[str, Any]:
    """`make_graph` with an instance of `subgraph` that nothing else depends on."""
    graph = make_graph()
    graph["nodes"].append(node(20, "aaaa-bbbb", port("model", 10), port("latent", 11)))
    graph["links"] += [[10, 4, 0, 20, 0, "MODEL"], [11, 3, 0, 20, 1, "LATENT"]]
    graph["definitions"] = {"subgraphs": [subgraph()]}
    return graph


def node_of(graph: dict[str, Any], node_id: int) -> dict[str, Any]:
    """The node of that id."""
    found: dict[str, Any] = next(each for each in graph["nodes"] if each["id"] == node_id)
    return found


def document(graph: Any = None, prompt: Any = None) -> Document:
    """A document by way of JSON text, as users give it."""
    if graph is None:
        return parse(json.dumps(prompt))
    return parse(json.dumps(graph), None if prompt is None else json.dumps(prompt))


def changed(value: Any, change: Callable[[Any], object]) -> Any:
    """A copy of the value to which the change was done."""
    copied = copy.deepcopy(value)
    change(copied)
    return copied


def words(old: Document, new: Document) -> list[str]:
    """What `describe_changes` says, after asserting that it speaks exactly when the digests differ."""
    told = describe_changes(old, new)

    assert bool(told) == (old.digest != new.digest)
    return told
