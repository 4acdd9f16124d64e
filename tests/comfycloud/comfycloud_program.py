"""Documents of Comfy Cloud's tests, and one program whose arguments may change between operations."""

from __future__ import annotations

from typing import Any

import pulumi_comfy as comfy

CHECKPOINT = "dreamy.safetensors"
TEXT = "6"
"""The node that encodes the prompt."""
SEED = "3"
"""The sampler."""

NODES: list[tuple[int, str, list[str], list[str], list[Any]]] = [
    (4, "CheckpointLoaderSimple", [], ["MODEL", "CLIP", "VAE"], [CHECKPOINT]),
    (6, "CLIPTextEncode", ["clip"], ["CONDITIONING"], ["a cat"]),
    (7, "CLIPTextEncode", ["clip"], ["CONDITIONING"], ["blurry"]),
    (5, "EmptyLatentImage", [], ["LATENT"], [72, 72, 1]),
    (3, "KSampler", ["model", "positive", "negative", "latent_image"], ["LATENT"], []),
    (8, "VAEDecode", ["samples", "vae"], ["IMAGE"], []),
    (9, "SaveImage", ["images"], [], ["picture"]),
]
LINKS = [
    (1, 4, 0, 3, 0, "MODEL"),
    (2, 4, 1, 6, 0, "CLIP"),
    (3, 4, 1, 7, 0, "CLIP"),
    (4, 6, 0, 3, 1, "CONDITIONING"),
    (5, 7, 0, 3, 2, "CONDITIONING"),
    (6, 5, 0, 3, 3, "LATENT"),
    (7, 3, 0, 8, 0, "LATENT"),
    (8, 4, 2, 8, 1, "VAE"),
    (9, 8, 0, 9, 0, "IMAGE"),
]


def graph(steps: int = 20, text: str = "a cat", place: int = 0) -> dict[str, Any]:
    """ComfyUI's first graph as the editor saves it; `place` moves its nodes."""
    nodes = []
    for number, kind, inputs, outputs, values in NODES:
        ends = [link for link in LINKS if link[3] == number]
        nodes.append(
            {
                "id": number,
                "type": kind,
                "pos": [100 * number + place, 100],
                "size": [200, 100],
                "flags": {},
                "order": number,
                "mode": 0,
                "inputs": [
                    {"name": name, "type": ends[slot][5], "link": ends[slot][0]} for slot, name in enumerate(inputs)
                ],
                "outputs": [
                    {
                        "name": name,
                        "type": name,
                        "links": [link[0] for link in LINKS if (link[1], link[2]) == (number, slot)],
                    }
                    for slot, name in enumerate(outputs)
                ],
                "properties": {"Node name for S&R": kind},
                "widgets_values": {
                    3: [42, "randomize", steps, 7, "euler", "normal", 1],
                    6: [text],
                }.get(number, values),
            }
        )
    links = [list(link) for link in LINKS]
    return {
        "last_node_id": 9,
        "last_link_id": 9,
        "nodes": nodes,
        "links": links,
        "groups": [],
        "extra": {},
        "version": 0.4,
    }


def prompt(steps: int = 20, text: str = "a cat") -> dict[str, Any]:
    """The same as the editor exports it for the API."""
    names = {
        3: ["seed", "steps", "cfg", "sampler_name", "scheduler", "denoise"],
        4: ["ckpt_name"],
        5: ["width", "height", "batch_size"],
        6: ["text"],
        7: ["text"],
        9: ["filename_prefix"],
    }
    values = {3: [42, steps, 7, "euler", "normal", 1], 6: [text]}
    found = {}
    for number, kind, inputs, _outputs, told in NODES:
        own = dict(zip(names.get(number, []), values.get(number, told), strict=True))
        ends = {name: next(one for one in LINKS if one[3:5] == (number, slot)) for slot, name in enumerate(inputs)}
        linked = {name: [str(one[1]), one[2]] for name, one in ends.items()}
        found[str(number)] = {"class_type": kind, "inputs": {**own, **linked}, "_meta": {"title": kind}}
    return found


CHECK: dict[str, Any] = {"overrides": {TEXT: {"text": "a lighthouse"}}, "expect": {"kinds": ["images"]}}
"""A check that passes."""


class Program:
    """A workflow whose arguments may change between operations."""

    def __init__(self) -> None:
        self.arguments: dict[str, Any] = {"name": "hero", "workflow": graph()}
        self.is_declared = True

    def __call__(self) -> None:
        if self.is_declared:
            comfy.comfycloud.Workflow("hero", **self.arguments)


def steps_of(document: dict[str, Any]) -> Any:
    """How many steps a saved document has; None of another document."""
    node = next((one for one in document.get("nodes", ()) if one.get("type") == "KSampler"), None)
    return node["widgets_values"][2] if node else None


def versions(cloud: Any, workflow_id: str | None = None) -> list[dict[str, Any]]:
    """The versions of all workflows, or of one, oldest first."""
    found = cloud.dump(include_deleted=True)["versions"]
    return [row for row in found if workflow_id in (None, row["workflow_id"])]


def runs(cloud: Any) -> list[dict[str, Any]]:
    """Every run of a saved workflow, oldest first."""
    found: list[dict[str, Any]] = [row for row in cloud.dump(include_deleted=True)["jobs"] if row["workflow_id"]]
    return found
