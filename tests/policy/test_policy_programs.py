"""Real programs with a pack, on both engines: who passes and who fails, by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from packs import require_pack

import pulumi_comfy as comfy
from pulumi_comfy.testing import PolicyPack, Stack

QUICKSTART = Path(__file__).resolve().parents[2] / "examples" / "comfydeploy-quickstart"
COMMIT = "094306b626e9cf505690c5d8b445032b3b8a36fa"


@dataclass
class Service:
    """A machine, a workflow and a checked deployment that is in production."""

    machine: dict[str, Any] = field(default_factory=lambda: {"gpu": "L4"})
    deployment: dict[str, Any] = field(default_factory=dict)
    check: dict[str, Any] | None = field(default_factory=lambda: {"inputs": {"prompt": "a cat"}})
    protect: bool = True

    def __call__(self) -> None:
        from pulumi import ResourceOptions

        c = comfy.comfydeploy
        machine = c.ServerlessMachine("gpu", **self.machine)
        flow = c.Workflow(
            "portrait",
            workflow=json.loads((QUICKSTART / "text_to_image.json").read_text()),
            workflow_api=json.loads((QUICKSTART / "text_to_image.api.json").read_text()),
        )
        c.Deployment(
            "serving",
            workflow_id=flow.id,
            workflow_version_id=flow.version_id,
            machine_id=machine.id,
            environment="production",
            inference_check=c.InferenceCheckArgs(**self.check) if self.check is not None else None,
            opts=ResourceOptions(protect=self.protect),
            **self.deployment,
        )


@pytest.fixture
def governed(comfy_stack: Callable[..., Stack], request: pytest.FixtureRequest) -> Callable[..., Stack]:
    """Make a stack of production that runs the pack."""

    def make(program: Any, **policies: Any) -> Stack:
        is_cli = request.node.callspec.params["comfy_engine"] == "cli"
        pack = PolicyPack(config=policies, command=require_pack() if is_cli else None)
        return comfy_stack(program, stack="production", config={"comfy:environment": "production"}, policies=pack)

    return make


def told(result: Any) -> list[tuple[str, str, str]]:
    return sorted((one.policy, one.level, one.name) for one in result.violations if not one.is_undecided)


@pytest.mark.cli
@pytest.mark.apart
def test_a_mandatory_violation_stops_the_preview(governed):
    stack = governed(Service(machine={"gpu": "H100"}), **{"allowed-gpus": {"gpus": ["L4"]}})

    result = stack.preview(check=False)

    assert not result.ok
    assert told(result) == [("allowed-gpus", "mandatory", "gpu")]


@pytest.mark.cli
@pytest.mark.apart
def test_an_advisory_violation_goes_on(governed):
    settings = {"enforcementLevel": "advisory", "gpus": ["L4"]}
    stack = governed(Service(machine={"gpu": "H100"}), **{"allowed-gpus": settings})

    result = stack.preview()

    assert told(result) == [("allowed-gpus", "advisory", "gpu")]


@pytest.mark.cli
@pytest.mark.apart
def test_the_message_says_what_where_the_limit_and_what_to_do(governed):
    stack = governed(Service(machine={"gpu": "H100"}), **{"allowed-gpus": {"gpus": ["L4"]}})

    (violation,) = (one for one in stack.preview(check=False).violations if not one.is_undecided)

    assert violation.message == (
        'comfydeploy.ServerlessMachine "gpu": gpu is H100; allowed in production: L4. Take one of these, or allow it '
        "in `allowed-gpus`."
    )


@pytest.mark.cli
@pytest.mark.apart
def test_a_good_program_passes_before_and_after_its_deployment(governed):
    stack = governed(Service())

    assert told(stack.preview()) == []
    assert told(stack.up()) == []


@pytest.mark.cli
@pytest.mark.apart
def test_a_preview_neither_passes_nor_fails_what_only_a_run_can_prove(governed):
    result = governed(Service()).preview()

    (proof,) = (one for one in result.violations if one.policy == "production-proof")
    assert proof.is_undecided
    assert proof.message == (
        'comfydeploy.Deployment "serving": a preview cannot know whether it will be proved; `pulumi-comfy promote` '
        "asks for the proof before, and this rule after the deployment."
    )
    assert result.ok


@pytest.mark.cli
@pytest.mark.apart
def test_every_violation_of_a_program_is_listed_in_one_preview(governed):
    machine = {
        "gpu": "L4",
        "keep_warm": 3,
        "concurrency_limit": 40,
        "docker_command_steps": [
            {"type": "custom-node", "data": {"url": "https://github.com/a/b", "install_type": "git-clone"}}
        ],
    }

    result = governed(Service(machine=machine, check=None, protect=False)).preview(check=False)

    assert told(result) == [
        ("keep-warm", "mandatory", "gpu"),
        ("most-instances", "mandatory", "gpu"),
        ("pinned-nodes", "mandatory", "gpu"),
        ("production-check", "mandatory", "serving"),
        ("protected-production", "mandatory", "serving"),
    ]


@pytest.mark.cli
@pytest.mark.apart
def test_an_up_makes_nothing_that_a_mandatory_policy_refuses(governed, comfy_emulator):
    stack = governed(Service(machine={"gpu": "H100"}), **{"allowed-gpus": {"gpus": ["L4"]}})

    assert not stack.up(check=False).ok

    assert comfy_emulator.comfydeploy.dump()["machines"] == []


@pytest.mark.cli
@pytest.mark.apart
def test_a_deployment_whose_check_is_off_is_told_after_the_deployment(governed):
    stack = governed(Service())
    stack.set_config("comfy:inferenceChecks", "off")

    result = stack.up(check=False)

    assert told(result) == [("production-proof", "mandatory", "serving")]
    assert not result.ok
