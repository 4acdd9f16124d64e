"""Writes that are done once, in order, and for the right object: found by mutation.

Facts: docs/platforms/comfydeploy.md 2, 5.8, 6.
"""

from __future__ import annotations

import copy

import pytest
from lone import bodies, up
from programs import documents
from waiting import eventually

import pulumi_comfy as comfy


def versions(emulator):
    return [row["version"] for row in emulator.comfydeploy.dump()["versions"]]


def test_a_forced_build_whose_answer_is_lost_is_known_by_its_new_version_and_not_asked_for_again(lone, emulator):
    it = lone("Secret")
    (machine,) = it.arguments["machine_ids"]
    route = "/machine/serverless/{machine_id}"
    emulator.faults.add("PATCH", route, "lost")

    up(it)

    assert len(bodies(it, "PATCH", f"/machine/serverless/{machine}")) == 1
    assert len([row for row in emulator.comfydeploy.dump()["machine_versions"] if row["machine_id"] == machine]) == 2


def test_a_first_deployment_whose_answer_is_lost_is_looked_for_and_not_asked_for_again(lone, emulator):
    it = lone("Deployment")
    emulator.faults.add("POST", "/deployment", "lost")

    up(it)

    assert len(bodies(it, "POST", "/deployment")) == 1
    it.assert_settled()


def test_a_version_whose_answer_is_lost_is_looked_for_and_not_appended_again(lone, emulator):
    it = lone("Workflow")
    up(it)
    it.arguments.update(documents(30))
    emulator.faults.add("POST", "/workflow/{workflow_id}/version", "lost")

    up(it)

    assert len(bodies(it, "POST", f"/workflow/{it.id}/version")) == 1
    assert versions(emulator) == [1, 2]


def test_a_version_that_a_killed_run_appended_is_taken_as_it_is(lone, emulator):
    it = lone("Workflow")
    up(it)
    before = copy.deepcopy(it.outputs)
    it.arguments.update(documents(30))
    up(it)
    it.outputs = before  # as after a kill: nobody saw the version

    up(it)

    assert versions(emulator) == [1, 2]


def test_a_version_of_ours_is_used_again_though_others_came_after_it(lone, platform, emulator):
    it = lone("WorkflowVersion")
    up(it)
    first, it.id, it.outputs = it.id, None, {}
    body = {"workflow": documents(50)["workflow"], "workflow_api": documents(50)["workflow_api"], "comment": "by hand"}
    platform.post(f"/workflow/{it.arguments['workflow_id']}/version", json=body).raise_for_status()

    up(it)

    assert it.id == first


def test_a_version_that_somebody_else_appended_is_never_taken_for_ours(lone, platform):
    it = lone("WorkflowVersion")
    body = {**{key: it.arguments[key] for key in ("workflow", "workflow_api")}, "comment": "by hand"}
    platform.post(f"/workflow/{it.arguments['workflow_id']}/version", json=body).raise_for_status()
    theirs = {row["id"] for row in it.table()}

    up(it)

    assert it.id not in theirs


def test_a_fluid_deployment_is_deactivated_before_it_is_relabelled_and_deleted(lone, emulator):
    emulator.settings.fluid_builds = True
    it = lone("Deployment", gpu="A100")
    eventually(lambda: emulator.comfydeploy.dump()["machines"][0]["status"] == "ready")
    up(it)
    deployment = it.id
    emulator.clear_requests()

    it.destroy()

    writes = [(one.method, one.url_path) for one in emulator.requests if one.method != "GET"]
    assert writes == [
        ("POST", f"/deployment/{deployment}/deactivate"),
        ("POST", "/deployment"),
        ("DELETE", f"/deployment/{deployment}"),
    ]


@pytest.mark.parametrize(
    ("kind", "route", "body"),
    [
        ("ServerlessMachine", "/machine/custom", {"type": "classic", "endpoint": "http://h.example", "auth_token": ""}),
        ("CustomMachine", "/machine/serverless", {"gpu": "T4"}),
    ],
)
def test_a_machine_of_the_other_sort_is_no_namesake(lone, platform, kind, route, body):
    platform.post(route, json={"name": "the-name", **body}).raise_for_status()

    assert lone(kind, name="the-name").up() is None


def test_a_secret_without_rebuilds_builds_nothing(lone):
    it = lone("Secret", rebuild_machines=False)
    up(it)
    it.arguments["variables"] = {"TOKEN": "canary-4"}
    up(it)

    (machine,) = it.arguments["machine_ids"]
    assert bodies(it, "PATCH", f"/machine/serverless/{machine}") == []


class MachineWithSecret:
    """A machine, and a secret on it that a test takes away or moves."""

    has_secret = True

    def program(self):
        machine = comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4")
        if self.has_secret:
            comfy.comfydeploy.Secret("tokens", variables={"TOKEN": "canary"}, machine_ids=[machine.id])


def test_a_machine_that_stays_is_rebuilt_without_a_secret_that_is_deleted(deploy, emulator):
    it = MachineWithSecret()
    stack = deploy(it.program)
    stack.up()
    it.has_secret = False

    stack.up()

    built = [row["built_environment"] for row in emulator.comfydeploy.dump(include_secrets=True)["machine_versions"]]
    assert built == [{}, {"TOKEN": "canary"}, {}]


@pytest.mark.parametrize("kind", ["Workflow", "ServerlessMachine", "CustomMachine", "ApiKey"])
def test_a_name_that_a_search_might_read_otherwise_is_looked_for_in_the_whole_list(lone, emulator, kind):
    it = lone(kind, name="a\\b")

    up(it)

    looks = [one for one in emulator.requests if one.method == "GET" and one.status == 200]
    assert looks
    assert not any("search" in str(one.query) for one in looks)


@pytest.mark.parametrize("kind", ["Workflow", "ServerlessMachine", "CustomMachine", "ApiKey"])
def test_an_ordinary_name_is_searched_for(lone, emulator, kind):
    up(lone(kind, name="ab"))

    assert any("search" in str(one.query) for one in emulator.requests)
