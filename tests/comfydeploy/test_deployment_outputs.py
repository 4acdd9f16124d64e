"""What the state holds of a deployment besides its inputs (docs/platforms/comfydeploy.md 2.5, 5.6)."""

from __future__ import annotations

import copy

import httpx
from lone import bodies, up
from plain_http import PlainHttp
from programs import documents
from waiting import eventually

from pulumi_comfy.platforms.comfydeploy.api.rows import DeploymentRow


def names(it):
    return [one["inputId"] for one in it.outputs["inputTypes"]], [one["outputId"] for one in it.outputs["outputTypes"]]


def a_version_with(it, platform, name):
    """Append a version whose seed is called otherwise."""
    changed = copy.deepcopy(documents(20))
    for node in changed["workflow_api"].values():
        if node["inputs"].get("input_id") == "seed":
            node["inputs"]["input_id"] = name
    body = {**changed, "comment": name}
    made = platform.post(f"/workflow/{it.arguments['workflow_id']}/version", json=body).raise_for_status()
    return made.json()["id"]


def test_the_run_inputs_and_outputs_of_the_served_version_are_told(lone):
    it = lone("Deployment")

    up(it)

    assert [(one["inputId"], one["type"]) for one in it.outputs["inputTypes"]] == [
        ("prompt", "string"),
        ("seed", "integer"),
    ]
    assert "defaultValue" not in it.outputs["inputTypes"][0]
    assert isinstance(it.outputs["outputTypes"], list)


def test_they_stay_through_an_update_whose_answer_does_not_tell_them(lone):
    it = lone("Deployment")
    up(it)
    told = names(it)
    it.arguments["gpu"] = "L4"

    up(it)

    assert names(it) == told


def test_they_are_those_of_a_new_version_at_once(lone, platform):
    it = lone("Deployment")
    up(it)
    it.arguments["workflow_version_id"] = a_version_with(it, platform, "noise")

    up(it)

    assert names(it)[0] == ["prompt", "noise"]


class Taciturn(PlainHttp):
    """A platform whose rows leave out what the version takes."""

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        if "/deployment/" not in request.url.path or request.method != "GET":
            return response
        await response.aread()
        row = {**response.json(), "input_types": None, "output_types": None}
        return httpx.Response(200, json=row, request=request)


def test_a_row_that_leaves_them_out_takes_nothing_away(lone):
    it = lone("Deployment")
    up(it)
    told = names(it)
    it.transport = Taciturn

    it.refresh()

    assert told[0]
    assert names(it) == told


def test_whatever_a_node_s_author_wrote_there_fails_no_read():
    odd = {"type": None, "class_type": "X", "input_id": 7, "display_name": ["a"], "description": 0.5}
    row = {"id": "d", "workflow_id": "w", "workflow_version_id": "v", "environment": "staging"}

    assert DeploymentRow.model_validate({**row, "input_types": [odd], "output_types": [{}]}).input_types


def test_the_moment_of_the_last_activation_is_no_output(lone):
    it = lone("Deployment")

    up(it)

    assert "activatedAt" not in it.outputs


def test_the_image_and_the_build_that_a_fluid_deployment_is_pinned_to_are_told(lone, emulator):
    emulator.settings.fluid_builds = True
    it = lone("Deployment")
    eventually(lambda: emulator.comfydeploy.dump()["machines"][0]["status"] == "ready")

    up(it)

    (row,) = it.rows
    assert row["modal_image_id"]
    assert it.outputs["modalImageId"] == row["modal_image_id"]
    assert it.outputs["machineVersionId"] == row["machine_version_id"]


def test_the_app_of_one_that_is_hidden_since_its_workflow_was_deleted_is_stopped(lone, platform, emulator):
    """It may be kept warm, and billed, for a deployment that no read shows."""
    emulator.settings.fluid_builds = True
    it = lone("Deployment")
    eventually(lambda: emulator.comfydeploy.dump()["machines"][0]["status"] == "ready")
    up(it)
    deployment = it.id
    platform.delete(f"/workflow/{it.arguments['workflow_id']}").raise_for_status()

    assert it.destroy() is None
    assert len(bodies(it, "POST", f"/deployment/{deployment}/deactivate")) == 1
