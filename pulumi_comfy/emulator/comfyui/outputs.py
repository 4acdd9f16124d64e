"""What a run leaves: outputs as planned or as the prompt says, and files that are drawn when they are fetched."""

from __future__ import annotations

import io
import math
import struct
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pulumi_comfy.emulator.comfyui.evaluate import Output, evaluate
from pulumi_comfy.emulator.comfyui.graph import Graph
from pulumi_comfy.emulator.comfyui.scripts import RunScript
from pulumi_comfy.emulator.images import Picture, render_animation, render_png

CHANNELS = {"image": "images", "video": "gifs", "file": "files", "text": "text", "empty": "images"}
"""The list that a kind of output stands in."""
_ANIMATIONS = {"SaveAnimatedWEBP": ("webp", "image/webp", "WEBP"), "SaveAnimatedPNG": ("png", "image/png", "PNG")}


@dataclass(frozen=True)
class OutputFile:
    """One file of an output node."""

    name: str
    content_type: str
    make: Callable[[], bytes]


def outputs_of(graph: Graph, seed: int, script: RunScript | None) -> list[Output]:
    """What a successful run makes: the prompt's outputs, or those of its plan.

    Args:
        graph: The API prompt with the run's inputs written in.
        seed: Stands for a seed that is left to chance.
        script: The run's plan.
    """
    found = evaluate(graph, seed)
    if script is None:
        return found
    if script.outputs is None:
        return _resized(found, script.image_size)
    return _scripted(script.outputs, found, script.image_size)


def files_of(output: Output, first: int = 1) -> list[OutputFile]:
    """The files of one output, numbered from `first`; none of a text."""
    files: list[tuple[str, str, Callable[[], bytes]]]
    if output.kind == "image":
        files = [("png", "image/png", partial(render_png, picture)) for picture in output.pictures]
    elif output.kind == "video":
        suffix, content_type, kind = _ANIMATIONS.get(output.node_class, ("gif", "image/gif", "GIF"))
        files = [(suffix, content_type, partial(render_animation, output.pictures[0], kind=kind))]
    elif output.kind == "file":
        files = [("wav", "audio/wav", lambda: _tone(output.text))]
    else:
        files = []
    stem = output.filename_prefix.rsplit("/", 1)[-1]
    return [
        OutputFile(f"{stem}_{number:05}_.{suffix}", content_type, make)
        for number, (suffix, content_type, make) in enumerate(files, start=first)
    ]


def _scripted(kinds: Sequence[str], found: Sequence[Output], image_size: tuple[int, int] | None) -> list[Output]:
    """The outputs of the given kinds, built from those the prompt makes, else from nothing."""
    plain = found[0] if found else Output("9", "SaveImage", "image", (Picture(),))
    outputs = []
    for kind in kinds:
        base = next((output for output in found if output.kind == kind), replace(plain, kind=kind))
        outputs.append(replace(base, pictures=base.pictures or (Picture(prompt=base.text),)))
    return _resized(outputs, image_size)


def _resized(outputs: list[Output], image_size: tuple[int, int] | None) -> list[Output]:
    """The same outputs with pictures of another size."""
    if image_size is None:
        return outputs
    width, height = image_size
    return [
        replace(item, pictures=tuple(replace(picture, width=width, height=height) for picture in item.pictures))
        for item in outputs
    ]


def _tone(text: str) -> bytes:
    """A tenth of a second of sound, its pitch taken from the text."""
    pitch = 220 + sum(text.encode()) % 440
    samples = [int(8000 * math.sin(2 * math.pi * pitch * moment / 8000)) for moment in range(800)]
    stream = io.BytesIO()
    with wave.open(stream, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return stream.getvalue()
