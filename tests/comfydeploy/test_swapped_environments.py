"""Two deployments of one workflow that are to swap their environments.

A place is taken until the one that holds it is removed, and the engine removes what it replaces last: so they swap what
they serve, or one makes room first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lone import up
from programs import documents

import pulumi_comfy as comfy
from pulumi_comfy.core.names import Urn


class Pair:
    """Two deployments, each with its environment and the number of the version it serves."""

    def __init__(self) -> None:
        self.where = {"blue": "production", "green": "staging"}
        self.what = {"blue": 0, "green": 1}

    def program(self) -> None:
        machine = comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4")
        workflow = comfy.comfydeploy.Workflow("workflow", **documents(20))
        second = comfy.comfydeploy.WorkflowVersion("second", workflow_id=workflow.id, **documents(30))
        for name, where in self.where.items():
            comfy.comfydeploy.Deployment(
                name,
                environment=where,
                workflow_id=workflow.id,
                workflow_version_id=[workflow.version_id, second.id][self.what[name]],
                machine_id=machine.id,
            )


def served(emulator: Any) -> dict[str, int]:
    """The number of the version that each environment serves."""
    dump = emulator.comfydeploy.dump()
    numbers = {row["id"]: row["version"] for row in dump["versions"]}
    return {row["environment"]: numbers[row["workflow_version_id"]] for row in dump["deployments"]}


@pytest.fixture
def pair() -> Pair:
    return Pair()


@pytest.fixture
def stack(pair: Pair, deploy: Callable[..., Any]) -> Any:
    made = deploy(pair.program)
    made.up()
    return made


def test_a_swap_is_refused_and_nothing_changes(pair, stack, emulator):
    before = emulator.comfydeploy.dump()["deployments"]
    pair.where.update(blue="staging", green="production")

    result = stack.up(check=False)

    assert "there is already a" in result.error
    assert emulator.comfydeploy.dump()["deployments"] == before


def test_the_refusal_of_a_swap_names_the_ways_out(lone):
    it = lone("Deployment")
    up(it)
    before = {row["id"] for row in it.emulator.comfydeploy.dump()["deployments"]}
    it.kind.namesake(it.api, {})
    (other,) = {row["id"] for row in it.emulator.comfydeploy.dump()["deployments"]} - before
    it.arguments["environment"] = "staging"

    async def swap(call: Any) -> None:
        green = Urn.parse(f"{call.urn.text}-green")
        call.memory.saw(green, other, replaces=True)
        await it._up(call)

    error = str(it.operate(swap))

    assert 'which "it-green" of this stack declares' in error
    assert "leave each its own and swap what they serve" in error
    assert "or move one to a free environment first" in error


def test_what_two_deployments_serve_is_swapped_in_one_up(pair, stack, emulator):
    pair.what.update(blue=1, green=0)

    stack.up()

    assert served(emulator) == {"production": 2, "staging": 1}


def test_two_deployments_swap_their_environments_when_one_makes_room_first(pair, stack, emulator):
    for name, where in (("blue", "preview"), ("green", "production"), ("blue", "staging")):
        pair.where[name] = where
        stack.up()

    assert served(emulator) == {"staging": 1, "production": 2}
    assert stack.preview().changes == {}
