"""Requests that no client sends on purpose: answered as a server answers, never a crash of the emulator."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from comfycloud_objects import caller_of as cloud_caller_of
from comfyui_objects import caller_of, make_graph

from pulumi_comfy.emulator import Emulator, route_table

ODD: list[Any] = [
    *(None, True, 1.5, "\ud800", [], [[]], {}, {"delete": 5}, {"delete": [[]]}, {"prompt_id": []}, {"job_ids": [[]]}),
    *({"username": []}, {"asset_ids": [1]}, {"prompt": None}, {"prompt": "abc"}, {"prompt": [1]}),
    *(
        {"prompt": {"1": one}}
        for one in (1, "class_type", {"class_type": []}, {"class_type": "SaveImage", "inputs": []})
    ),
    *({"prompt": {**make_graph(), "9": {"class_type": "EmptyImage", "inputs": one}}} for one in (None, [1])),
    *({"prompt": make_graph(), "extra_data": one} for one in ("x", [1], {"extra_pnginfo": [1]})),
    {"prompt": make_graph(filename_prefix="\u00fc\u6f22/%date%")},
]
QUERY = "?limit=x&dir=%00&max_items=-3&offset=-2&path=%ff&filename=%ff%00&type=x&full_info=true"


@pytest.mark.parametrize("version", ["0.3.64", "0.19.3"])
def test_no_request_crashes_the_emulated_server(version: Any, emulator: Emulator) -> None:
    emulator.comfyui.settings.version = version
    with caller_of(emulator) as api:
        ask_everything(api, "comfyui")
        emulator.clock.advance(10_000)
        emulator.comfyui.restart()
        api.post("/prompt", json={"prompt": make_graph()})
        emulator.clock.advance(10_000)

    assert (emulator.internal_errors, emulator.comfyui.dump()["jobs"][-1]["status"]) == ([], "completed")


def test_no_request_crashes_the_emulated_cloud(emulator: Emulator) -> None:
    with cloud_caller_of(emulator) as api:
        ask_everything(api, "comfycloud")
    emulator.clock.advance(10_000)

    assert {row["status"] for row in emulator.comfycloud.dump()["jobs"]} <= {"completed", "cancelled"}
    assert emulator.internal_errors == []


def ask_everything(api: httpx.Client, slug: str) -> None:
    for row in (row for row in route_table() if row.platform == slug and row.evidence != "not emulated"):
        for part in ("a", "..%2F..", "workflows%2Fa.json"):
            path = re.sub(r"\{\w+\}", part, row.path) + QUERY
            for body in ODD if row.method == "POST" else ODD[:1]:
                assert api.request(row.method, path, content=json.dumps(body)).status_code < 501


def test_a_name_of_another_script_can_be_looked_at(comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.files.put("\u6f22.png", b"x", folder="output")

    assert comfyui.get("/view", params={"filename": "\u6f22.png"}).content == b"x"
