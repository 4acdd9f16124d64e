"""The self-hosted web app's runs, and the machines behind it: what fails, what is lost, what goes on unseen."""

from __future__ import annotations

import io
import threading
from typing import Any

import httpx
import pytest
from emulated_objects import make_prompt
from PIL import Image
from selfhosted_objects import (
    MACHINE,
    body_of,
    caller_of,
    failure_of,
    make_deployment,
    rows,
    run_of,
    run_to_end,
    start,
)

from pulumi_comfy.emulator import Emulator

UNKNOWN = "6d2b5f0e-1111-4222-8333-444455556666"


def with_node(node_class: str, **inputs: Any) -> dict[str, Any]:
    """The usual prompt with one more node that nothing needs."""
    return {**make_prompt(), "90": {"class_type": node_class, "inputs": inputs}}


def picture(run: dict[str, Any]) -> bytes:
    return httpx.get(run["outputs"][0]["data"]["images"][0]["url"]).content


def test_a_run_ends_with_a_picture_whose_address_comes_with_success(
    selfhosted: httpx.Client, emulator: Emulator
) -> None:
    started = start(selfhosted, make_deployment(selfhosted, emulator))
    seen = [run_of(selfhosted, started)]
    emulator.clock.advance(61)
    seen.append(run_of(selfhosted, started))
    selfhosted.post("/api/update-run", json={**body_of(started), "status": "running"})
    seen.append(run_of(selfhosted, started))

    assert [one["status"] for one in seen] == ["running", "success", "running"]
    assert picture(seen[1]).startswith(b"\x89PNG")
    assert (seen[0]["outputs"], "url" in seen[2]["outputs"][0]["data"]["images"][0]) == ([], False)
    assert [one["ended_at"] is None for one in seen] == [True, False, True]


def test_a_runs_row_tells_what_its_deployment_points_to_and_no_more(
    selfhosted: httpx.Client, emulator: Emulator
) -> None:
    run = run_to_end(selfhosted, emulator, make_deployment(selfhosted, emulator), prompt="a boat")

    deployment = rows(emulator, "deployments")[0]
    assert {name: run[name] for name in ("workflow_id", "workflow_version_id", "machine_id")} == {
        name: deployment[name] for name in ("workflow_id", "workflow_version_id", "machine_id")
    }
    assert (run["workflow_inputs"], run["workflow"]) == ({"prompt": "a boat"}, {"org_id": None, "user_id": "user_demo"})
    assert {"updated_at", "workflow_outputs", "error"}.isdisjoint(run)


def test_only_the_input_id_is_replaced(selfhosted: httpx.Client, emulator: Emulator) -> None:
    prompt = make_prompt()
    prompt["1"]["class_type"] = "ComfyUIDeployExternalTextAny"
    text, any_text = make_deployment(selfhosted, emulator), make_deployment(selfhosted, emulator, prompt)

    made = [
        run_to_end(selfhosted, emulator, one, **given) for one in (text, any_text) for given in ({}, {"prompt": "x"})
    ]

    pictures = [Image.open(io.BytesIO(picture(one))).tobytes() for one in made]
    assert (pictures[0] != pictures[1], pictures[2] == pictures[3]) == (True, True)


def test_an_input_that_fits_no_node_is_ignored(selfhosted: httpx.Client, emulator: Emulator) -> None:
    run = run_to_end(selfhosted, emulator, make_deployment(selfhosted, emulator), propmt="x")

    assert (run["status"], run["workflow_inputs"]) == ("success", {"propmt": "x"})


@pytest.mark.parametrize(
    ("machine", "answer", "text"),
    [
        ({}, "refused", "fetch failed"),
        ({}, "502 Bad Gateway", "Error creating run, Bad Gateway"),
        ({"endpoint": "not-ready"}, None, "Failed to parse URL from not-ready/comfyui-deploy/run"),
        ({"type": "runpod-serverless"}, None, "Machine auth token not found"),
        ({"type": "modal-serverless"}, None, "Error creating run, Unprocessable Entity {"),
    ],
)
def test_a_start_that_fails_leaves_a_failed_run_whose_id_is_lost(
    selfhosted: httpx.Client, emulator: Emulator, machine: dict[str, Any], answer: str | None, text: str
) -> None:
    if answer is not None:
        emulator.settings.endpoint_answers = {MACHINE["endpoint"]: answer}

    failed = start(selfhosted, make_deployment(selfhosted, emulator, **machine))

    run = rows(emulator, "runs")[0]
    assert failure_of(failed).startswith(text)
    assert (run["status"], run["ended_at"], run["id"] in failed.text) == ("failed", None, False)


def test_a_serverless_machine_accepts_and_runs(selfhosted: httpx.Client, emulator: Emulator) -> None:
    emulator.selfhosted.settings.built_machines_run = True
    kinds = ({"type": "runpod-serverless", "auth_token": "t"}, {"type": "modal-serverless"})

    runs = [run_to_end(selfhosted, emulator, make_deployment(selfhosted, emulator, **one)) for one in kinds]

    assert [one["status"] for one in runs] == ["success", "success"]


def test_a_class_that_is_not_there_is_accepted_and_never_starts(selfhosted: httpx.Client, emulator: Emulator) -> None:
    run = run_to_end(selfhosted, emulator, make_deployment(selfhosted, emulator, with_node("NobodysNode")))

    assert (run["status"], run["started_at"] is None, run["outputs"]) == ("not-started", False, [])


def test_a_prompt_that_does_not_validate_is_told_without_a_word_of_why(
    selfhosted: httpx.Client, emulator: Emulator
) -> None:
    emulator.selfhosted.settings.models = {}

    failed = start(selfhosted, make_deployment(selfhosted, emulator))

    assert failure_of(failed) == "Error creating run, Bad Request"
    assert "4" in rows(emulator, "outputs")[0]["data"]["error"]["node_errors"]
    assert rows(emulator, "runs")[0]["status"] == "failed"


def test_a_prompt_of_which_a_part_runs_fails_to_start_and_then_succeeds(
    selfhosted: httpx.Client, emulator: Emulator
) -> None:
    failed = start(selfhosted, make_deployment(selfhosted, emulator, with_node("SaveImage", filename_prefix="x")))
    emulator.clock.advance(61)
    selfhosted.get("/api/doc")

    assert failure_of(failed) == "Error creating run, Bad Request [object Object]"
    assert rows(emulator, "runs")[0]["status"] == "success"


def test_a_plugin_of_2025_fails_a_literal_seed_and_takes_one_that_comes_by_a_link(
    selfhosted: httpx.Client, emulator: Emulator
) -> None:
    emulator.selfhosted.settings.plugin = "2025"
    linked = with_node("ComfyUIDeployExternalSeed", input_id="seed", default_value=7)
    linked["3"]["inputs"]["seed"] = ["90", 0]

    failed = start(selfhosted, make_deployment(selfhosted, emulator))
    run = run_to_end(selfhosted, emulator, make_deployment(selfhosted, emulator, linked))

    assert failure_of(failed) == "Error creating run, Internal Server Error"
    assert run["status"] == "success"
    assert [type(one["data"]) for one in run["outputs"]] == [dict, list]


def test_a_node_that_fails_tells_so_in_an_output_without_the_key_error(
    selfhosted: httpx.Client, emulator: Emulator
) -> None:
    emulator.selfhosted.runs.script("failed", log=["RuntimeError: no memory"])

    run = run_to_end(selfhosted, emulator, make_deployment(selfhosted, emulator))

    told = run["outputs"][-1]["data"]
    assert (run["status"], told["exception_message"], "error" in told) == ("failed", "no memory", False)


@pytest.mark.parametrize("outcome", ["lost", "hang", "interrupted"])
def test_a_run_of_a_machine_that_is_lost_or_interrupted_runs_for_ever(
    selfhosted: httpx.Client, emulator: Emulator, outcome: Any
) -> None:
    emulator.selfhosted.runs.script(outcome)
    started = start(selfhosted, make_deployment(selfhosted, emulator))

    emulator.clock.advance(30 * 24 * 3600)

    assert run_of(selfhosted, started)["status"] == "running"


def test_a_workflow_takes_all_along_and_its_machine_goes_on_unheard(
    selfhosted: httpx.Client, emulator: Emulator
) -> None:
    deployment_id = make_deployment(selfhosted, emulator)
    started = [start(selfhosted, deployment_id), start(selfhosted, deployment_id)]
    emulator.clock.advance(61)
    workflow_id = run_of(selfhosted, started[0])["workflow_id"]

    emulator.selfhosted.remove_workflow(workflow_id)
    emulator.clock.advance(61)

    assert selfhosted.get("/api/run", params=body_of(started[1])).status_code == 400
    left = {name: rows(emulator, name) for name in ("workflows", "versions", "runs", "outputs", "deployments")}
    assert [name for name, table in left.items() if table] == []


def test_a_machine_does_one_run_after_the_other(selfhosted: httpx.Client, emulator: Emulator) -> None:
    deployment_id = make_deployment(selfhosted, emulator)
    other = make_deployment(selfhosted, emulator, endpoint="http://another.example")

    started = [start(selfhosted, one) for one in (deployment_id, deployment_id, other)]

    assert [run_of(selfhosted, one)["status"] for one in started] == ["running", "not-started", "running"]


def test_a_disabled_machine_is_used_all_the_same(selfhosted: httpx.Client, emulator: Emulator) -> None:
    run = run_to_end(selfhosted, emulator, make_deployment(selfhosted, emulator, disabled=True))

    assert run["status"] == "success"


@pytest.mark.parametrize(("seconds", "status", "held"), [(299, 200, "running"), (301, 504, "not-started")])
def test_a_start_waits_for_the_machine_up_to_the_servers_limit(
    selfhosted: httpx.Client, emulator: Emulator, seconds: float, status: int, held: str
) -> None:
    deployment_id = make_deployment(selfhosted, emulator)
    emulator.selfhosted.settings.machine_answer_seconds = seconds
    answers: list[httpx.Response] = []
    waiting = threading.Thread(target=lambda: answers.append(start(selfhosted, deployment_id)))

    waiting.start()
    while not rows(emulator, "runs"):
        pass
    emulator.clock.advance(min(seconds, 300))
    waiting.join(timeout=10)

    assert (answers[0].status_code, rows(emulator, "runs")[0]["status"]) == (status, held)


@pytest.mark.parametrize(("run_id", "status"), [(UNKNOWN, 400), ("mine", 500)])
def test_an_unknown_run_is_the_only_400_of_its_kind(selfhosted: httpx.Client, run_id: str, status: int) -> None:
    assert selfhosted.get("/api/run", params={"run_id": run_id}).status_code == status


def test_a_personal_key_is_kept_from_others_personal_workflows_only(
    selfhosted: httpx.Client, emulator: Emulator
) -> None:
    personal = make_deployment(selfhosted, emulator)
    with caller_of(emulator, emulator.selfhosted.key("user_demo", "org_a")) as member:
        of_org = make_deployment(member, emulator)
    with caller_of(emulator, emulator.selfhosted.key("user_else")) as stranger:
        answers = [start(stranger, one) for one in (personal, of_org)]
        seen = selfhosted.get("/api/run", params=body_of(answers[1]))
    with caller_of(emulator, emulator.selfhosted.key("user_demo", "org_b")) as other:
        answers.append(start(other, of_org))

    assert [failure_of(answers[0]), failure_of(answers[2])] == ["Workflow not found", "Workflow not found"]
    assert (answers[1].status_code, seen.status_code) == (200, 200)


def test_an_unknown_deployment_is_a_500(selfhosted: httpx.Client) -> None:
    assert failure_of(start(selfhosted, UNKNOWN)) == "Deployment not found"


def test_a_pack_that_is_installed_brings_its_classes(selfhosted: httpx.Client, emulator: Emulator) -> None:
    emulator.selfhosted.add_classes({"NobodysNode": {"input": {}, "output": []}})

    run = run_to_end(selfhosted, emulator, make_deployment(selfhosted, emulator, with_node("NobodysNode")))

    assert run["status"] == "success"
