"""What a type checker says of a program: a value that the platform does not know is seen before anything runs."""

from __future__ import annotations

import pytest
from mypy import api

pytestmark = pytest.mark.apart

RIGHT = """
import pulumi

import pulumi_comfy as comfy
from pulumi_comfy.comfydeploy import DockerCommandStepArgs, Environment, Gpu, InferenceCheckArgs

config = pulumi.Config()
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
    ],
)
comfy.comfydeploy.ServerlessMachine("of-another", gpu=machine.gpu)
comfy.comfydeploy.ServerlessMachine("of-the-configuration", gpu=Gpu(config.require("gpu")))
comfy.comfydeploy.ServerlessMachine("later", gpu=pulumi.Output.from_input(Gpu.T4))
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
