"""Replays the recorded answers of a real ComfyUI 0.3.64 against the emulator, request by request.

`Replay(emulator).play(name)` yields one `Exchange` a recorded request, with what differs. Ids are mapped; of times,
sizes of memory, traces and texts for people only the type is compared; what the server takes from a set has no order.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from pulumi_comfy.emulator import Emulator
from pulumi_comfy.emulator.images import Picture, render_png

RECORDINGS = Path(__file__).resolve().parents[2] / ".." / "shared" / "recordings" / "comfyui"

# In the order of the numbers that the server gave its prompts; each row is one start of the process.
SESSIONS = (
    (
        *("basics", "object_info_single", "object_info_excerpt", "settings", "unknown_routes", "prompt_valid"),
        *("prompt_identical_cached", "prompt_options", "prompt_invalid", "prompt_runtime_error", "queue_interrupt"),
        *("history", "userdata", "upload", "misc", "userdata_more"),
    ),
    ("prompt_more", "extra_data_null_kills_worker"),
    ("cache_variants", "model_present_but_corrupt", "free"),
    ("multi_user",),
)
# Hold messages and chunks instead of requests.
WITHOUT_REQUESTS = ("websocket", "png_metadata")

# Seconds that pass before a request; a run takes 30, which its nodes share.
_WAITS = {("queue_interrupt", 8): 12, ("queue_interrupt", 10): 2, ("queue_interrupt", 13): 2}
_UNTIL_IT_IS_DONE = 100
_RUN_SECONDS = 30

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TYPE_ONLY = {
    *("timestamp", "modified", "created", "ram_total", "ram_free", "vram_total", "vram_free", "torch_vram_total"),
    *("torch_vram_free", "python_version", "pytorch_version", "argv", "folders", "tooltip", "description"),
    *("output_tooltips", "traceback", "current_inputs"),
}
_UNORDERED = {"executed", "current_outputs", "nodes", "errors"}
_PREVIEW = re.compile(r"ComfyUI_temp_[a-z]{5}_(\d{5})_\.png")
_PLACES = re.compile(r"full_output_folder: .*", re.DOTALL)


def recordings() -> list[str]:
    """Names of the recordings that hold requests, in the order in which they were made; none without the folder."""
    there = {path.stem for path in RECORDINGS.glob("*.json")}
    return [name for session in SESSIONS for name in session if name in there]


def load(name: str) -> list[dict[str, Any]]:
    """The requests of a recording with their answers."""
    held: Any = json.loads((RECORDINGS / f"{name}.json").read_text())
    return [held] if isinstance(held, dict) else held


@dataclass
class Exchange:
    """One replayed request."""

    name: str
    method: str
    path: str
    differences: list[str] = field(default_factory=list)


class Replay:
    """Plays all recordings one after the other on one emulated server."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._live: dict[str, str] = {}
        self._recorded: dict[str, str] = {}
        self._uploads = 0
        self._http = httpx.Client(base_url=emulator.comfyui.url, trust_env=False, verify=False, timeout=30)
        emulator.settings.run_seconds = _RUN_SECONDS
        emulator.comfyui.settings.version = "0.3.64"
        emulator.comfyui.settings.interrupt_seconds = 1

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def play(self, name: str) -> Iterator[Exchange]:
        """Send every request of a recording."""
        if any(session[0] == name for session in SESSIONS):
            self._emulator.comfyui.restart()
            self._emulator.comfyui.settings.multi_user = name == "multi_user"
        if name == "model_present_but_corrupt":
            self._emulator.comfyui.settings.models = {"checkpoints": ["fake.safetensors"]}
            self._emulator.comfyui.settings.corrupt_models = ["fake.safetensors"]
        if name == "misc":  # what the recorded socket submitted in between
            for _ in range(2):
                self._http.post("/prompt", json={"prompt": {}})
        for index, step in enumerate(load(name)):
            request, expected = step["request"], step["response"]
            is_awaited = request["path"].startswith("/history/") and expected["body"]
            wait = _WAITS.get((name, index), _UNTIL_IT_IS_DONE if is_awaited else 0)
            self._emulator.clock.advance(wait)
            answer = self._send(request)
            exchange = Exchange(f"{name}[{index}]", request["method"], request["path"])
            exchange.differences += self._compare_heads(expected, answer)
            exchange.differences += self._compare_bodies(name, expected["body"], answer)
            yield exchange

    def _send(self, request: dict[str, Any]) -> httpx.Response:
        headers = {key: self._translate(value) for key, value in request.get("headers", {}).items()}
        path = self._translate(request["path"])
        if "form" in request:
            return self._upload(path, request)
        content = None
        if "json" in request:
            content = self._translate(json.dumps(request["json"])).encode()
        elif "raw" in request:
            content = request["raw"].encode()
        elif "raw_len" in request:
            content = bytes(request["raw_len"])
        return self._http.request(request["method"], path, headers=headers, content=content)

    def _upload(self, path: str, request: dict[str, Any]) -> httpx.Response:
        """The third picture that was sent differs from the two before."""
        picture = Picture(4, 4, seed=int(self._uploads == 2))
        self._uploads += 1
        files: dict[str, Any] = {name: (None, value) for name, value in request["form"].items()}
        if request["has_file"]:
            files["image"] = (request["filename"], render_png(picture), "image/png")
        return self._http.post(path, files=files or {"nothing": (None, "")})

    def _translate(self, text: str) -> str:
        return _UUID.sub(lambda found: self._live.get(found[0], found[0]), text)

    def _compare_heads(self, expected: dict[str, Any], answer: httpx.Response) -> list[str]:
        found = [] if answer.status_code == expected["status"] else [f"status {answer.status_code}"]
        for name in ("content-type", "allow", "content-disposition"):
            if expected["headers"].get(name) != answer.headers.get(name):
                found.append(f"{name}: {answer.headers.get(name)} instead of {expected['headers'].get(name)}")
        return found

    def _compare_bodies(self, name: str, recorded: Any, answer: httpx.Response) -> list[str]:
        if recorded == "(omitted)":
            return []
        if isinstance(recorded, dict) and "_text" in recorded:
            return [] if recorded["_text"] == answer.text else [f"{answer.text!r} instead of {recorded['_text']!r}"]
        if isinstance(recorded, dict) and "_head_b64" in recorded:
            head = base64.b64decode(recorded["_head_b64"])
            return [] if answer.content.startswith(head) else [f"{answer.content[:32]!r} instead of {head!r}"]
        live = answer.json()
        if isinstance(recorded, dict) and "_ids" in recorded:
            recorded, live = recorded["_ids"], list(live)
        if name == "object_info_excerpt":
            live = {key: value for key, value in live.items() if key in recorded}
        is_listing = isinstance(recorded, list) and "/userdata" in str(answer.url)
        return self._compare(recorded, live, "", is_unordered=is_listing)

    def _compare(self, recorded: Any, live: Any, where: str, *, is_unordered: bool = False) -> list[str]:
        key = where.rsplit(".", 1)[-1]
        if type(recorded) is not type(live):
            return [f"{where}: {live!r} instead of {recorded!r}"]
        if key in _TYPE_ONLY:
            return self._compare_keys(recorded, live, where) if isinstance(recorded, dict) else []
        if isinstance(recorded, dict):
            return self._compare_objects(recorded, live, where)
        if isinstance(recorded, list):
            if len(recorded) != len(live):
                return [f"{where}: {len(live)} items instead of {len(recorded)}: {live!r}"]
            if is_unordered or key in _UNORDERED:
                recorded, live = sorted(recorded, key=_order), sorted(live, key=_order)
            pairs = enumerate(zip(recorded, live, strict=True))
            return [text for number, (old, new) in pairs for text in self._compare(old, new, f"{where}[{number}]")]
        if isinstance(recorded, str):
            return self._compare_texts(recorded, live, where)
        return [] if recorded == live else [f"{where}: {live!r} instead of {recorded!r}"]

    def _compare_keys(self, recorded: dict[str, Any], live: dict[str, Any], where: str) -> list[str]:
        return [] if recorded.keys() == live.keys() else [f"{where}: {sorted(live)} instead of {sorted(recorded)}"]

    def _compare_objects(self, recorded: dict[str, Any], live: dict[str, Any], where: str) -> list[str]:
        found = {self._translate(key): (key, value) for key, value in recorded.items()}
        if where == "" and len(found) == len(live) == 1:  # an id that is first seen as a key
            (_, value), other = next(iter(found.values())), next(iter(live.values()))
            return self._compare(value, other, where)
        differences = self._compare_keys(found, live, where)
        for key, (_, value) in found.items():
            if key in live:
                differences += self._compare(value, live[key], f"{where}.{key}")
        return differences

    def _compare_texts(self, recorded: str, live: str, where: str) -> list[str]:
        wrong = [f"{where}: {live!r} instead of {recorded!r}"]
        if found := _UUID.search(recorded):
            new = _UUID.search(live)
            if new is None or not self._learn(found[0], new[0]):
                return wrong
        if old := _PREVIEW.fullmatch(recorded):
            return [] if (preview := _PREVIEW.fullmatch(live)) and preview[1] == old[1] else wrong
        return [] if _PLACES.sub("", self._translate(recorded)) == _PLACES.sub("", live) else wrong

    def _learn(self, recorded: str, live: str) -> bool:
        if recorded in self._live or live in self._recorded:
            return self._live.get(recorded) == live and self._recorded.get(live) == recorded
        self._live[recorded], self._recorded[live] = live, recorded
        return True


def _order(value: Any) -> str:
    """A stable order of what has none; times are not part of it."""
    if isinstance(value, dict):
        value = {key: one for key, one in value.items() if key not in _TYPE_ONLY}
    return json.dumps(value, sort_keys=True)
