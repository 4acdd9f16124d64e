"""Whose an object is, on a platform that keeps no owner: two states of one name, lost states, forced replacements."""

from __future__ import annotations

import copy
import threading
from typing import Any

import pulumi
import pytest
from lone import up
from programs import quickstart_documents
from waiting import eventually

import pulumi_comfy as comfy
from pulumi_comfy.core import attempts
from pulumi_comfy.testing import Stack

pytestmark = pytest.mark.apart

GRAPH, PROMPT = quickstart_documents()
TABLES = ("workflows", "machines", "secrets", "deployments", "models", "api_keys")


class Everything:
    """A program with an object of each kind that the platform keeps."""

    def __init__(self) -> None:
        self.environment = "production"
        self.options: dict[str, pulumi.ResourceOptions] = {}
        self.model: dict[str, Any] = {"size": None}
        self.is_broken = False

    def __call__(self) -> None:
        c, opts = comfy.comfydeploy, self.options.get
        gpu = c.ServerlessMachine("gpu", opts("gpu"), gpu="T4")
        c.CustomMachine("own", opts("own"), endpoint="https://comfy.example")
        c.Secret("tokens", opts("tokens"), variables={"TOKEN": "abcdefgh"}, machine_ids=[gpu.id])
        c.ApiKey("key", opts("key"))
        workflow = c.Workflow("portrait", opts("portrait"), workflow=GRAPH, workflow_api=PROMPT)
        c.Deployment(
            "serving",
            opts("serving"),
            workflow_id=workflow.id,
            workflow_version_id=workflow.version_id,
            machine_id=gpu.id,
            environment=self.environment,
        )
        if self.is_broken:
            c.CustomMachine("broken", endpoint="ftp://no.example")


def anew(stack: Stack) -> Stack:
    """The same stack with an empty state of its own: another backend, a colleague, or a state that was lost."""
    return Stack(stack.engine.fresh(), stack.project, stack.name, stack.program, env=stack.env)


def tables(emulator: Any) -> dict[str, list[Any]]:
    dump = emulator.comfydeploy.dump()
    return {name: [row for row in dump[name] if row.get("name") != "emulator"] for name in TABLES if name in dump}


def ids(emulator: Any) -> dict[str, set[str]]:
    return {name: {row["id"] for row in rows if "id" in row} for name, rows in tables(emulator).items()}


@pytest.mark.cli
def test_two_states_of_one_project_and_stack_never_touch_each_other_s_objects(deploy, emulator):
    first = deploy(Everything())
    first.up()
    held = copy.deepcopy(tables(emulator))
    second = anew(first)

    second.up()
    both = ids(emulator)
    second.destroy()

    assert tables(emulator) == held
    assert all(len(both[name]) == 2 * len(rows) for name, rows in ids(emulator).items())


@pytest.mark.cli
@pytest.mark.parametrize("kind", ["key", "serving"])
def test_a_replacement_that_broke_off_is_taken_back_by_the_program_of_before(deploy, emulator, kind):
    now = {"key": "one", "serving": "production"}
    machine = {"gpu": "T4"}

    def program():
        c = comfy.comfydeploy
        c.ApiKey("key", name=now["key"])
        gpu = c.ServerlessMachine("gpu", gpu="T4")
        workflow = c.Workflow("portrait", workflow=GRAPH, workflow_api=PROMPT)
        served = c.Deployment(
            "serving",
            workflow_id=workflow.id,
            workflow_version_id=workflow.version_id,
            machine_id=gpu.id,
            environment=now["serving"],
        )
        c.CustomMachine(
            "last", pulumi.ResourceOptions(depends_on=[served]), endpoint=machine.get("endpoint", "https://a.b")
        )

    stack = deploy(program)
    stack.up()
    held = ids(emulator)
    former = now[kind]
    now[kind], machine["endpoint"] = {"key": "two", "serving": "staging"}[kind], "https://c.d"
    emulator.faults.add("PATCH", "/machine/custom/[^/]+", "status", status=400, times=None)
    assert not stack.up(check=False).ok
    emulator.faults.clear()
    now[kind] = former

    stack.up()

    assert {name: len(rows) for name, rows in ids(emulator).items()} == {name: len(rows) for name, rows in held.items()}
    assert not stack.preview().changes
    stack.destroy()
    assert not any(ids(emulator).values())


@pytest.mark.cli
def test_a_lost_state_takes_nothing_over(deploy, emulator):
    lost = deploy(Everything())
    lost.up()
    held = copy.deepcopy(tables(emulator))

    result = anew(lost).up()

    assert {name: [row for row in rows if row in held[name]] for name, rows in tables(emulator).items()} == held
    assert "took over" not in "".join(one.message for one in result.diagnostics)


MANY = ("portrait", "gpu", "own", "tokens", "key")
"""Of which two can stand side by side."""


@pytest.mark.cli
@pytest.mark.parametrize("name", MANY)
def test_a_forced_replacement_makes_a_new_object_and_removes_the_old_one(deploy, emulator, name):
    stack = deploy(Everything())
    stack.up()
    old, before = stack.resource(name)["id"], ids(emulator)

    result = stack.up(replace=[name], check=False)

    new, after = stack.resource(name)["id"], ids(emulator)
    assert result.ok or name in ("portrait", "gpu"), result.error  # their dependents follow in the next test
    assert new != old
    assert any(new in found for found in after.values())
    assert not any(old in found for found in after.values())
    assert {key: len(found) for key, found in after.items()} == {key: len(found) for key, found in before.items()}


@pytest.mark.cli
def test_a_forced_replacement_of_a_deployment_names_the_way_out_and_changes_nothing(deploy, emulator):
    stack = deploy(Everything())
    stack.up()
    held = copy.deepcopy(tables(emulator))

    result = stack.up(replace=["serving"], check=False)

    assert "[COMFY4004]" in result.error
    assert "delete_before_replace=True" in result.error
    assert "adopt" not in result.error
    assert tables(emulator) == held
    assert stack.up().summary.get("same")


def test_a_machine_that_is_to_go_before_its_replacement_names_what_keeps_it_and_stays(deploy, emulator):
    program = Everything()
    program.options["gpu"] = pulumi.ResourceOptions(
        delete_before_replace=True, custom_timeouts=pulumi.CustomTimeouts(delete="1s")
    )
    stack = deploy(program)
    stack.up()
    held = copy.deepcopy(tables(emulator))

    result = stack.up(replace=["gpu"], check=False)

    assert "take `delete_before_replace` out" in result.error
    assert tables(emulator) == held


@pytest.mark.cli
def test_that_way_out_replaces_the_deployment(deploy, emulator):
    program = Everything()
    program.options["serving"] = pulumi.ResourceOptions(delete_before_replace=True)
    stack = deploy(program)
    stack.up()
    old = stack.resource("serving")["id"]

    stack.up(replace=["serving"])

    held = [row["id"] for row in emulator.comfydeploy.dump()["deployments"]]
    assert held == [stack.resource("serving")["id"]] != [old]


@pytest.mark.cli
def test_a_forced_replacement_beside_a_failure_leaves_what_serves_and_the_next_up_settles(deploy, emulator):
    program = Everything()
    stack = deploy(program)
    stack.up()
    program.is_broken = True
    stack.up(replace=["portrait"], check=False)
    program.is_broken = False

    stack.up()

    now = ids(emulator)
    assert now["workflows"] == {stack.resource("portrait")["id"]}
    assert now["deployments"] == {stack.resource("serving")["id"]}
    assert set(stack.up().summary) <= {"same"}


def test_what_is_declared_is_not_deleted_as_what_a_former_run_replaced(deploy, emulator):
    stack = deploy(Everything())
    stack.up()
    document = stack.state()
    records = document["deployment"]["resources"]
    live = next(record for record in records if record["urn"].endswith("::portrait"))
    records.append({**copy.deepcopy(live), "delete": True})  # as earlier versions left it
    stack.import_state(document)

    stack.up()

    assert ids(emulator)["workflows"] == {live["id"]}


def test_two_accounts_hold_files_of_one_path(deploy, emulator):
    acme = emulator.comfydeploy.key(org_id="org_acme")

    def program():
        for name, connection in (("ours", None), ("theirs", "acme")):
            comfy.comfydeploy.Model(
                name,
                connection=connection,
                folder_path="checkpoints",
                filename="a.safetensors",
                link="https://models.example/a.safetensors",
                delete_on_destroy=True,
            )

    stack = deploy(program, env={"COMFYDEPLOY_API_KEY_ACME": acme})
    stack.up()
    held = [len(files) for files in emulator.comfydeploy.dump()["volumes"].values()]
    stack.destroy()

    assert held == [1, 1]
    assert [len(files) for files in emulator.comfydeploy.dump()["volumes"].values()] == [0, 0]


def a_model() -> None:
    comfy.comfydeploy.Model(
        "model",
        folder_path="checkpoints",
        filename="a.safetensors",
        link="https://models.example/a.safetensors",
        delete_on_destroy=True,
    )


def files(emulator):
    return [file for files in emulator.comfydeploy.dump()["volumes"].values() for file in files]


@pytest.mark.cli
def test_a_forced_replacement_of_a_file_downloads_it_anew_and_keeps_it(deploy, emulator):
    stack = deploy(a_model)
    stack.up()
    emulator.clear_requests()

    stack.up(replace=["model"])

    assert [request.method for request in emulator.requests if request.url_path == "/volume/model"] == ["POST"]
    assert [file["path"] for file in files(emulator)] == ["checkpoints/a.safetensors"]
    stack.destroy()
    assert files(emulator) == []


def test_a_download_that_another_state_began_is_neither_taken_over_nor_cancelled(deploy, emulator):
    emulator.settings.download_seconds = 2
    first = deploy(a_model)
    running = threading.Thread(target=first.up)
    running.start()
    eventually(lambda: emulator.comfydeploy.dump()["downloads"] != [])

    refused = anew(first).up(check=False)
    running.join()

    assert "[COMFY4001]" in refused.error
    assert [file["path"] for file in files(emulator)] == ["checkpoints/a.safetensors"]


def test_a_download_that_a_killed_run_of_this_state_began_is_its_own(deploy, emulator):
    emulator.settings.download_seconds = 2
    stack = deploy(a_model)
    running = threading.Thread(target=lambda: stack.up(check=False))
    running.start()
    eventually(lambda: emulator.comfydeploy.dump()["downloads"] != [])
    stack.kill()
    running.join()

    stack.up()

    assert len(emulator.comfydeploy.dump()["downloads"]) == 1
    assert [file["path"] for file in files(emulator)] == ["checkpoints/a.safetensors"]


@pytest.mark.cli
def test_a_key_that_was_let_go_from_the_state_is_not_revoked(deploy, emulator):
    stack = deploy(lambda: comfy.comfydeploy.ApiKey("key"))
    stack.up()
    (held,) = [row for row in emulator.comfydeploy.dump()["api_keys"] if row["name"] != "emulator"]
    document = stack.state()
    records = document["deployment"]["resources"]
    document["deployment"]["resources"] = [record for record in records if not record["urn"].endswith("::key")]
    stack.import_state(document)

    refused = stack.up(check=False)

    assert held["id"] in refused.error
    assert "[COMFY4001]" in refused.error
    assert [row for row in emulator.comfydeploy.dump()["api_keys"] if row["name"] != "emulator"] == [held]


def unsaved_key(lone, monkeypatch, **name):
    """The next run after the engine was killed before it had saved the key of which it was told."""
    it = lone("ApiKey", **name)
    up(it)
    (lost,) = it.rows
    it.id, it.outputs = None, {}
    monkeypatch.setattr(attempts, "_told", {})
    return it, lost


def test_a_key_whose_value_only_the_killed_run_has_heard_is_revoked_and_made_anew(lone, monkeypatch):
    it, lost = unsaved_key(lone, monkeypatch)

    up(it)

    (made,) = it.rows
    assert made["id"] == it.id != lost["id"]
    assert it.outputs["key"]


def test_a_key_of_a_given_name_may_be_in_use_by_now_and_is_refused_with_its_id(lone, monkeypatch):
    it, lost = unsaved_key(lone, monkeypatch, name="given")

    error = it.up()

    assert error is not None
    assert lost["id"] in str(error)
    assert it.rows == [lost]


def test_a_resource_is_renamed_by_adopting_its_object(deploy, emulator):
    name = ["wf"]
    adopt: list[str] = []

    def program():
        workflow = {"workflow": GRAPH, "workflow_api": PROMPT}
        comfy.comfydeploy.Workflow(name[0], adopt=adopt[0] if adopt else None, **workflow)

    stack = deploy(program)
    stack.up()
    adopt.append(stack.resource("wf")["id"])
    name[0] = "portrait"

    stack.up()

    assert ids(emulator)["workflows"] == {adopt[0]}
    assert stack.resource("portrait")["id"] == adopt[0]


def test_a_removal_that_passes_through_a_private_share_is_not_taken_for_somebody_s_new_one(deploy, emulator):
    environments = ["staging"]

    def program():
        c = comfy.comfydeploy
        workflow = c.Workflow("portrait", workflow=GRAPH, workflow_api=PROMPT)
        gpu = c.ServerlessMachine("gpu", gpu="T4")
        for environment in environments:
            c.Deployment(
                environment,
                pulumi.ResourceOptions(delete_before_replace=True),
                workflow_id=workflow.id,
                workflow_version_id=workflow.version_id,
                machine_id=gpu.id,
                environment=environment,
            )

    stack = deploy(program)
    stack.up()
    environments.insert(0, "private-share")
    emulator.faults.add("GET", "/workflow/[^/]+/deployments", "delay", delay=0.2, times=None)
    emulator.faults.add("DELETE", "/deployment/[^/]+", "delay", delay=1.0)

    stack.up(replace=["staging"])

    held = {row["environment"]: row["id"] for row in emulator.comfydeploy.dump()["deployments"]}
    assert held == {name: stack.resource(name)["id"] for name in environments}


def test_what_a_killed_forced_replacement_left_is_told_by_the_next_up(deploy, emulator):
    emulator.settings.build_seconds = 3600
    stack = deploy(lambda: comfy.comfydeploy.CustomMachine("own", endpoint="https://comfy.example"))
    stack.up()
    emulator.faults.add("GET", "/machine/[^/]+", "delay", delay=30, times=None)
    running = threading.Thread(target=lambda: stack.up(replace=["own"], check=False))
    running.start()
    eventually(lambda: len(emulator.comfydeploy.dump()["machines"]) == 2)
    stack.kill()
    running.join()
    emulator.faults.clear()
    (left,) = ids(emulator)["machines"] - {stack.resource("own")["id"]}

    again = stack.up()

    assert any(left in line and "was left by a replacement" in line for line in again.messages("own"))
    assert left in ids(emulator)["machines"]


def test_what_a_killed_forced_replacement_left_is_taken_over_by_a_plain_up_where_its_workflow_is_held(deploy, emulator):
    c, serves = comfy.comfydeploy, {"machine": "first"}

    def program() -> None:
        machines = {name: c.CustomMachine(name, endpoint="https://comfy.example").id for name in ("first", "second")}
        made = c.Workflow("portrait", workflow=GRAPH, workflow_api=PROMPT)
        c.Deployment(
            "serving",
            workflow_id=made.id,
            workflow_version_id=made.version_id,
            machine_id=machines[serves["machine"]],
            environment="production",
            concurrency_limit=3,
        )

    stack = deploy(program)
    stack.up()
    emulator.faults.add("PATCH", "/deployment/[^/]+", "delay", delay=30)
    running = threading.Thread(target=lambda: stack.up(replace=["portrait"], check=False))
    running.start()
    eventually(lambda: len(ids(emulator)["deployments"]) == 2)
    stack.kill()
    running.join()
    emulator.faults.clear()
    (left,) = ids(emulator)["deployments"] - {stack.resource("serving")["id"]}
    serves["machine"] = "second"

    again = stack.up()

    assert any("took over" in line and left in line for line in again.messages("serving"))
    assert not any("was left by a replacement" in line for line in again.messages("serving"))
    assert ids(emulator)["deployments"] == {left}
    assert len(ids(emulator)["workflows"]) == 1
