"""What a type checker says of a program: a value that the platform does not know is seen before anything runs."""

from __future__ import annotations

import pytest
from mypy import api

# One worker for all: each would read the same packages once more.
pytestmark = pytest.mark.apart

RIGHT = """
import pulumi

import pulumi_comfy as comfy
from typing_extensions import assert_type
from pulumi_comfy.comfydeploy import (
    CustomNodeData,
    DockerCommandStepArgs,
    DockerCommandStepArgsDict,
    DockerCommandStepType,
    Environment,
    ExpectArgs,
    Gpu,
    InferenceCheckArgs,
    InferenceCheckOnFailure,
)

config = pulumi.Config()
node_version, answer = config.require_secret("version"), config.require_secret("answer")
node: CustomNodeData = {"url": "https://git.example/a", "install_type": "git-clone"}
steps: list[DockerCommandStepArgs | DockerCommandStepArgsDict] = [
    DockerCommandStepArgs(type=DockerCommandStepType.CUSTOM_NODE, data=node),
    DockerCommandStepArgs(type=DockerCommandStepType.COMMANDS, data=config.require_secret("commands"), id="a"),
    DockerCommandStepArgs(type=config.require_secret("type"), data="RUN true"),
    {"type": "custom-node", "data": node, "id": "b"},
    {"type": DockerCommandStepType.CUSTOM_NODE_MANAGER, "data": {"node_id": "a", "version": node_version}},
    {"type": pulumi.Output.from_input("commands"), "data": "RUN true"},
]
machine = comfy.comfydeploy.ServerlessMachine(
    "gpu",
    gpu="L40S",
    rollout="replace",
    docker_command_steps=[
        DockerCommandStepArgs(
            type="custom-node",
            data={"url": "https://git.example/a", "install_type": "git-clone", "hash": config.require_secret("hash")},
        ),
        DockerCommandStepArgs(type="custom-node-manager", data={"node_id": "a", "version": "1.0.0"}),
        DockerCommandStepArgs(type="commands", data="RUN true"),
        {"type": "commands", "data": "RUN true"},
        {"type": "custom-node-manager", "data": {"node_id": "a", "version": "1.0.0"}},
    ],
)
comfy.comfydeploy.ServerlessMachine("member", gpu=Gpu.L40S, docker_command_steps=steps)
comfy.comfydeploy.ServerlessMachine("secret", gpu=config.require_secret("gpu"))
comfy.comfydeploy.ServerlessMachine("of-another", gpu=machine.gpu)
comfy.comfydeploy.ServerlessMachine("of-the-configuration", gpu=Gpu(config.require("gpu")))
comfy.comfydeploy.ServerlessMachine("later", gpu=pulumi.Output.from_input(Gpu.T4))
comfy.comfydeploy.ServerlessMachine("pinned", gpu="L40S", **comfy.pinned("pinned", docker_command_steps=steps))
comfy.comfydeploy.CustomMachine("own", endpoint="https://gpu.example", type="runpod-serverless")
comfy.comfydeploy.Deployment(
    "serving",
    workflow_id="w",
    workflow_version_id="v",
    machine_id=machine.id,
    environment=Environment.STAGING,
    gpu=None,
    inference_check=InferenceCheckArgs(on_failure="keep"),
)
checks = [
    InferenceCheckArgs(expect=ExpectArgs(minimum_outputs=1, kinds=["images"]), on_failure=InferenceCheckOnFailure.KEEP),
    InferenceCheckArgs(expect={"width": config.require_secret_int("width")}, on_failure=answer),
    InferenceCheckArgs(inputs={"prompt": "a cat"}),
]
comfy.comfydeploy.Deployment(
    "as-dicts",
    workflow_id="w",
    workflow_version_id="v",
    machine_id=machine.id,
    environment=config.require_secret("environment"),
    inference_check={"on_failure": InferenceCheckOnFailure.ROLLBACK, "expect": ExpectArgs()},
)
comfy.comfydeploy.get_deployment(workflow_id="w", environment=Environment.STAGING)
comfy.comfydeploy.get_deployment_output(workflow_id="w", environment=config.require_secret("environment"))

class Mine(comfy.comfydeploy.Workflow):
    pass

workflow = comfy.comfydeploy.Workflow.get("of-another", "some-id", pulumi.ResourceOptions(parent=machine))
assert_type(workflow, comfy.comfydeploy.Workflow)
assert_type(Mine.get("mine", "some-id"), Mine)
assert_type(workflow.version_id, pulumi.Output[str])
assert_type(workflow.version_number, pulumi.Output[int])
assert_type(workflow.selected_machine_id, pulumi.Output[str | None])
"""

WRONG = {
    "a GPU that there is none of": 'comfy.comfydeploy.ServerlessMachine("it", gpu="L40")',
    "a GPU that is not known to be one": 'comfy.comfydeploy.ServerlessMachine("it", gpu=config.require("gpu"))',
    "a misspelt rollout": 'comfy.comfydeploy.ServerlessMachine("it", gpu="T4", rollout="replce")',
    "a misspelt type of a machine": 'comfy.comfydeploy.CustomMachine("it", endpoint="https://x", type="clasic")',
    "a misspelt environment": "comfy.comfydeploy.Deployment("
    '"it", workflow_id="w", workflow_version_id="v", machine_id="m", environment="prod")',
    "a misspelt answer to a failure": 'comfy.comfydeploy.InferenceCheckArgs(on_failure="rollbak")',
    "a misspelt type of a step": 'DockerCommandStepArgs(type="custom-nodee", data="RUN true")',
    "a misspelt type of a step as a dict": 'comfy.comfydeploy.ServerlessMachine("it", gpu="T4", '
    'docker_command_steps=[{"type": "comands", "data": "RUN true"}])',
    "a step's data with a misspelt key": 'DockerCommandStepArgs(type="custom-node-manager", '
    'data={"node": "a", "version": "1"})',
    "a step's data that lacks a key": 'DockerCommandStepArgs(type="custom-node", data={"url": "https://x"})',
    "a step's data of another type": 'DockerCommandStepArgs(type="commands", data=["RUN true"])',
    "commands with a node": 'DockerCommandStepArgs(type="commands", data={"node_id": "a", "version": "1"})',
    "commands with a node, by member": "DockerCommandStepArgs("
    'type=DockerCommandStepType.COMMANDS, data={"node_id": "a", "version": "1"})',
    "commands with a node, as a dict": 'comfy.comfydeploy.ServerlessMachine("it", gpu="T4", '
    'docker_command_steps=[{"type": "commands", "data": {"node_id": "a", "version": "1"}}])',
    "a node with commands": 'DockerCommandStepArgs(type="custom-node", data="RUN true")',
    "a node with commands, as a dict": 'comfy.comfydeploy.ServerlessMachine("it", gpu="T4", '
    'docker_command_steps=[{"type": "custom-node", "data": "RUN true"}])',
    "a node of the registry with a repository": 'DockerCommandStepArgs(type="custom-node-manager", data=node)',
    "a repository with a node of the registry": 'DockerCommandStepArgs(type="custom-node", '
    'data={"node_id": "a", "version": "1"})',
    "a misspelt way to install": 'DockerCommandStepArgs(type="custom-node", '
    'data={"url": "https://x", "install_type": "git clone"})',
    "a step without its data": 'DockerCommandStepArgs(type="commands")',
    "a misspelt answer to a failure as a dict": 'comfy.comfydeploy.Deployment("it", workflow_id="w", '
    'workflow_version_id="v", machine_id="m", environment="staging", inference_check={"on_failure": "rollbak"})',
    "a misspelt environment of a question": 'comfy.comfydeploy.get_deployment(workflow_id="w", environment="prod")',
    "a nested argument that there is none of": "ExpectArgs(widht=512)",
    "a nested argument of another type": 'ExpectArgs(width="512")',
    "a nested argument without its name": "ExpectArgs(512)",
    "an argument that there is none of": 'comfy.comfydeploy.ServerlessMachine("it", gpu="T4", gpus=1)',
    "a required argument that is missing": 'comfy.comfydeploy.ServerlessMachine("it")',
    "an output that there is none of": "workflow.version",
    "an output as one of another type": "number: pulumi.Output[int] = workflow.version_id",
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory) -> set[int]:
    """The lines of the program that a strict type checker refuses; the wrong ones stand at its end."""
    program = tmp_path_factory.mktemp("program") / "program.py"
    program.write_text("\n".join([RIGHT, *WRONG.values()]), encoding="utf-8")
    flags = ["--strict", "--no-error-summary", "--config-file=", f"--cache-dir={program.parent / 'cache'}"]
    found, trouble, _status = api.run([*flags, "--follow-imports=silent", str(program)])
    assert trouble == ""
    return {int(line.removeprefix(str(program)).split(":")[1]) for line in found.splitlines() if "error:" in line}


def first_wrong_line() -> int:
    return len(RIGHT.splitlines()) + 2


@pytest.mark.parametrize("what", WRONG)
def test_a_type_checker_refuses(what, refused):
    assert first_wrong_line() + list(WRONG).index(what) in refused


def test_a_type_checker_takes_what_the_platform_knows(refused):
    assert {line for line in refused if line < first_wrong_line()} == set()
