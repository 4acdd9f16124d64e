"""What nodes show: files in the server's folders, texts, and what an error tells of a node's inputs."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from string import ascii_lowercase
from typing import Any

from pulumi_comfy.emulator.comfyui.evaluate import Output
from pulumi_comfy.emulator.comfyui.graph import Graph, is_link
from pulumi_comfy.emulator.comfyui.installation import Installation
from pulumi_comfy.emulator.comfyui.jobs import Job
from pulumi_comfy.emulator.comfyui.outputs import CHANNELS, files_of, outputs_of
from pulumi_comfy.emulator.images import with_texts

_ANIMATED = ("SaveAnimatedWEBP", "SaveAnimatedPNG", "SaveVideo", "SaveWEBM")
_SOUNDS = ("SaveAudio", "SaveAudioMP3")


class Saving:
    """Writes what the nodes make."""

    def __init__(self, state: Installation) -> None:
        self._state = state
        # What the names of a node's previews have in common, for as long as each prompt holds the node.
        self._letters: dict[tuple[str, str], str] = {}
        self._drawn = 0

    def begin(self, graph: Graph) -> None:
        """Another prompt: nodes that it does not hold lose what they were."""
        held = {(node_id, node.get("class_type")) for node_id, node in graph.items()}
        self._letters = {key: letters for key, letters in self._letters.items() if key in held}

    def restart(self) -> None:
        """A new process empties its temp folder."""
        self._letters.clear()
        self._state.folders.clear("temp")

    def sized(self, graph: Graph) -> Graph:
        """The prompt, in which each uploaded picture says its size."""
        found = {}
        for node_id, node in graph.items():
            inputs = node.get("inputs") if isinstance(node.get("inputs"), dict) else {}
            size = self._state.folders.size(inputs.get("image"))
            more = {} if size is None else {"width": size[0], "height": size[1]}
            found[node_id] = {**node, "inputs": {**inputs, **more}}
        return found

    def shown(self, job: Job, node_id: str) -> dict[str, Any] | None:
        """What an output node shows; None of any other node."""
        script = None if job.script is None else replace(job.script, outputs=None)
        made = (one for one in outputs_of(self.sized(job.graph), 0, script) if one.node_id == node_id)
        output = next(made, None)
        return None if output is None else self.save(job, output)

    def save(self, job: Job, output: Output) -> dict[str, Any]:
        """Keep what an output makes, and tell it by channel."""
        if output.kind == "text":
            return {"text": [output.text]}
        folder = output.folder
        prefix = self._prefix(output)
        subfolder, _ = posixpath.split(prefix)
        first = self._state.folders.next_number(folder, prefix)
        items = []
        for file in files_of(replace(output, filename_prefix=prefix), first):
            make: Callable[[], bytes] = file.make
            if output.kind == "image":
                make = partial(_with_documents, make, job.graph, job.extra_data or {})
            self._state.folders.keep(folder, posixpath.join(subfolder, file.name), make)
            items.append({"filename": file.name, "subfolder": subfolder, "type": folder})
        if output.node_class in _ANIMATED:
            return {"images": items, "animated": [True]}
        return {"audio" if output.node_class in _SOUNDS else CHANNELS[output.kind]: items}

    def current_inputs(self, job: Job, node_id: str) -> dict[str, list[Any]]:
        """What an error says that the node was given."""
        node = job.graph[node_id]
        told = {name: [_shown(value)] for name, value in node["inputs"].items()}
        if "hidden" in self._state.classes()[node["class_type"]]["input"]:
            told |= {"prompt": [str(job.graph)], "extra_pnginfo": [(job.extra_data or {}).get("extra_pnginfo")]}
        return told

    def _prefix(self, output: Output) -> str:
        """The beginning of a file's name, with its variables filled in."""
        if output.folder == "temp":
            return f"ComfyUI_temp_{self._letters_of(output.node_id, output.node_class)}"
        size = output.pictures[0].size if output.pictures else (0, 0)
        now = self._state.world.clock.now()
        words: dict[str, int | str] = {"width": size[0], "height": size[1], "year": now.year}
        words |= {name: f"{getattr(now, name):02}" for name in ("month", "day", "hour", "minute", "second")}
        prefix = output.filename_prefix
        for word, value in words.items():
            prefix = prefix.replace(f"%{word}%", str(value))
        return prefix

    def _letters_of(self, node_id: str, node_class: str) -> str:
        if (node_id, node_class) not in self._letters:
            self._drawn += 1
            text = hashlib.sha256(f"{self._state.world.randomness.seed}|{self._drawn}".encode()).digest()
            self._letters[node_id, node_class] = "".join(ascii_lowercase[byte % 26] for byte in text[:5])
        return self._letters[node_id, node_class]


def _with_documents(make: Callable[[], bytes], graph: Graph, extra_data: dict[str, Any]) -> bytes:
    """A picture says which prompt and which document made it: whoever has it has both."""
    documents = {"prompt": graph, **(extra_data.get("extra_pnginfo") or {})}
    return with_texts(make(), {name: json.dumps(value) for name, value in documents.items()})


def _shown(value: Any) -> Any:
    if is_link(value):
        return "tensor(...)"
    return value if isinstance(value, (bool, int, float, str)) else str(value)
