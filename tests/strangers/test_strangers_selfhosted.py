"""The self-hosted web app's own validation, in its own schema library, against every request that we send it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from environments import ENVIRONMENTS, HERE
from exam import Entry, examinees
from lone import Lone, up

pytestmark = [
    pytest.mark.apart,
    pytest.mark.skipif(not (shutil.which("node") and shutil.which("npm")), reason="it needs node and npm"),
]

ZOD = "zod@3.22.4"
"""As the web app pins it."""
ROUTES = {
    *("POST /api/workflow", "GET /api/workflow-version/", "POST /api/run", "GET /api/run", "GET /api/doc"),
}
"""What the public server is asked."""


def folder_with_zod() -> Path:
    """Give a folder that holds the library; skip where it cannot be installed."""
    folder = ENVIRONMENTS / "zod"
    folder.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--silent", ZOD]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{ZOD} cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
    return folder


def refused_by_zod(requests: list[dict[str, Any]]) -> Any:
    folder = folder_with_zod()
    script = Path(shutil.copy(HERE / "zod_selfhosted.mjs", folder))
    done = subprocess.run(
        ["node", script], input=json.dumps(requests), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Recorder(httpx.AsyncHTTPTransport):
    """The way to the server, and what went there."""

    def __init__(self, sent: list[dict[str, Any]]) -> None:
        super().__init__()
        self.sent = sent

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = re.sub("[0-9a-f-]{36}$", "", request.url.path.removeprefix("/selfhosted"))
        body = json.loads(request.content) if request.content else dict(request.url.params)
        if "/api/" in path:  # files are fetched from the store
            self.sent.append({"route": f"{request.method} {path}", "sent": body})
        return await super().handle_async_request(request)


def test_the_web_apps_own_schemas_take_every_request_that_we_send_to_the_public_server(comfy_emulator, monkeypatch):
    monkeypatch.setenv("PULUMI_COMFY_PACE", "0.01")
    (public,) = [one for one in examinees() if str(one) == "selfhosted-oss"]
    public.quicken(comfy_emulator)
    server, sent = comfy_emulator.selfhosted, []
    key = server.key()
    with httpx.Client(base_url=server.url, headers={"authorization": f"Bearer {key}"}) as api:
        for name, declared in public.declared.items():
            it = Lone(Entry(public, name), comfy_emulator, api, key)
            it.transport = lambda: Recorder(sent)
            if name == "InferenceCheck":
                it.arguments["workflow_version_id"] = server.dump()["deployments"][0]["workflow_version_id"]
            up(it)
            it.arguments.update(getattr(declared, "edit", {"inputs": {"prompt": "a dog", "seed": 15}}))
            up(it)
            assert (it.refresh(), it.destroy()) == (None, None)

    assert {one["route"] for one in sent} == ROUTES
    assert refused_by_zod(sent) == []


def test_the_schemas_refuse_what_the_server_would():
    (refused,) = refused_by_zod([{"route": "POST /api/run", "sent": {"deployment_id": "a", "inputs": {"flag": True}}}])

    assert refused["issues"][0]["code"] == "invalid_union"
