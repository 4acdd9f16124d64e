"""A deterministic subset of ComfyUI: which outputs a prompt makes, and the picture each of them shows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pulumi_comfy.emulator.comfyui.graph import Graph, is_link, nodes
from pulumi_comfy.emulator.images import Picture

_IMAGE_OUTPUTS = {
    "SaveImage": "output",
    "PreviewImage": "temp",
    "SaveImageWebsocket": "output",
    "Image Save": "output",
    "ComfyDeployOutputImage": "output",
    "ComfyUIDeployOutputImage": "output",
    "ComfyDeployStdOutputImage": "output",
}
_VIDEO_OUTPUTS = ("VHS_VideoCombine", "SaveAnimatedWEBP", "SaveAnimatedPNG", "SaveWEBM", "SaveVideo")
_TEXT_OUTPUTS = ("ComfyDeployOutputText", "SaveText", "ShowText|pysssss", "PreviewAny", "ComfyDeployStdOutputAny")
_FILE_OUTPUTS = ("ComfyDeployOutputFile", "SaveAudio", "SaveAudioMP3", "SaveGLB")
_TEXT_FIELDS = ("text", "string", "value", "text_g", "clip_l", "t5xxl", "prompt", "default_value")
_LARGEST_SEED = 2**64


@dataclass(frozen=True)
class Output:
    """What one output node makes: `kind` is image, video, text or file."""

    node_id: str
    node_class: str
    kind: str
    pictures: tuple[Picture, ...] = ()
    text: str = ""
    # "output" or "temp".
    folder: str = "output"
    filename_prefix: str = "ComfyUI"
    output_id: str | None = None


def output_kind(node_class: str) -> str | None:
    """What an output node makes; None for any other node."""
    if node_class in _IMAGE_OUTPUTS:
        return "image"
    if node_class in _VIDEO_OUTPUTS:
        return "video"
    if node_class in _TEXT_OUTPUTS:
        return "text"
    return "file" if node_class in _FILE_OUTPUTS else None


def evaluate(graph: Graph, random_seed: int) -> list[Output]:
    """The outputs of a prompt whose run inputs are already written in.

    Args:
        graph: The API prompt.
        random_seed: Stands for a seed that is -1 (an external seed left to chance).
    """
    reader = _Reader(graph, random_seed)
    found = []
    for node_id, node_class, inputs in nodes(graph):
        kind = output_kind(node_class)
        if kind is not None:
            found.append(_output(reader, node_id, node_class, kind, inputs))
    return found


def picture_at(graph: Graph, node_id: str) -> Picture:
    """What reaches a node, the first of a batch."""
    return _Reader(graph, 0).pictures(node_id)[0]


def _output(reader: _Reader, node_id: str, node_class: str, kind: str, inputs: dict[str, Any]) -> Output:
    pictures = reader.pictures(node_id) if kind in {"image", "video"} else ()
    prefix = reader.text(inputs.get("filename_prefix")) or "ComfyUI"
    text = reader.first_text(node_id)
    if not text and "source" in inputs:
        text = str(reader.value(inputs["source"]))
    output_id = inputs.get("output_id")
    return Output(
        node_id=node_id,
        node_class=node_class,
        kind=kind,
        pictures=pictures if kind == "image" else pictures[:1],
        text=text,
        folder=_IMAGE_OUTPUTS.get(node_class, "output"),
        filename_prefix=prefix,
        output_id=output_id if isinstance(output_id, str) else None,
    )


class _Reader:
    """Follows links upstream and reads what a picture depends on."""

    def __init__(self, graph: Graph, random_seed: int) -> None:
        self._nodes = {node_id: (node_class, inputs) for node_id, node_class, inputs in nodes(graph)}
        self._random_seed = random_seed

    def upstream(self, node_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """A node and everything it depends on, nearest first."""
        queue, seen = [node_id], {node_id}
        while queue:
            current = queue.pop(0)
            if current not in self._nodes:
                continue
            node_class, inputs = self._nodes[current]
            yield node_class, inputs
            for value in inputs.values():
                if is_link(value) and value[0] not in seen:
                    seen.add(value[0])
                    queue.append(value[0])

    def value(self, value: Any, depth: int = 0) -> Any:
        """A literal, or what the linked node holds."""
        if not is_link(value):
            return value
        if depth > 20 or value[0] not in self._nodes:
            return None
        node_class, inputs = self._nodes[value[0]]
        # Number nodes parse the run's value out of `input_id` and fall back to the default (node pack).
        if node_class.startswith("ComfyUIDeployExternalNumber"):
            number = self.number(inputs.get("input_id"))
            return self.value(inputs.get("default_value"), depth + 1) if number is None else number
        for name in (*_TEXT_FIELDS, "seed", "noise_seed", "int", "number", "float"):
            if name in inputs:
                return self.value(inputs[name], depth + 1)
        return None

    def text(self, value: Any) -> str:
        """A value as text."""
        read = self.value(value)
        return read if isinstance(read, str) else ""

    def number(self, value: Any) -> float | int | None:
        """A value as a finite number; None when it is none."""
        read = self.value(value)
        if isinstance(read, bool):
            return int(read)
        if isinstance(read, str):
            try:
                read = int(read)
            except ValueError:
                try:
                    read = float(read)
                except ValueError:
                    return None
        if isinstance(read, int):
            return read
        return read if isinstance(read, float) and math.isfinite(read) else None

    def first_text(self, node_id: str) -> str:
        """The nearest text upstream."""
        for _, inputs in self.upstream(node_id):
            for name in _TEXT_FIELDS:
                text = self.text(inputs.get(name))
                if text:
                    return text
        return ""

    def pictures(self, node_id: str) -> tuple[Picture, ...]:
        """One picture for each place of the batch that reaches an output node."""
        chain = list(self.upstream(node_id))
        sampler = _first(chain, "seed", "noise_seed") or {}
        latent = next((inputs for _, inputs in chain if "width" in inputs and "height" in inputs), {})
        model = next((inputs for _, inputs in chain if "ckpt_name" in inputs or "unet_name" in inputs), {})
        scheduler, guidance = _first(chain, "steps") or {}, _first(chain, "cfg", "guidance") or {}
        names = _first(chain, "sampler_name") or {}
        batch = int(self.number(latent.get("batch_size")) or 1)
        return tuple(
            Picture(
                width=int(self.number(latent.get("width")) or 512),
                height=int(self.number(latent.get("height")) or 512),
                prompt=self._conditioning(sampler, "positive") or self.first_text(node_id),
                negative=self._conditioning(sampler, "negative"),
                seed=self._seed(sampler),
                steps=int(self.number(scheduler.get("steps")) or 20),
                sampler=self.text(names.get("sampler_name")) or "euler",
                cfg=float(self.number(guidance.get("cfg", guidance.get("guidance"))) or 7.0),
                model=self.text(model.get("ckpt_name", model.get("unet_name"))),
                index=index,
            )
            for index in range(max(1, min(batch, 16)))
        )

    def _conditioning(self, sampler: dict[str, Any], name: str) -> str:
        link: Any = sampler.get(name)
        return self.first_text(link[0]) if is_link(link) else ""

    def _seed(self, sampler: dict[str, Any]) -> int:
        seed = self.number(sampler.get("seed", sampler.get("noise_seed", 0)))
        if seed is None:
            return 0
        return int(seed) if 0 <= seed < _LARGEST_SEED else self._random_seed


def _first(chain: list[tuple[str, dict[str, Any]]], *names: str) -> dict[str, Any] | None:
    return next((inputs for _, inputs in chain if any(name in inputs for name in names)), None)
