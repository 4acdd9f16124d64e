"""Real programs with a pack, on both engines: who passes and who fails, by name."""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from packs import require_pack

import pulumi_comfy as comfy
from pulumi_comfy.emulator import Emulator
from pulumi_comfy.policy import RULES
from pulumi_comfy.testing import PolicyPack, Stack

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
QUICKSTART = EXAMPLES / "comfydeploy-quickstart"
EXAMPLE = EXAMPLES / "policy-pack"
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


@pytest.fixture(autouse=True)
def _quick(comfy_emulator: Emulator) -> None:
    comfy_emulator.settings.build_seconds = comfy_emulator.settings.run_seconds = 0.02


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


PROMPT = json.loads((QUICKSTART / "text_to_image.api.json").read_text())
WORKFLOW = "00000000-0000-4000-8000-000000001111"


def on_runcomfy() -> None:
    from pulumi import ResourceOptions

    facts = {"workflow_id": WORKFLOW, "workflow_version": "v1"}
    check = comfy.runcomfy.InferenceCheckArgs()
    comfy.runcomfy.Deployment("good", inference_check=check, opts=ResourceOptions(protect=True), **facts)
    comfy.runcomfy.Deployment("bad", min_instances=9, max_instances=30, hardware="HOPPER_141", **facts)


def on_comfycloud() -> None:
    from pulumi import ResourceOptions

    check = comfy.comfycloud.InferenceCheckArgs()
    comfy.comfycloud.Workflow("good", workflow=PROMPT, inference_check=check, opts=ResourceOptions(protect=True))
    comfy.comfycloud.Workflow("bad", workflow=PROMPT)
    comfy.comfycloud.Publication("shown", workflow_id=WORKFLOW, path="workflows/shown.json")


def on_a_server() -> None:
    from pulumi import ResourceOptions

    graph = json.loads((QUICKSTART / "text_to_image.json").read_text())
    check = comfy.comfyui.InferenceCheckArgs()
    both = {"workflow": graph, "workflow_api": PROMPT}
    comfy.comfyui.Workflow("good", inference_check=check, opts=ResourceOptions(protect=True), **both)
    comfy.comfyui.Workflow("bad", **both)


def on_a_deploy_of_ones_own() -> None:
    s = comfy.selfhosted
    node = {"https://git.example/acme/nodes": {"hash": "main", "disabled": False}}
    snapshot = {"comfyui": COMMIT, "git_custom_nodes": node, "file_custom_nodes": []}
    machine = s.Machine("bad", type="comfy-deploy-serverless", gpu="A100", snapshot=snapshot)
    facts = {"workflow_id": WORKFLOW, "workflow_version_id": WORKFLOW, "machine_id": machine.id}
    s.Deployment("serving", environment="production", **facts)
    s.Deployment("shared", environment="public-share", **facts)


@pytest.mark.cli
@pytest.mark.apart
@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (
            on_runcomfy,
            [
                ("allowed-gpus", "bad"),
                ("keep-warm", "bad"),
                ("most-instances", "bad"),
                ("production-check", "bad"),
                ("protected-production", "bad"),
            ],
        ),
        (on_comfycloud, [("production-check", "bad"), ("protected-production", "bad"), ("public-shares", "shown")]),
        (on_a_server, [("production-check", "bad"), ("protected-production", "bad")]),
        (
            on_a_deploy_of_ones_own,
            [
                ("allowed-gpus", "bad"),
                ("machine-of-one-environment", "serving"),
                ("node-sources", "bad"),
                ("pinned-nodes", "bad"),
                ("production-check", "serving"),
                ("protected-production", "serving"),
                ("public-shares", "shared"),
                ("stack-environment", "shared"),
            ],
        ),
    ],
    ids=["runcomfy", "comfycloud", "comfyui", "selfhosted"],
)
def test_each_platforms_program_is_judged_by_name(governed, comfy_emulator, program, expected):
    comfy_emulator.runcomfy.add_workflow(PROMPT, ["v1"], workflow_id=WORKFLOW)
    comfy_emulator.selfhosted.settings.profile = "seed"
    stack = governed(program, **{"allowed-gpus": {"gpus": ["AMPERE_48"]}})
    stack.set_config("comfy:inferenceChecks", "off")  # nothing is looked at before a preview

    result = stack.preview(check=False)

    assert [(rule, name) for rule, _, name in told(result)] == expected


@pytest.mark.cli
@pytest.mark.apart
def test_the_example_pack_adds_a_rule_of_the_house(comfy_stack, request, tmp_path, monkeypatch):
    pack = shutil.copytree(EXAMPLE, tmp_path / "pack", ignore=shutil.ignore_patterns("__pycache__", ".venv"))
    monkeypatch.syspath_prepend(str(pack))
    house = importlib.import_module("house_rules")
    if request.node.callspec.params["comfy_engine"] == "cli":
        (pack / ".venv").symlink_to(require_pack().parents[1])
    policies = PolicyPack([*RULES, *house.RULES], json.loads((pack / "policy-config.json").read_text()), pack)

    stack = comfy_stack(Service(), config={"comfy:environment": "production"}, policies=policies)

    assert told(stack.preview()) == [("team-named", "advisory", "serving")]


def test_the_real_cli_needs_the_packs_executable(tmp_path):
    with pytest.raises(ValueError, match="the real CLI runs a policy pack by its executable: give `command`"):
        PolicyPack().options(tmp_path)
