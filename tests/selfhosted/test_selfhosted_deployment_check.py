"""The inference check of a deployment: of one that this stack makes, and of one that was made by hand."""

from __future__ import annotations

import threading

import pytest
from lone import up
from selfhosted_kinds import another_version, given
from selfhosted_program import a_deployment, deploy_instead, save
from waiting import eventually

import pulumi_comfy as comfy

RUN, LIST, ONE = "/api/run", "/api/deployment", "/api/deployment/[^/]+"
SOME_ID = "6d2b5f0e-1111-4222-8333-444455556666"
GOES_ON = "could not be cancelled and may go on: the server cancels no run"


@pytest.fixture
def it(lone):
    """A checked deployment on a server that has routes for deployments, not yet made."""
    return lone("Deployment", "seed", inference_check=given("a cat", 1))


@pytest.fixture
def held(lone, server, api):
    """A checked deployment on the public server that was made by hand, not yet held."""
    made = lone("Deployment")
    made.arguments = {"existing_id": a_deployment(server, api)["deployment_id"], "inference_check": given("a cat", 1)}
    made.emulator.clear_requests()
    return made


def points_to(it):
    """The version and the machine of the deployment on the server."""
    (row,) = it.emulated.dump()["deployments"]
    return row["workflow_version_id"], row["machine_id"]


def statuses(it):
    return [run["status"] for run in it.emulated.dump()["runs"]]


def written(it):
    return [f"{one.method} {one.url_path}" for one in it.emulator.requests if one.method != "GET"]


def stopped(it, when):
    """Run `up`, press Ctrl-C once `when` is so, and give what it said."""
    told = []
    running = threading.Thread(target=lambda: told.append(str(it.up())))
    running.start()
    eventually(when)
    it.cancel()
    running.join()
    return told[0]


def test_a_run_that_outlives_its_budget_is_said_to_go_on_and_the_new_deployment_is_removed(it):
    it.arguments["inference_check"] |= {"queueTimeoutSeconds": 0.05, "runTimeoutSeconds": 0.05}
    it.emulated.runs.script("hang")

    error = it.up()

    assert "was removed again" in str(error)
    assert any(GOES_ON in line for line in it.lines)
    assert it.rows == []


def test_ctrl_c_removes_the_new_deployment_and_says_that_the_run_goes_on(it):
    it.emulated.runs.script("hang")

    told = stopped(it, lambda: statuses(it))

    assert "was removed again" in told
    assert any(GOES_ON in line for line in it.lines)
    assert it.rows == []


def test_ctrl_c_during_the_check_of_an_update_puts_the_former_version_back(it):
    up(it)
    before = points_to(it)
    it.arguments |= another_version(it)
    it.emulated.runs.script("hang")

    told = stopped(it, lambda: len(statuses(it)) == 2)

    assert points_to(it) == before
    assert "serves again" in told


def test_a_failed_check_puts_version_and_machine_back(it, server):
    up(it)
    before = points_to(it)
    machine_id = server.add_machine(name="another", endpoint="http://10.0.0.6:8188")
    it.arguments |= {**another_version(it), "machine_id": machine_id}
    server.runs.script("failed", times=1)

    error = it.up()

    assert points_to(it) == before
    assert f"version {before[0]} on machine {before[1]} serves again" in str(error)


def test_another_machine_is_checked(it, server):
    up(it)
    it.arguments["machine_id"] = server.add_machine(name="another", endpoint="http://10.0.0.6:8188")

    up(it)

    assert statuses(it) == ["success", "success"]


def test_what_a_hand_has_put_there_is_put_right_before_it_is_checked(it, api):
    up(it)
    before = points_to(it)
    api.put(f"{LIST}/{it.id}", json=another_version(it)).raise_for_status()
    it.arguments["inference_check"] |= {"triggers": ["again"]}

    up(it)

    assert points_to(it) == before


def test_what_a_hand_has_put_there_is_not_said_to_have_passed(it, api):
    up(it)
    proof = it.outputs["proof"]
    api.put(f"{LIST}/{it.id}", json=another_version(it)).raise_for_status()

    assert it.refresh() is None

    assert "lastCheck" not in it.outputs
    assert it.outputs["proof"] == proof


def test_one_that_is_gone_is_told_before_it_is_changed(it, api):
    up(it)
    api.delete(f"{LIST}/{it.id}").raise_for_status()
    it.arguments |= another_version(it)

    error = it.up()

    assert error.code == "COMFY2404"
    assert f"{it.id} no longer exists" in str(error)


def test_without_a_check_a_change_runs_nothing(it):
    del it.arguments["inference_check"]
    up(it)
    it.arguments |= another_version(it)

    up(it)

    assert points_to(it)[0] == it.arguments["workflow_version_id"]
    assert statuses(it) == []


@pytest.mark.parametrize("profile", ["oss", "seed"])
def test_a_preview_refuses_run_inputs_that_the_declared_version_does_not_take(comfy_stack, server, api, profile):
    parts = a_deployment(server, api)
    (row,) = server.dump()["deployments"]
    version_id = row["workflow_version_id"]
    server.settings.profile = profile
    if profile == "seed":
        parts = {"workflow_id": row["workflow_id"], "machine_id": row["machine_id"], "environment": "staging"}
    else:
        parts = {"existing_id": parts["deployment_id"]}

    def program():
        check = comfy.selfhosted.InferenceCheckArgs(inputs={"promt": "a cat"})
        comfy.selfhosted.Deployment("it", workflow_version_id=version_id, inference_check=check, **parts)

    preview = comfy_stack(program, env={server.key_variable: server.key()}).preview(check=False)

    assert "inference_check.inputs" in preview.error
    assert "prompt" in preview.error
    assert server.dump()["runs"] == []


def test_the_server_takes_texts_and_numbers_only_and_a_preview_says_so(comfy_stack):
    def program():
        check = comfy.selfhosted.InferenceCheckArgs(inputs={"prompt": ["a cat"]})
        comfy.selfhosted.Deployment("it", existing_id=SOME_ID, inference_check=check)

    assert "texts and numbers only" in comfy_stack(program).preview(check=False).error


def test_what_was_made_by_hand_is_run_and_nothing_else_of_it_is_asked(held):
    before = points_to(held)
    up(held)

    assert written(held) == [f"POST {RUN}"]
    assert (held.outputs["managed"], held.outputs["lastCheck"]["status"]) == (False, "passed")
    assert held.outputs["proof"]["workflowVersion"] == before[0]
    assert points_to(held) == before


def test_a_refresh_keeps_what_is_known_of_what_was_made_by_hand(held):
    up(held)
    before = dict(held.outputs)
    held.emulator.clear_requests()

    assert held.refresh() is None

    assert held.outputs == before
    assert not held.has_changes()
    assert held.emulator.requests == []


def test_a_changed_declaration_of_what_was_made_by_hand_keeps_its_proof(held):
    up(held)
    proof = held.outputs["proof"]
    held.arguments["description"] = "better"

    up(held)

    assert held.outputs["proof"] == proof
    assert statuses(held) == ["success"]


@pytest.mark.parametrize("on_failure", ["rollback", "keep"])
def test_a_failed_check_of_what_was_made_by_hand_puts_nothing_back_and_is_run_again(held, on_failure):
    held.arguments["inference_check"] |= {"onFailure": on_failure}
    held.emulated.runs.script("failed", times=1)

    error = held.up()
    failed = held.outputs["lastCheck"]["status"]
    up(held)

    assert error.code == "COMFY3101"
    assert "the deployment stays, and nothing of what `existing_id` holds is put back" in str(error)
    assert (failed, held.outputs["lastCheck"]["status"]) == ("failed", "passed")
    assert written(held) == [f"POST {RUN}"] * 2


def test_another_machine_than_it_points_to_is_drift_and_nothing_is_put_back(held):
    up(held)
    before = points_to(held)
    held.arguments["machine_id"] = SOME_ID

    error = held.up()

    assert "the deployment has drifted" in str(error)
    assert "what it points to serves now, and nothing of what `existing_id` holds is put back" in str(error)
    assert points_to(held) == before
    assert held.outputs["lastCheck"]["status"] == "failed"


def another(it, server):
    """What a hand may deploy instead: another version of the same workflow, or the same one on another machine."""
    workflow_id = server.dump()["deployments"][0]["workflow_id"]
    save(it.api, workflow_id=workflow_id)
    machine_id = server.add_machine(name="another", endpoint="http://10.0.0.6:8188")
    return {"workflow_version_id": server.newest_version(workflow_id), "machine_id": machine_id}


def test_another_workflow_than_is_declared_is_drift(held):
    held.arguments["workflow_id"] = SOME_ID

    error = held.up()

    assert f"it points to `workflow_id` {held.emulated.dump()['deployments'][0]['workflow_id']}" in str(error)
    assert "Declare what it points to, or point it back in the server's web UI." in str(error)


def test_a_document_that_nobody_has_deployed_yet_is_drift_where_no_version_s_id_is_known(held, server):
    up(held)
    digest = held.outputs["proof"]["workflowDigest"]
    held.arguments["workflow_digest"] = "0" * 64

    error = held.up()
    held.arguments["workflow_digest"] = digest

    assert "which holds another document than is declared" in str(error)
    assert held.up() is None


@pytest.mark.parametrize("what", ["workflow_version_id", "machine_id"])
@pytest.mark.parametrize("outcome", ["success", "failed"])
def test_a_drift_revokes_no_proof_whether_what_it_points_to_runs_or_not(held, server, what, outcome):
    version_id, machine_id = points_to(held)
    held.arguments |= {"workflow_version_id": version_id, "machine_id": machine_id}
    up(held)
    proof = held.outputs["proof"]
    deploy_instead(server, **{what: another(held, server)[what]})
    held.arguments["inference_check"] |= {"triggers": ["again"]}
    server.runs.script(outcome, times=1)

    error = held.up()

    assert "the deployment has drifted" in str(error)
    assert held.outputs["proof"] == proof
    assert held.outputs["lastCheck"]["status"] == "failed"


@pytest.mark.parametrize("what", ["workflow_version_id", "machine_id"])
def test_another_that_fails_revokes_no_proof_of_the_former_also_where_nothing_is_declared(held, server, what):
    up(held)
    proof = held.outputs["proof"]
    deploy_instead(server, **{what: another(held, server)[what]})
    held.arguments["inference_check"] |= {"triggers": ["again"]}
    server.runs.script("failed", times=1)

    error = held.up()

    assert "ended as failed" in str(error)
    assert held.outputs["proof"] == proof


@pytest.mark.parametrize("status", ["cancelled", "timeout"])
def test_a_run_that_a_fork_says_was_ended_is_not_waited_for(held, emulator, status):
    method, route = held.examinee.runs.look
    emulator.faults.add(method, route, "status", status=200, body={"id": "r-1", "status": status}, times=None)

    error = held.up()

    assert f"ended as {status}" in str(error)


def test_a_run_that_a_fork_says_is_queued_waits_as_long_as_a_queue_may_take(held, emulator):
    method, route = held.examinee.runs.look
    emulator.faults.add(method, route, "status", status=200, body={"id": "r-1", "status": "Queued"}, times=None)
    held.arguments["inference_check"] |= {"queueTimeoutSeconds": 0.05, "runTimeoutSeconds": 3600}

    error = held.up()

    assert "still Queued" in str(error)


def test_the_very_same_that_fails_later_revokes_its_proof(held, server):
    up(held)
    held.arguments["inference_check"] |= {"triggers": ["again"]}
    server.runs.script("failed", times=1)

    held.up()

    assert held.outputs["proof"]["revoked"]["code"] == "COMFY3101"


def test_another_machine_that_fails_is_put_back_and_the_proof_of_the_former_holds(it, server):
    up(it)
    proof = it.outputs["proof"]
    it.arguments["machine_id"] = server.add_machine(name="another", endpoint="http://10.0.0.6:8188")
    server.runs.script("failed", times=1)

    error = it.up()

    assert "serves again" in str(error)
    assert it.outputs["proof"] == proof


def test_what_is_not_there_is_told_by_a_run_and_no_refresh_is_advised_that_would_find_nothing(held):
    held.arguments["existing_id"] = SOME_ID

    error = held.up()

    assert error.code == "COMFY2404"
    assert f"there is no deployment {SOME_ID} for this key (Deployment not found)" in str(error)
    assert "Check the id, and whose key it is." in str(error)
    assert "pulumi refresh" not in str(error)


def test_an_unknown_run_input_of_what_was_made_by_hand_is_refused_where_its_version_is_declared(held):
    held.arguments |= {"workflow_version_id": points_to(held)[0], "inference_check": {"inputs": {"promt": "a cat"}}}

    error = held.up()

    assert error.code == "COMFY1202"
    assert statuses(held) == []


def test_an_unknown_run_input_is_refused_too_where_the_server_tells_what_it_serves(held, server):
    server.settings.profile = "seed"
    held.arguments["inference_check"] = {"inputs": {"promt": "a cat"}}

    error = held.up()

    assert error.code == "COMFY1202"
    assert statuses(held) == []


def test_while_checks_are_off_what_was_made_by_hand_is_held_without_a_call(held):
    held.checks_enabled = False

    up(held)

    assert held.emulator.requests == []
    assert held.outputs["lastCheck"]["status"] == "skipped"
