"""SIGKILL after each write of each operation: one plain `up` settles, with exactly one of each."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from gallows import Gallows, is_alive, kill_provider, providers_below
from programs import quickstart_documents
from test_waits import eventually

import pulumi_comfy as comfy
from pulumi_comfy.testing import CliEngine

pytestmark = pytest.mark.apart

TABLES = ("workflows", "machines", "secrets", "deployments", "api_keys")


class Everything:
    """An object of each kind that the platform keeps, but for a model file: no file says whose it is."""

    gpu = "T4"
    steps = 20
    variables = "abcdefgh"
    environment = "staging"
    endpoint = "https://one.example"

    def __call__(self) -> None:
        c = comfy.comfydeploy
        gpu = c.ServerlessMachine("gpu", gpu=self.gpu, rollout="replace")
        c.CustomMachine("own", endpoint=self.endpoint)
        c.Secret("tokens", variables={"TOKEN": self.variables}, machine_ids=[gpu.id])
        c.ApiKey("key")
        graph, prompt = quickstart_documents()
        prompt["7"]["inputs"]["steps"] = self.steps
        workflow = c.Workflow("portrait", workflow_api=prompt, workflow=graph, description=f"{self.steps} steps")
        c.WorkflowVersion(
            "pinned", workflow_id=workflow.id, workflow=graph, workflow_api={**prompt, "99": dict(prompt["7"])}
        )
        serving = c.Deployment(
            "serving",
            workflow_id=workflow.id,
            workflow_version_id=workflow.version_id,
            machine_id=gpu.id,
            machine_build_digest=gpu.build_digest,
            environment=self.environment,
            inference_check=c.InferenceCheckArgs(inputs={"prompt": "a cat"}),
        )
        c.InferenceCheck("again", deployment_id=serving.id, inputs={"prompt": "a dog"})


def updated(program: Everything) -> None:
    program.steps, program.variables, program.endpoint = 25, "ijklmnop", "https://two.example"


def replaced(program: Everything) -> None:
    program.gpu, program.environment = "A10G", "production"


OPERATIONS = {"create": None, "update": updated, "replace": replaced, "destroy": None}
KILLS = {
    "the provider": lambda _stack: kill_provider,
    "all": lambda stack: stack.kill,
    "the CLI": lambda stack: partial(stack.kill, spares_provider=True),
}


@pytest.fixture
def gallows(emulator: Any) -> Iterator[Gallows]:
    gallows = Gallows(emulator.comfydeploy.url)
    yield gallows
    gallows.close()


def rows(emulator: Any, others: dict[str, set[str]]) -> dict[str, list[Any]]:
    """The live objects that were not there before the stack."""
    dump = emulator.comfydeploy.dump()
    return {
        name: [row for row in dump[name] if row["id"] not in others.get(name, ()) and row.get("name") != "emulator"]
        for name in TABLES
    }


def ids(emulator: Any) -> dict[str, set[str]]:
    return {name: {row["id"] for row in found} for name, found in rows(emulator, {}).items()}


@pytest.mark.cli
@pytest.mark.parametrize("victim", KILLS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_kill_after_any_write_is_settled_by_a_plain_up(deploy, emulator, gallows, comfy_engine, operation, victim):
    if victim != "all" and not isinstance(comfy_engine, CliEngine):
        pytest.skip("the test engine is killed with its provider")
    number = 0
    while True:
        emulator.reset()
        if not killed_and_settled(deploy, emulator, gallows, operation, victim, number):
            return
        number += 1


def killed_and_settled(deploy: Any, emulator: Any, gallows: Gallows, operation: str, victim: str, number: int) -> bool:
    """Kill an operation after one of its writes and settle it; False when it has no such write."""
    gallows.disarm()
    before = ids(emulator)
    program = Everything()
    stack = deploy(program, stack=f"kill-{operation}-{victim[-3:]}-{number}", env={"COMFYDEPLOY_URL": gallows.url})
    if operation != "create":
        stack.up()
    if OPERATIONS[operation] is not None:
        OPERATIONS[operation](program)
    gallows.after(number, KILLS[victim](stack))
    interrupted = stack.destroy(check=False) if operation == "destroy" else stack.up(check=False)
    gallows.disarm()
    if not gallows.has_killed:
        assert interrupted.ok, interrupted.error
        return False

    if operation == "destroy":  # whoever began it goes on; what is gone already is a success
        stack.destroy()
        assert not any(rows(emulator, before).values()), number
        stack.up()
    settled = stack.up(check=False)

    where = f"{operation}, {victim} killed after write {number}"
    assert settled.ok, f"{where}: {settled.error}"
    now = rows(emulator, before)
    counts = {name: len(found) for name, found in now.items()}
    assert counts == {"workflows": 1, "machines": 2, "secrets": 1, "deployments": 1, "api_keys": 1}, where
    held = {record.get("id") for record in stack.resources()}
    assert all(row["id"] in held for found in now.values() for row in found), where
    stack.destroy()
    assert not any(rows(emulator, before).values()), where
    return True


@pytest.mark.cli
def test_a_provider_whose_cli_was_killed_ends_and_writes_nothing_more(deploy, emulator, comfy_engine):
    if not isinstance(comfy_engine, CliEngine):
        pytest.skip("the test engine is no process that could be killed alone")
    emulator.settings.run_seconds = 3600
    stack = deploy(Everything())
    running = threading.Thread(target=lambda: stack.up(check=False))
    running.start()
    eventually(lambda: emulator.comfydeploy.dump()["runs"] != [])
    providers = providers_below(os.getpid())

    comfy_engine.kill(stack, spares_provider=True)
    eventually(lambda: not any(map(is_alive, providers)))
    running.join()
    held = rows(emulator, {})["deployments"]
    emulator.settings.run_seconds = 0.02
    stack.up()

    assert providers != []
    assert len(held) == 1
    assert [row["id"] for row in rows(emulator, {})["deployments"]] == [held[0]["id"]]
    assert stack.resource("serving")["id"] == held[0]["id"]
