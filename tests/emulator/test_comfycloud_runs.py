"""Comfy Cloud's keys, prompts, jobs and files, and how it says no."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from comfycloud_objects import caller_of, content_of, job_of, make_workflow, run_to_end, submit
from comfyui_objects import make_graph

from pulumi_comfy.emulator import Emulator, route_table

UNKNOWN = "6d2b5f0e-1111-4222-8333-444455556666"


def call(emulator: Emulator, path: str, **headers: str) -> httpx.Response:
    return httpx.get(f"{emulator.comfycloud.url}{path}", headers=headers, trust_env=False, verify=False)


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "comfyui-x"}, {"authorization": "Bearer eyJhbGciOi"}])
def test_whatever_is_no_key_is_401(headers: dict[str, str], emulator: Emulator) -> None:
    answer = call(emulator, "/api/user", **headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")


def test_a_key_may_come_as_a_bearer_token(emulator: Emulator) -> None:
    answer = call(emulator, "/api/user", authorization=f"Bearer {emulator.comfycloud.key('a')}")

    assert answer.json() == {"id": "user_a", "status": "active"}


def test_a_persons_token_may_be_refused_with_what_is_accepted(emulator: Emulator) -> None:
    emulator.comfycloud.settings.takes_tokens = False

    answer = call(emulator, "/api/user", authorization="Bearer eyJhbGciOi")

    assert (answer.status_code, answer.json()["error"]["type"]) == (403, "auth_type_not_allowed")


@pytest.mark.parametrize("path", ["/api/system_stats", "/api/features", "/health", "/api/node_replacements"])
def test_public_routes_prove_no_key(path: str, emulator: Emulator) -> None:
    assert call(emulator, path).status_code == 200


def test_a_key_of_another_workspace_than_the_named_one_is_refused(emulator: Emulator) -> None:
    with caller_of(emulator, "a", **{"x-comfy-workspace-id": "b"}) as client:
        answer = client.get("/api/user")

    assert (answer.status_code, answer.json()["code"]) == (400, "workspace_id_invalid")


def test_userdata_says_no_in_plain_text(emulator: Emulator) -> None:
    assert call(emulator, "/api/userdata?dir=workflows/").headers["content-type"] == "text/plain; charset=utf-8"


def test_keys_survive_a_reset(cloud: httpx.Client, emulator: Emulator) -> None:
    emulator.reset()

    assert cloud.get("/api/user").status_code == 200


def test_a_job_proves_the_saved_version_that_it_ran(cloud: httpx.Client, emulator: Emulator) -> None:
    made = make_workflow(cloud)
    links = {"workflow_id": made["id"], "workflow_version_id": content_of(cloud, made)["id"]}

    job = run_to_end(cloud, emulator, **links)

    assert (job["status"], {name: job[name] for name in links}) == ("completed", links)
    assert [one["id"] for one in cloud.get(f"/api/jobs?workflow_id={made['id']}").json()["jobs"]] == [job["id"]]


@pytest.mark.parametrize("links", [{"workflow_id": UNKNOWN}, {"workflow_version_id": UNKNOWN}])
def test_a_job_of_no_version_is_refused(links: dict[str, str], cloud: httpx.Client) -> None:
    body = {"prompt": make_graph(), "workflow_id": make_workflow(cloud)["id"], **links}

    assert cloud.post("/api/prompt", json=body).status_code == 400


def test_a_prompt_is_judged_as_by_any_comfyui(cloud: httpx.Client) -> None:
    answer = cloud.post("/api/prompt", json={"prompt": make_graph(images=["1"])})

    assert answer.json()["error"]["type"] == "prompt_outputs_failed_validation"


@pytest.mark.parametrize("prompt", [{"nodes": 1}, make_graph(junk=["77", 0])])
def test_what_no_server_could_read_is_500(prompt: Any, cloud: httpx.Client) -> None:
    assert cloud.post("/api/prompt", json={"prompt": prompt}).status_code == 500


@pytest.mark.parametrize(
    ("kind", "status"), [("PAYMENT_REQUIRED", 402), ("PARTNER_NODE_DISABLED", 403), ("QUEUE_LIMIT", 429)]
)
def test_a_prompt_may_not_be_taken(kind: str, status: int, cloud: httpx.Client, emulator: Emulator) -> None:
    emulator.comfycloud.runs.refuse(kind, retry_after=3)

    refused = cloud.post("/api/prompt", json={"prompt": make_graph()})

    assert (refused.status_code, refused.json()["error"]["type"], refused.headers["retry-after"]) == (status, kind, "3")
    assert cloud.post("/api/prompt", json={"prompt": make_graph()}).status_code == 200


def test_an_unknown_reason_to_refuse_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="unknown reason 'NO'"):
        emulator.comfycloud.runs.refuse("NO")


def test_a_prompt_that_is_too_large_is_413(cloud: httpx.Client, emulator: Emulator) -> None:
    emulator.comfycloud.settings.max_workflow_bytes = 10

    assert cloud.post("/api/prompt", json={"prompt": make_graph()}).status_code == 413


def test_a_job_beyond_the_plans_run_time_is_cancelled(cloud: httpx.Client, emulator: Emulator) -> None:
    emulator.comfycloud.settings.run_limit_seconds = 20

    job = run_to_end(cloud, emulator)

    took = job["execution_end_time"] - job["execution_start_time"]
    assert (job["status"], took // 1000) == ("cancelled", 20)


def test_a_waiting_job_says_where_it_stands(cloud: httpx.Client) -> None:
    submit(cloud)
    job = job_of(cloud, submit(cloud))

    told = (job["status"], job["queue_position"], job["queue_reason"], "outputs_count" in job)
    assert told == ("pending", 1, "concurrency_limit", False)


def test_a_failed_job_is_told_in_the_platforms_words(cloud: httpx.Client, emulator: Emulator) -> None:
    emulator.comfycloud.runs.script("failed", log=["CUDA out of memory"])

    error = run_to_end(cloud, emulator)["execution_error"]

    assert (error["exception_type"], error["current_outputs"]) == ("OOMError", {})


def test_a_cancelled_job_is_kept(cloud: httpx.Client) -> None:
    submit(cloud)
    waiting = submit(cloud)

    answers = [cloud.post(f"/api/jobs/{waiting}/cancel").json() for _ in range(2)]

    assert (answers, job_of(cloud, waiting)["status"]) == ([{"cancelled": True}, {"cancelled": False}], "cancelled")


def test_several_jobs_are_cancelled_by_id(cloud: httpx.Client) -> None:
    ids = [submit(cloud), submit(cloud)]

    assert sorted(cloud.post("/api/jobs/cancel", json={"job_ids": ids}).json()["cancelled"]) == sorted(ids)


@pytest.mark.parametrize(("job_id", "status"), [(UNKNOWN, 404), ("abc", 400)])
def test_what_is_no_job_cannot_be_cancelled(job_id: str, status: int, cloud: httpx.Client) -> None:
    assert cloud.post(f"/api/jobs/{job_id}/cancel").status_code == status


def test_another_workspaces_job_is_forbidden(cloud: httpx.Client, emulator: Emulator) -> None:
    job_id = submit(cloud)

    with caller_of(emulator, "other") as stranger:
        assert stranger.get(f"/api/jobs/{job_id}").status_code == 403


def test_a_deleted_job_takes_its_files_with_it(cloud: httpx.Client, emulator: Emulator) -> None:
    job = run_to_end(cloud, emulator)

    status = cloud.delete(f"/api/jobs/{job['id']}").status_code

    gone = (
        cloud.get(f"/api/jobs/{job['id']}").status_code,
        cloud.get("/api/view?filename=check_00001_.png").status_code,
    )
    assert (status, gone) == (204, (404, 404))


def test_the_deprecated_status_has_words_of_its_own(cloud: httpx.Client, emulator: Emulator) -> None:
    job = run_to_end(cloud, emulator)

    assert cloud.get(f"/api/job/{job['id']}/status").json()["status"] == "success"


def test_jobs_may_count_seconds(cloud: httpx.Client, emulator: Emulator) -> None:
    job_id = submit(cloud)
    in_milliseconds = job_of(cloud, job_id)["create_time"]
    emulator.comfycloud.settings.job_times = "seconds"

    assert job_of(cloud, job_id)["create_time"] == in_milliseconds // 1000


def test_a_file_is_redirected_to_another_host(cloud: httpx.Client, emulator: Emulator) -> None:
    run_to_end(cloud, emulator)
    answer = cloud.get("/api/view", params={"filename": "check_00001_.png", "type": "output"})
    address = httpx.URL(answer.headers["location"])

    content = httpx.get(address, trust_env=False, verify=False).content

    assert (answer.status_code, address.host != cloud.base_url.host) == (302, True)
    assert content.startswith(b"\x89PNG")


def test_the_store_notices_a_key(cloud: httpx.Client, emulator: Emulator) -> None:
    run_to_end(cloud, emulator)

    answer = cloud.get("/api/view", params={"filename": "check_00001_.png"}, follow_redirects=True)

    assert answer.status_code == 400


def test_the_queue_has_its_elements_in_another_order(cloud: httpx.Client) -> None:
    job_id = submit(cloud)

    row = cloud.get("/api/queue").json()["queue_running"][0]

    assert (row[1], row[3], list(row[4])) == (job_id, ["2"], ["create_time"])


def test_the_queue_knows_two_orders(cloud: httpx.Client) -> None:
    submit(cloud)
    waiting = submit(cloud)

    answers = [cloud.post("/api/queue", json=body) for body in ({"other": 1}, {"delete": [waiting]})]

    assert [one.status_code for one in answers] == [400, 200]
    assert answers[1].json() == {"deleted": [waiting], "cleared": False}


def test_interrupting_cancels_what_runs(cloud: httpx.Client) -> None:
    job_id = submit(cloud)

    cloud.post("/api/interrupt")

    assert job_of(cloud, job_id)["status"] == "cancelled"


def test_the_history_is_newest_first(cloud: httpx.Client, emulator: Emulator) -> None:
    ids = [run_to_end(cloud, emulator)["id"] for _ in range(2)]

    listed = cloud.get("/api/history_v2").json()["history"]
    cloud.post("/api/history", json={"clear": True})

    assert [one["prompt_id"] for one in listed] == ids[::-1]
    assert cloud.get(f"/api/history_v2/{ids[0]}").status_code == 404


def test_an_upload_is_named_by_its_content(cloud: httpx.Client) -> None:
    names = [
        cloud.post("/api/upload/image", files={"image": (name, b"x", "image/png")}).json()["name"] for name in "ab"
    ]

    assert (names[0] == names[1], len(names[0])) == (True, 64)


def test_the_editors_files_are_listed_with_a_slash(cloud: httpx.Client) -> None:
    cloud.post("/api/userdata/workflows%2Fa.json", content=b"{}")

    answers = [cloud.get(f"/api/userdata?dir=workflows{end}") for end in ("", "/")]

    assert (answers[0].status_code, [row["path"] for row in answers[1].json()]) == (400, ["a.json"])


def test_an_editors_file_is_kept_and_removed(cloud: httpx.Client) -> None:
    path = "/api/userdata/workflows%2Fa.json"
    cloud.post(path, content=b"{}")
    taken = cloud.post(f"{path}?overwrite=false", content=b"x").status_code

    assert (taken, cloud.get(path).content) == (409, b"{}")
    assert [cloud.delete(path).status_code for _ in range(2)] == [204, 404]


def test_the_classes_of_node_packs_are_known_to_all(cloud: httpx.Client, emulator: Emulator) -> None:
    emulator.comfycloud.add_classes({"Mine": {"input": {"required": {}}, "output": ["IMAGE"]}})

    assert "Mine" in cloud.get("/api/object_info").json()


def test_models_are_listed_by_folder(cloud: httpx.Client, emulator: Emulator) -> None:
    emulator.comfycloud.settings.models = {"loras": ["a.safetensors"]}

    assert cloud.get("/api/experiment/models/loras").json() == [{"name": "a.safetensors", "pathIndex": 0}]
    assert cloud.get("/api/experiment/models/nope").status_code == 404


def test_an_upload_that_a_person_made_is_there(cloud: httpx.Client, emulator: Emulator) -> None:
    emulator.comfycloud.put_file("a.png")
    graph = make_graph() | {"1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}}}

    assert cloud.post("/api/prompt", json={"prompt": graph}).status_code == 200


def test_what_no_client_calls_is_501_with_its_name(cloud: httpx.Client) -> None:
    rows = [row for row in route_table() if row.platform == "comfycloud" and row.evidence == "not emulated"]

    answers = [cloud.request(row.method, row.path.replace("{", "").replace("}", "")) for row in rows]

    assert {answer.status_code for answer in answers} == {501}
    assert all(row.path in answer.text for row, answer in zip(rows, answers, strict=True))


def test_every_other_route_needs_a_key(emulator: Emulator) -> None:
    rows = [row for row in route_table() if row.platform == "comfycloud"]
    with httpx.Client(base_url=emulator.comfycloud.url, trust_env=False, verify=False) as stranger:
        opened = {row.path for row in rows if stranger.request(row.method, row.path).status_code != 401}

    models = {"/api/experiment/models", "/api/experiment/models/{folder}"}
    assert opened == {"/health", "/api/system_stats", "/api/features", "/api/node_replacements", *models}


def test_a_dump_brings_everything_back(cloud: httpx.Client, emulator: Emulator) -> None:
    make_workflow(cloud)
    cloud.post("/api/userdata/workflows%2Fhero.json/publish", json={"asset_ids": []})
    cloud.post("/api/userdata/workflows%2Fhero.json", content=b"{}")
    emulator.comfycloud.add_asset("a.png")
    run_to_end(cloud, emulator)
    submit(cloud)
    options = {"include_secrets": True, "include_deleted": True}
    held = emulator.comfycloud.dump(**options)

    emulator.comfycloud.restore(held)

    assert emulator.comfycloud.dump(**options) == held


def test_what_is_no_dump_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="no table 'machines'"):
        emulator.comfycloud.restore({"machines": []})
