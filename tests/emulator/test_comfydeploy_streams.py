"""Streams and lists of runs, which no recording holds."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from emulated_objects import (
    log_of,
    make_machine,
    make_running_deployment,
    run_to_end,
    start_run,
)

from pulumi_comfy.emulator import Emulator

NOWHERE = "00000000-0000-4000-8000-000000000000"


def events_of(answer: httpx.Response) -> list[dict[str, Any]]:
    lines = answer.text.splitlines()
    return [json.loads(line[len("data: ") :]) for line in lines if line.startswith("data: ")]


def test_a_run_log_stream_ends_with_the_run(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    run = run_to_end(api, emulator, deployment)

    events = events_of(api.get("/v2/stream-logs", params={"run_id": run["id"]}))

    assert [event["message"] for event in events[:-1]] == log_of(api, run).split("\n")
    assert events[-1] == {"type": "stream_complete"}


def test_a_progress_stream_ends_with_the_run(api: httpx.Client, emulator: Emulator) -> None:
    emulator.settings.run_seconds = 0.1
    run_id = start_run(api, make_running_deployment(api, emulator))

    events = events_of(api.get("/v2/stream-progress", params={"run_id": run_id}))

    assert events[-1]["status"] == "success"


def test_a_run_stream_tells_the_outputs(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    emulator.settings.run_seconds = 0.1

    events = events_of(api.post("/run/deployment/stream", json={"deployment_id": deployment["id"]}))

    told = [
        event["data"]["event"] if "data" in event and "event" in event["data"] else event["event"] for event in events
    ]
    assert told[:2] == ["queuing", "function_call_id"]
    assert told[-1] == "executed"


def test_a_run_stream_is_silent_about_failure(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    api.patch(f"/deployment/{deployment['id']}", json={"machine_id": make_machine(api)["id"]})

    events = events_of(api.post("/run/deployment/stream", json={"deployment_id": deployment["id"]}))

    assert [event["event"] for event in events] == ["queuing"]


@pytest.mark.parametrize("query", [{}, {"run_id": NOWHERE, "workflow_id": NOWHERE}])
def test_a_progress_stream_follows_exactly_one_thing(query: dict[str, str], api: httpx.Client) -> None:
    assert api.get("/v2/stream-progress", params=query).status_code == 400


def test_lists_of_runs_can_be_narrowed(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    done = run_to_end(api, emulator, deployment)
    start_run(api, deployment)
    path = f"/v2/workflow/{deployment['workflow_id']}/runs"

    found = api.get(path, params={"status": "success", "deployment_id": deployment["id"], "rf": 0}).json()

    assert [(row["id"], row["duration"]) for row in found] == [(done["id"], f"{done['duration']:.6f}")]


def test_waiting_runs_know_their_place(api: httpx.Client, emulator: Emulator) -> None:
    deployment = make_running_deployment(api, emulator)
    runs = [start_run(api, deployment) for _ in range(2)]

    places = [api.get(f"/run/{run}", params={"queue_position": True}).json()["queue_position"] for run in runs]

    assert places == [0, 1]
