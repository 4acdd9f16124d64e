"""What machines call back at the self-hosted web app, which asks nobody for a key."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from selfhosted_objects import body_of, caller_of, make_deployment, run_of, start

from pulumi_comfy.emulator import Emulator

UNKNOWN = "6d2b5f0e-1111-4222-8333-444455556666"


@pytest.mark.parametrize(
    ("said", "status", "outputs"),
    [
        ({"status": "failed", "output_data": {"text": ["x"]}}, "running", [{"text": ["x"]}]),
        ({"output_data": []}, "running", [[]]),
        ({"status": "failed", "output_data": ""}, "failed", []),
        ({"status": "not-started"}, "not-started", []),
        ({}, "running", []),
    ],
)
def test_a_report_without_a_key_is_an_output_or_a_status(
    selfhosted: httpx.Client, emulator: Emulator, said: dict[str, Any], status: str, outputs: list[Any]
) -> None:
    started = start(selfhosted, make_deployment(selfhosted, emulator))

    with caller_of(emulator, "none") as anybody:
        answer = anybody.post("/api/update-run", json={**body_of(started), **said})

    run = run_of(selfhosted, started)
    assert (body_of(answer), run["status"]) == ({"message": "success"}, status)
    assert [one["data"] for one in run["outputs"]] == outputs


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"run_id": UNKNOWN, "status": "success"}, (200, b'{"message":"success"}')),
        ({"run_id": UNKNOWN, "output_data": {"a": 1}}, (500, b"")),
        ({"status": "success"}, (500, b'{"run_id":["Required"]}')),
        ("text", (500, b"{}")),
    ],
)
def test_odd_reports_have_odd_answers(selfhosted: httpx.Client, said: Any, answer: tuple[int, bytes]) -> None:
    told = selfhosted.post("/api/update-run", json=said)

    assert (told.status_code, told.content) == answer


def test_a_cancelled_run_is_refused(selfhosted: httpx.Client) -> None:
    told = selfhosted.post("/api/update-run", json={"run_id": UNKNOWN, "status": "cancelled"})
    broken = selfhosted.post("/api/update-run", content=b"{")

    assert (told.status_code, list(told.json())) == (500, ["status"])
    assert told.json()["status"][0].startswith("Invalid enum value.")
    assert (broken.status_code, broken.json()) == (500, {"message": "Invalid request"})


def test_a_machine_puts_a_file_where_the_runs_outputs_are(selfhosted: httpx.Client, emulator: Emulator) -> None:
    started = start(selfhosted, make_deployment(selfhosted, emulator))
    run_id = body_of(started)["run_id"]

    query = {"file_name": "a.bin", "run_id": run_id, "type": "application/octet-stream"}
    httpx.put(body_of(selfhosted.get("/api/file-upload", params=query))["url"], content=b"abc")
    selfhosted.post("/api/update-run", json={"run_id": run_id, "output_data": {"files": [{"filename": "a.bin"}]}})
    selfhosted.post("/api/update-run", json={"run_id": run_id, "status": "success"})

    item = run_of(selfhosted, started)["outputs"][0]["data"]["files"][0]
    assert httpx.get(item["url"]).content == b"abc"
