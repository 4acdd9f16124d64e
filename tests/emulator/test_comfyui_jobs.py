"""Runs of a plain ComfyUI server that end otherwise, its jobs, and what a restart leaves."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from comfyui_objects import events_of, make_graph, run_to_end, submit

from pulumi_comfy.emulator import Emulator


def job_of(api: httpx.Client, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/api/jobs/{job_id}").json()
    return found


def test_a_planned_failure_names_node_and_exception(comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.runs.script("failed", node_id="1", log=["ValueError: no such colour"])

    error = events_of(run_to_end(comfyui, emulator, make_graph()))["execution_error"]

    told = (error["node_id"], error["node_type"], error["exception_type"], error["exception_message"])
    assert told == ("1", "EmptyImage", "ValueError", "no such colour")


def test_memory_that_runs_out_is_known_by_its_words(comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.runs.script("failed", log=["CUDA out of memory"])

    error = events_of(run_to_end(comfyui, emulator, make_graph()))["execution_error"]

    assert error["exception_type"] == "torch.OutOfMemoryError"


def test_a_lost_prompt_leaves_no_trace(comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.runs.script("lost")
    prompt_id = submit(comfyui, make_graph())
    emulator.clock.advance(120)

    queue = comfyui.get("/queue").json()

    assert (queue["queue_running"], comfyui.get(f"/history/{prompt_id}").json()) == ([], {})


def test_a_run_without_outputs_succeeds(comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.runs.script("no_outputs")

    entry = run_to_end(comfyui, emulator, make_graph())

    assert (entry["outputs"], entry["status"]["status_str"]) == ({}, "success")


def test_planned_outputs_take_the_place_of_the_prompts(comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.runs.script("success", outputs=["text"])

    assert list(run_to_end(comfyui, emulator, make_graph())["outputs"]["2"]) == ["text"]


def test_a_run_that_hangs_can_be_interrupted(comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.runs.script("hang")
    prompt_id = submit(comfyui, make_graph())
    emulator.clock.advance(10_000)

    comfyui.post("/interrupt", json={"prompt_id": prompt_id})

    assert job_of(comfyui, prompt_id)["status"] == "cancelled"


def test_a_job_tells_what_the_history_tells(comfyui: httpx.Client, emulator: Emulator) -> None:
    entry = run_to_end(comfyui, emulator, make_graph())

    job = job_of(comfyui, entry["prompt"][1])

    assert (job["status"], job["outputs"], job["execution_status"]) == ("completed", entry["outputs"], entry["status"])
    assert "update_time" not in job


def test_a_waiting_job_has_no_outputs_yet(comfyui: httpx.Client) -> None:
    submit(comfyui, make_graph())
    job = job_of(comfyui, submit(comfyui, make_graph(1)))

    assert (job["status"], job["outputs_count"], "execution_start_time" in job) == ("pending", 0, False)


def test_a_failed_job_says_why(comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.runs.script("failed", log=["RuntimeError: broken"])
    entry = run_to_end(comfyui, emulator, make_graph())

    job = job_of(comfyui, entry["prompt"][1])

    assert (job["status"], job["execution_error"]["exception_message"]) == ("failed", "broken")


def test_jobs_are_found_by_the_document_that_was_sent(comfyui: httpx.Client) -> None:
    extra = {"extra_pnginfo": {"workflow": {"id": "w"}}}
    submit(comfyui, make_graph())
    mine = submit(comfyui, make_graph(1), extra_data=extra)

    listed = comfyui.get("/jobs", params={"workflow_id": "w"}).json()

    assert ([job["id"] for job in listed["jobs"]], listed["pagination"]["total"]) == ([mine], 1)


def test_jobs_are_listed_newest_first_in_pages(comfyui: httpx.Client) -> None:
    ids = [submit(comfyui, make_graph(number)) for number in range(3)]

    listed = comfyui.get("/jobs", params={"limit": 2}).json()

    assert [job["id"] for job in listed["jobs"]] == [ids[2], ids[1]]
    assert listed["pagination"] == {"offset": 0, "limit": 2, "total": 3, "has_more": True}


@pytest.mark.parametrize("query", ["status=done", "sort_by=create_time", "sort_order=up", "limit=0", "limit=x"])
def test_a_list_of_jobs_refuses_words_that_it_does_not_know(query: str, comfyui: httpx.Client) -> None:
    answer = comfyui.get(f"/jobs?{query}")

    assert (answer.status_code, list(answer.json())) == (400, ["error"])


def test_a_waiting_job_that_is_cancelled_is_unknown(comfyui: httpx.Client) -> None:
    submit(comfyui, make_graph())
    waiting = submit(comfyui, make_graph(1))

    cancelled = comfyui.post(f"/jobs/{waiting}/cancel").json()

    answer = comfyui.get(f"/jobs/{waiting}")
    assert (cancelled, answer.status_code, answer.json()) == ({"cancelled": True}, 404, {"error": "Job not found"})


@pytest.mark.parametrize("job_id", ["ended", "unknown"])
def test_what_cannot_be_cancelled_is_said_with_200(job_id: str, comfyui: httpx.Client, emulator: Emulator) -> None:
    run_to_end(comfyui, emulator, make_graph(), prompt_id="ended")

    answer = comfyui.post(f"/api/jobs/{job_id}/cancel")

    assert (answer.status_code, answer.json()) == (200, {"cancelled": False})


def test_several_jobs_are_cancelled_at_once(comfyui: httpx.Client) -> None:
    ids = [submit(comfyui, make_graph(number)) for number in range(2)]

    answer = comfyui.post("/jobs/cancel", json={"job_ids": ids})

    assert (answer.json(), comfyui.get("/queue").json()["queue_pending"]) == ({"cancelled": True}, [])


@pytest.mark.parametrize("path", ["/jobs/x/cancel", "/jobs/cancel"])
def test_a_server_may_lack_the_cancelling_of_jobs(path: str, comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.settings.has_job_cancel = False

    assert comfyui.post(path, json={}).status_code == 405


@pytest.mark.parametrize("path", ["/api/jobs", "/node_replacements", "/api/assets"])
def test_an_older_server_lacks_the_newer_routes(path: str, comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.settings.version = "0.3.64"

    answer = comfyui.get(path)

    assert (answer.status_code, answer.content) == (404, b"")


def test_a_restart_forgets_jobs_and_keeps_files(comfyui: httpx.Client, emulator: Emulator) -> None:
    entry = run_to_end(comfyui, emulator, make_graph())
    comfyui.post("/userdata/workflows%2Fa.json", content=b"{}")

    emulator.comfyui.restart()

    kept = (emulator.comfyui.files.names("output"), emulator.comfyui.userdata.paths())
    assert kept == (["check_00001_.png"], ["workflows/a.json"])
    assert comfyui.get(f"/history/{entry['prompt'][1]}").json() == {}


def test_a_dump_brings_everything_back(comfyui: httpx.Client, emulator: Emulator) -> None:
    run_to_end(comfyui, emulator, make_graph())
    submit(comfyui, make_graph(1))
    submit(comfyui, make_graph(2))
    comfyui.post("/userdata/workflows%2Fa.bin", content=b"\xff")
    comfyui.post("/settings/Comfy.A", json=1)
    emulator.comfyui.add_user("Alice B")
    held = emulator.comfyui.dump(include_secrets=True)

    emulator.comfyui.restore(held)

    assert emulator.comfyui.dump(include_secrets=True) == held


def test_what_is_no_dump_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="no table 'machines'"):
        emulator.comfyui.restore({"machines": []})


def test_a_dump_shows_no_keys_unless_asked(comfyui: httpx.Client, emulator: Emulator) -> None:
    submit(comfyui, make_graph(), extra_data={"api_key_comfy_org": "comfyui-x"})

    shown = [emulator.comfyui.dump(include_secrets=one)["jobs"][0]["extra_data"] for one in (False, True)]

    assert ["api_key_comfy_org" in one for one in shown] == [False, True]
