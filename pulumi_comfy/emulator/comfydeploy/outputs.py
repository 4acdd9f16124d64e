"""Outputs of runs: files in the object store, and the rows that point to them (3.2).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from typing import Any

from pulumi_comfy.emulator.comfydeploy.state import Platform, Row
from pulumi_comfy.emulator.comfyui.evaluate import Output
from pulumi_comfy.emulator.comfyui.outputs import CHANNELS, files_of

_KEY = "emulator-file:"


def store_output(platform: Platform, run: Row, output: Output) -> Row:
    """Put an output's files into the object store and its row into the table."""
    data: dict[str, list[Any]] = {CHANNELS[output.kind]: _items(platform, run, output)}
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
    items = []
    for file in files_of(output):
        key = f"outputs/runs/{run['id']}/{output.node_id}_{file.name}"
        platform.world.files.put(key, file.content_type, file.make)
        item = {"url": _KEY + key, "type": output.folder, "filename": file.name, "subfolder": ""}
        items.append({**item, "is_public": False, "upload_duration": 0.01})
    return items
