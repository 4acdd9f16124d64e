"""In which words ComfyDeploy says «gone» (what holds for every platform: tests/contract/test_contract_gone.py)."""

from __future__ import annotations

import pytest

from pulumi_comfy.platforms.comfydeploy.api.gone import UNTOLD, ComfyDeployDialect

pytestmark = pytest.mark.apart

OF_ANOTHER_KIND = {
    "Workflow": "Machine not found",
    "WorkflowVersion": "Workflow not found or you don't have access to it",
    "ServerlessMachine": "Machine version not found",
    "CustomMachine": "Deployment not found",
    "Deployment": "Workflow not found or you don't have access to it",
}


@pytest.mark.parametrize("kind", OF_ANOTHER_KIND)
def test_a_sentence_about_another_kind_of_object_says_nothing_of_this_one(lone, emulator, kind):
    it = lone(kind)
    assert it.up() is None
    emulator.faults.add("GET", ".*", "status", status=404, body={"detail": OF_ANOTHER_KIND[kind]}, times=None)

    assert it.refresh().code == "COMFY2003"
    assert it.id is not None


@pytest.mark.parametrize("body", ["Internal Server Error", {"detail": "upstream: Internal server error"}], ids=str)
def test_a_500_in_other_words_than_the_platform_s_asks_no_list_whether_a_deployment_is_gone(lone, emulator, body):
    it = lone("Deployment")
    assert it.up() is None
    emulator.faults.add("GET", "/deployment/[^/]+", "status", status=500, body=body, times=None)
    emulator.faults.add("GET", ".*", "status", status=200, body=[], times=None)

    assert it.refresh().code == "COMFY2500"
    assert it.id is not None


@pytest.mark.parametrize("body", [{"data": []}, {}, [{"of": "another kind"}]], ids=str)
def test_a_list_of_another_shape_says_of_no_deployment_that_it_is_absent(lone, emulator, body):
    it = lone("Deployment")
    assert it.up() is None
    emulator.faults.add("GET", "/deployment/[^/]+", "status", status=500, body={"detail": UNTOLD}, times=None)
    emulator.faults.add("GET", ".*", "status", status=200, body=body, times=None)

    assert it.refresh().code == "COMFY2003"
    assert it.id is not None


@pytest.mark.parametrize(
    "body",
    [
        {"detail": "Machine not found"},
        {"detail": "Deployments not found or you don't have access to it"},
        {"detail": "Secret doesn't exist!"},
        {"detail": "Run not found"},
        {"error": "API key not found"},
    ],
    ids=str,
)
def test_the_platform_names_what_it_does_not_find(body):
    assert not ComfyDeployDialect().is_no_route(body)


@pytest.mark.parametrize(
    ("detail", "means"),
    [
        ("Internal server error: 404: Machine not found", 404),
        ("404: Workflow not found", 404),
        ("Internal server error", 500),
        ("a text that holds 404: Machine not found", 500),
        ("404: Upstream not found", 500),
        ("404: Machine not found, or so", 500),
    ],
)
def test_a_404_in_a_500_is_a_404(detail, means):
    assert ComfyDeployDialect().status_of(500, {"detail": detail}) == means


@pytest.mark.parametrize(
    ("operation", "says"), [("create", "Machine not found"), ("update", "there is no machine 00000000-")]
)
def test_a_machine_that_is_not_there_is_said_to_be_what_is_missing(lone, operation, says):
    it = lone("Deployment")
    if operation == "update":
        assert it.up() is None
    it.arguments["machine_id"] = "00000000-0000-0000-0000-000000000009"

    error = it.up()

    assert error.code == "COMFY2404"
    assert says in str(error)
    assert "URL" not in str(error)
