"""Whatever is sent to the self-hosted web app, it answers: the fixture fails on a crash of ours."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from selfhosted_objects import BUILT, MACHINE, make_deployment, rows, saved

from pulumi_comfy.emulator import Emulator, route_table

HALF = "\ud800"
ODD: tuple[Any, ...] = (None, -1, "\0", HALF, [[]], {"": {}})
ROUTES = [(row.method, row.path) for row in route_table() if row.platform == "selfhosted"]


@pytest.mark.one_in(4)
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_route_crashes_on_odd_values(selfhosted: httpx.Client, emulator: Emulator, method: str, path: str) -> None:
    emulator.selfhosted.settings.profile = "seed"
    deployment = make_deployment(selfhosted, emulator)
    held = rows(emulator, "deployments")[0]
    known = {"deployment_id": deployment, "machine_id": held["machine_id"], "version_id": held["workflow_version_id"]}
    whole = {
        **saved(),
        **BUILT,
        **MACHINE,
        **held,
        **known,
        "run_id": "x",
        "status": "running",
        "output_data": {"a": 1},
    }
    place = path
    for name in ("deployment_id", "machine_id", "version_id", "key_id", "request_id"):
        place = place.replace(f"{{{name}}}", known.get(name, "x"))

    bodies = [*ODD, whole, *({**whole, name: odd} for name in whole for odd in ODD)]
    headers = {"content-type": "application/json"}
    answers = [
        selfhosted.request(method, place, content=json.dumps(body), headers=headers)
        for body in (bodies if method in ("POST", "PUT") else [None])
    ]

    assert {one.status_code for one in answers} <= {200, 201, 307, 400, 404, 405, 409, 500}


@pytest.mark.parametrize(
    "query", ["", "type=image/png&file_size=1e400", "run_id=%00", "file=%2e%2e", "run_id=a&run_id=b"]
)
@pytest.mark.parametrize("path", [path for method, path in ROUTES if method == "GET"])
def test_no_route_crashes_on_odd_queries(selfhosted: httpx.Client, path: str, query: str) -> None:
    answer = selfhosted.get(path.replace("{", "%7B"), params=httpx.QueryParams(query))

    assert answer.status_code in {200, 201, 307, 400, 404, 500}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a": NaN}'])
def test_what_is_no_json_is_refused(selfhosted: httpx.Client, content: bytes) -> None:
    headers = {"content-type": "application/json"}

    answers = [selfhosted.post(f"/api/{path}", content=content, headers=headers) for path in ("run", "update-run")]

    assert [one.status_code for one in answers] == [400, 500]
