"""Every example is run: the projects by the test engine, their own tests by a pytest of their own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.apart

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
GRAPH = json.loads((EXAMPLES / "comfydeploy-quickstart" / "text_to_image.api.json").read_text(encoding="utf-8"))
SAVED = "00000000-0000-4000-8000-000000001111"
"""The workflow that the example of RunComfy names, which only a person can save."""


def test_the_tested_service_passes_its_own_tests():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "-o", "addopts="]

    done = subprocess.run(
        command, cwd=EXAMPLES / "comfydeploy-tested-service", capture_output=True, text=True, timeout=300, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed" in done.stdout


def test_the_readmes_program_goes_up_on_the_quickstarts_documents(comfy_stack, comfy_emulator, tmp_path):
    comfy_emulator.settings.build_seconds = comfy_emulator.settings.run_seconds = 0.02
    copied = shutil.copytree(EXAMPLES / "comfydeploy-quickstart", tmp_path / "my-service")
    readme = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    (copied / "__main__.py").write_text(program, encoding="utf-8")

    result = comfy_stack(copied, stack="smallest").up()

    assert "inference check passed" in "\n".join(result.messages("serving"))
    assert [row["id"] for row in comfy_emulator.comfydeploy.dump()["deployments"]] == [result.outputs["deployment_id"]]


@pytest.mark.skipif(shutil.which("curl") is None, reason="the line is curl's")
def test_the_line_of_the_docs_saves_the_workflow_that_runcomfys_example_names(comfy_emulator):
    page = (EXAMPLES.parent / "docs" / "emulator.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^```sh\n(curl .*?)^```$", page, re.DOTALL | re.MULTILINE)
    here = line.replace("http://127.0.0.1:8765", comfy_emulator.url)

    subprocess.run(["sh", "-c", here], cwd=EXAMPLES.parent, capture_output=True, timeout=60, check=True)

    config = (EXAMPLES / "runcomfy" / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    saved = {row["workflow_id"] for row in comfy_emulator.runcomfy.dump()["versions"]}
    assert re.findall(r"workflow_id: (\S+)", config) == list(saved)


def test_the_selfhosted_example_runs_what_somebody_has_deployed_and_sees_when_he_changes_it(
    comfy_stack, comfy_emulator, tmp_path
):
    comfy_emulator.settings.run_seconds = 0.02
    server = comfy_emulator.selfhosted
    server.settings.models = {"checkpoints": [GRAPH["3"]["inputs"]["ckpt_name"]]}
    copied = shutil.copytree(EXAMPLES / "selfhosted", tmp_path / "selfhosted")
    workflow_id = comfy_stack(copied, stack="dev").up().outputs["workflow_id"]
    version_id = server.newest_version(workflow_id)
    machines = [server.add_machine(name=name, endpoint="http://10.0.0.5:8188") for name in ("gpu-box", "another")]
    deployment_id = server.add_deployment(workflow_id, version_id, machines[0])

    config = {"selfhosted:deployment_id": deployment_id, "selfhosted:machine_id": machines[0]}
    stack = comfy_stack(copied, stack="prod", config=config)
    result = stack.up()
    server.add_deployment(workflow_id, version_id, machines[1])
    drifted = stack.up(check=False)

    assert Path(copied, result.outputs["image"]).read_bytes().startswith(b"\x89PNG")
    assert f"`machine_id` {machines[1]}, where {machines[0]} is declared" in drifted.error


@pytest.mark.cli
@pytest.mark.parametrize("name", sorted(path.parent.name for path in EXAMPLES.glob("*/Pulumi.yaml")))
def test_an_example_goes_up_is_unchanged_and_goes_down(comfy_stack, comfy_emulator, name, tmp_path):
    comfy_emulator.settings.build_seconds = comfy_emulator.settings.run_seconds = 0.02
    comfy_emulator.runcomfy.add_workflow(GRAPH, workflow_id=SAVED)
    copied = shutil.copytree(EXAMPLES / name, tmp_path / name)  # an example works wherever it is copied
    shared = [comfy_stack(copied, stack="shared")] if (copied / "Pulumi.shared.yaml").exists() else []
    stack = comfy_stack(copied, stack="dev")

    for owner in shared:
        owner.up()
    stack.up()
    again = stack.up()
    stack.destroy()
    for owner in shared:
        owner.destroy()

    assert not again.changes
    held = comfy_emulator.comfydeploy.dump()
    assert [held[kind] for kind in ("workflows", "machines", "secrets", "deployments")] == [[], [], [], []]
    assert comfy_emulator.runcomfy.dump()["deployments"] == []
    assert comfy_emulator.comfycloud.dump()["workflows"] == []
    assert comfy_emulator.comfyui.userdata.paths() == []
