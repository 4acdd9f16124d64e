"""A workflow of a plain server, as the editor saves it and as it runs, and one program about it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pulumi_comfy as comfy
from pulumi_comfy import workflows

MODEL = "portrait.safetensors"
TEXT, SEED, SAVE = "2", "5", "7"
"""Ids of the nodes that take the words, the seed and the name of the file."""


def node(node_id: int, kind: str, values: list[Any], inputs: dict[str, str], outputs: str) -> dict[str, Any]:
    return {
        "id": node_id,
        "type": kind,
        "pos": [node_id * 200, 100],
        "size": [200, 100],
        "flags": {},
        "order": node_id,
        "mode": 0,
        "inputs": [{"name": name, "type": type_, "link": None} for name, type_ in inputs.items()],
        "outputs": [{"name": type_, "type": type_, "links": []} for type_ in outputs.split()],
        "properties": {"Node name for S&R": kind},
        "widgets_values": values,
    }


def make_graph(steps: int = 4, words: str = "a lighthouse", model: str = MODEL) -> dict[str, Any]:
    """The editor's graph: text to image with seven nodes."""
    nodes = [
        node(1, "CheckpointLoaderSimple", [model], {}, "MODEL CLIP VAE"),
        node(2, "CLIPTextEncode", [words], {"clip": "CLIP"}, "CONDITIONING"),
        node(3, "CLIPTextEncode", ["blurry"], {"clip": "CLIP"}, "CONDITIONING"),
        node(4, "EmptyLatentImage", [128, 96, 1], {}, "LATENT"),
        node(
            5,
            "KSampler",
            [7, "randomize", steps, 7.5, "euler", "normal", 1],
            {"model": "MODEL", "positive": "CONDITIONING", "negative": "CONDITIONING", "latent_image": "LATENT"},
            "LATENT",
        ),
        node(6, "VAEDecode", [], {"samples": "LATENT", "vae": "VAE"}, "IMAGE"),
        node(7, "SaveImage", ["portrait"], {"images": "IMAGE"}, ""),
    ]
    ends = [(1, 0, 5, 0), (1, 1, 2, 0), (1, 1, 3, 0), (2, 0, 5, 1), (3, 0, 5, 2), (4, 0, 5, 3)]
    ends += [(5, 0, 6, 0), (1, 2, 6, 1), (6, 0, 7, 0)]
    links = []
    for number, (origin, slot, target, place) in enumerate(ends, 1):
        into = nodes[target - 1]["inputs"][place]
        into["link"] = number
        nodes[origin - 1]["outputs"][slot]["links"].append(number)
        links.append([number, origin, slot, target, place, into["type"]])
    head = {"last_node_id": 7, "last_link_id": len(links), "version": 0.4}
    return {**head, "nodes": nodes, "links": links, "groups": [], "config": {}, "extra": {}}


def moved(graph: dict[str, Any]) -> dict[str, Any]:
    """The same workflow after somebody has tidied it up."""
    tidy = copy.deepcopy(graph)
    for one in tidy["nodes"]:
        one["pos"] = [one["pos"][0], 900]
    return tidy


def make_prompt(words: str = "a lighthouse") -> dict[str, Any]:
    """The same as the editor exports it."""
    inputs: dict[str, dict[str, Any]] = {
        "CheckpointLoaderSimple 1": {"ckpt_name": MODEL},
        "CLIPTextEncode 2": {"text": words, "clip": ["1", 1]},
        "CLIPTextEncode 3": {"text": "blurry", "clip": ["1", 1]},
        "EmptyLatentImage 4": {"width": 128, "height": 96, "batch_size": 1},
        "KSampler 5": {
            "seed": 7,
            "steps": 4,
            "cfg": 7.5,
            "sampler_name": "euler",
            "scheduler": "normal",
            "denoise": 1,
            "model": ["1", 0],
            "positive": ["2", 0],
            "negative": ["3", 0],
            "latent_image": ["4", 0],
        },
        "VAEDecode 6": {"samples": ["5", 0], "vae": ["1", 2]},
        "SaveImage 7": {"images": ["6", 0], "filename_prefix": "portrait"},
    }
    return {key.split()[1]: {"class_type": key.split()[0], "inputs": one} for key, one in inputs.items()}


SIMPLE_PROMPT: dict[str, Any] = {
    "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 48, "batch_size": 1, "color": 255}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "check"}},
}
"""What needs no model."""


def make_simple_graph(color: int = 255, prefix: str = "check", **nodes: str) -> dict[str, Any]:
    """EmptyImage into SaveImage, as the editor saves it; `nodes` gives other classes: `_1="Foo"`."""
    made = [
        node(1, nodes.get("_1", "EmptyImage"), [64, 48, 1, color], {}, "IMAGE"),
        node(2, nodes.get("_2", "SaveImage"), [prefix], {"images": "IMAGE"}, ""),
    ]
    made[0]["outputs"][0]["links"], made[1]["inputs"][0]["link"] = [1], 1
    head = {"last_node_id": 2, "last_link_id": 1, "version": 0.4, "groups": [], "config": {}, "extra": {}}
    return {**head, "nodes": made, "links": [[1, 1, 0, 2, 0, "IMAGE"]]}


def digest_in(content: str | None) -> str:
    """What a file means; empty where it is no workflow."""
    try:
        return workflows.parse(content or "").digest
    except workflows.WorkflowError:
        return ""


def files(comfyui: Any) -> list[dict[str, Any]]:
    """The workflow files, with the id that a program sees and what they mean."""
    rows = [row for row in comfyui.dump()["userdata"] if row["path"].startswith("workflows/")]
    return [{"id": row["path"], "user": row["user"], "digest": digest_in(row.get("text"))} for row in rows]


def runs(comfyui: Any) -> list[dict[str, Any]]:
    """Every prompt that was queued but a stranger's, oldest first; also what was taken out of the queue."""
    words = {"completed": "success"}
    rows = sorted(comfyui.dump(include_deleted=True)["jobs"], key=lambda row: row["number"])
    return [
        {**row, "status": words.get(row["status"], row["status"])}
        for row in rows
        if (row["extra_data"] or {}).get("client_id") != "a stranger"
    ]


class Program:
    """A workflow file, whose arguments may change between operations."""

    def __init__(self) -> None:
        self.arguments: dict[str, Any] = {"name": "portrait", "workflow": make_graph()}
        self.is_declared = True

    def run(self) -> None:
        if self.is_declared:
            comfy.comfyui.Workflow("portrait", **self.arguments)


def text(graph: dict[str, Any]) -> str:
    """As the editor writes it into a file."""
    return json.dumps(graph)
