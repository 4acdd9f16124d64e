"""Outputs of runs: files in the object store, and the rows that point to them (reference 3.2)."""

from __future__ import annotations

import io
import math
import struct
import wave
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pulumi_comfy.emulator.comfydeploy.evaluate import Output
from pulumi_comfy.emulator.comfydeploy.state import Platform, Row
from pulumi_comfy.emulator.images import Picture, render_animation, render_png

_KEY = "emulator-file:"
_LISTS = {"image": "images", "video": "gifs", "file": "files", "text": "text", "empty": "images"}


def scripted(kinds: Sequence[str], found: Sequence[Output], image_size: tuple[int, int] | None) -> list[Output]:
    """The outputs of the given kinds, built from those the prompt makes, else from nothing."""
    plain = found[0] if found else Output("9", "SaveImage", "image", (Picture(),))
    outputs = []
    for kind in kinds:
        base = next((output for output in found if output.kind == kind), replace(plain, kind=kind))
        outputs.append(replace(base, pictures=base.pictures or (Picture(prompt=base.text),)))
    return resized(outputs, image_size)


def resized(outputs: list[Output], image_size: tuple[int, int] | None) -> list[Output]:
    """The same outputs with pictures of another size."""
    if image_size is None:
        return outputs
    width, height = image_size
    return [
        replace(item, pictures=tuple(replace(picture, width=width, height=height) for picture in item.pictures))
        for item in outputs
    ]


def store_output(platform: Platform, run: Row, output: Output) -> Row:
    """Put an output's files into the object store and its row into the table."""
    data: dict[str, list[Any]] = {_LISTS[output.kind]: _items(platform, run, output)}
    meta = {"node_id": output.node_id, "node_class": output.node_class}
    return add_output(platform, run, data, meta, output.output_id)


def add_output(platform: Platform, run: Row, data: Any, node_meta: Any, output_id: str | None = None) -> Row:
    """Insert an output row."""
    now = platform.world.clock.now()
    row: Row = {
        "id": platform.new_id(),
        "output_id": output_id,
        "run_id": run["id"],
        "data": data,
        "node_meta": node_meta,
        "created_at": now,
        "updated_at": now,
        "type": None,
        "node_id": None,
    }
    platform.outputs[row["id"]] = row
    return row


def outputs_of(platform: Platform, run_id: str) -> list[Row]:
    """A run's outputs as the API gives them, oldest first; malformed ones are dropped without a word."""
    rows = [row for row in platform.outputs.values() if row["run_id"] == run_id]
    answers = []
    for row in rows:
        data = _shown(platform, row["data"])
        if data is not None:
            times = {name: platform.times.model(row[name]) for name in ("created_at", "updated_at")}
            answers.append({**row, "data": data, **times})
    return answers


def _shown(platform: Platform, data: Any) -> dict[str, list[Any]] | None:
    if not isinstance(data, dict):
        return None
    shown: dict[str, list[Any]] = {}
    for kind, items in data.items():
        if not isinstance(items, list):
            return None
        shown[kind] = [_shown_item(platform, item) for item in items]
        if None in shown[kind]:
            return None
    return shown


def _shown_item(platform: Platform, item: Any) -> Any:
    if isinstance(item, str | bool):
        return item
    if not isinstance(item, dict) or not all(isinstance(item.get(name), str) for name in ("url", "type", "filename")):
        return None
    url = item["url"]
    if url.startswith(_KEY):
        url = platform.world.files.signed_url(url[len(_KEY) :])
    optional = {name: item.get(name) for name in ("is_public", "subfolder", "upload_duration")}
    return {"url": url, "type": item["type"], "filename": item["filename"], **optional}


def _items(platform: Platform, run: Row, output: Output) -> list[Any]:
    if output.kind == "empty":
        return []
    if output.kind == "text":
        return [output.text]
    if output.kind == "image":
        files = [("png", "image/png", _maker(render_png, picture)) for picture in output.pictures]
    elif output.kind == "video":
        files = [("gif", "image/gif", _maker(render_animation, output.pictures[0]))]
    else:
        files = [("wav", "audio/wav", lambda: _tone(output.text))]
    items = []
    for number, (suffix, content_type, make) in enumerate(files, start=1):
        filename = f"{output.filename_prefix.rsplit('/', 1)[-1]}_{number:05}_.{suffix}"
        key = f"outputs/runs/{run['id']}/{output.node_id}_{filename}"
        platform.world.files.put(key, content_type, make)
        item = {"url": _KEY + key, "type": output.folder, "filename": filename, "subfolder": ""}
        items.append({**item, "is_public": False, "upload_duration": 0.01})
    return items


def _maker(render: Callable[[Picture], bytes], picture: Picture) -> Callable[[], bytes]:
    return lambda: render(picture)


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
