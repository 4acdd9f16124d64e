"""What a person sees of the real `pulumi` command: a few lines that say what is wrong, and every line of ours."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from terminal import Terminal

pytestmark = [
    pytest.mark.apart,
    pytest.mark.cli,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="there is no `pulumi` on PATH"),
]

MOST_ROWS = 25
REPEATS = range(3)
"""The host's interrupt meets the program in two runs of three only."""
REFUSED = 'comfy.comfydeploy.CustomMachine("box", endpoint="gopher://box")'
ACCEPTED = 'comfy.comfydeploy.CustomMachine("box", endpoint="https://box.example")'
WORKFLOW = 'comfy.comfydeploy.Workflow("it", description={description!r}, workflow={document!r})'
SAMPLER = {"seed": 1, "steps": 20, "cfg": 7, "latent_image": ["1", 0]}
MARK = "canary-hidden-7f3b"


@pytest.fixture
def terminal(emulator: Any, account_key: str, tmp_path: Path) -> Terminal:
    return Terminal(tmp_path, {"COMFYDEPLOY_URL": emulator.comfydeploy.url, "COMFYDEPLOY_API_KEY": account_key})


def workflow(steps: int = 20, description: str = "good") -> str:
    nodes = {str(node): {"class_type": "SaveImage", "inputs": {"n": node, "images": ["1", 0]}} for node in range(3, 90)}
    sampler = {"class_type": "KSampler", "inputs": {**SAMPLER, "steps": steps}}
    prompt = {"1": {"class_type": "EmptyLatentImage", "inputs": {"width": 512}}, "2": sampler, **nodes}
    return WORKFLOW.format(description=description, document=json.dumps(prompt))


@pytest.mark.parametrize("_repeat", REPEATS)
@pytest.mark.parametrize("operation", [("preview",), ("up", "--yes", "--skip-preview")], ids=["preview", "up"])
def test_a_refused_input_takes_a_few_rows(terminal: Terminal, operation: tuple[str, ...], _repeat: int):
    terminal.program(REFUSED)

    ended = terminal.run(*operation)

    assert "'gopher://box' is not a URL" in ended.text
    assert "Traceback" not in ended.text
    assert (ended.code, ended.rows <= MOST_ROWS) == (1, True), ended.text


@pytest.mark.parametrize("_repeat", REPEATS)
def test_a_create_that_the_platform_refuses_takes_a_few_rows(terminal: Terminal, emulator: Any, _repeat: int):
    emulator.faults.add("POST", "/machine/custom", "status", status=403, times=None, body={"detail": "not yours"})
    terminal.program(ACCEPTED)

    ended = terminal.run("up", "--yes", "--skip-preview")

    assert "answered 403: not yours" in ended.text
    assert "Traceback" not in ended.text
    assert (ended.code, ended.rows <= MOST_ROWS) == (1, True), ended.text


@pytest.mark.parametrize("_repeat", REPEATS)
def test_a_delete_that_the_platform_refuses_takes_a_few_rows(terminal: Terminal, emulator: Any, _repeat: int):
    terminal.program(ACCEPTED)
    terminal.run("up", "--yes", "--skip-preview")
    emulator.faults.add("DELETE", "/machine/{machine_id}", "status", status=403, times=None, body={"detail": "no"})

    ended = terminal.run("destroy", "--yes", "--skip-preview")

    assert "answered 403: no" in ended.text
    assert "Traceback" not in ended.text
    assert (ended.code, ended.rows <= MOST_ROWS) == (1, True), ended.text


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("raise ValueError('boom')", "ValueError: boom"),
        ("raise KeyboardInterrupt('by hand')", "KeyboardInterrupt: by hand"),
    ],
)
def test_an_exception_of_the_program_is_printed_as_ever(terminal: Terminal, program: str, told: str):
    terminal.program(f"def own_function():\n  {program}\nown_function()")

    ended = terminal.run("preview")

    assert "in own_function" in ended.text
    assert told in ended.text
    assert ended.code == 1


@pytest.mark.parametrize("option", [("--otel-traces", "file://{}"), ("--tracing", "file:{}")], ids=lambda one: one[0])
def test_our_lines_are_shown_while_the_command_traces(terminal: Terminal, option: tuple[str, str]):
    terminal.program(workflow(steps=20))
    terminal.run("up", "--yes", "--skip-preview")
    terminal.program(workflow(steps=30))

    ended = terminal.run("preview", option[0], option[1].format(terminal.folder / "traces.json"))

    assert "KSampler #2: steps 20 -> 30" in ended.text


def test_the_diff_of_one_changed_setting_takes_a_few_rows_and_says_it(terminal: Terminal):
    terminal.program(workflow(steps=20))
    terminal.run("up", "--yes", "--skip-preview")
    terminal.program(workflow(steps=30))

    ended = terminal.run("preview", "--diff")

    assert "KSampler #2: steps 20 -> 30" in ended.text
    assert ended.rows <= MOST_ROWS, ended.text


def test_a_document_that_did_not_change_is_not_told_as_changed(terminal: Terminal):
    terminal.program(workflow(description="good"))
    terminal.run("up", "--yes", "--skip-preview")
    terminal.program(workflow(description="better"))

    assert "[diff: ~description]" in terminal.run("preview").text
    assert "KSampler" not in terminal.run("preview", "--diff").text


def test_the_event_log_and_the_state_hold_no_secret(terminal: Terminal, emulator: Any):
    emulator.comfydeploy.builds.outcome("error", log=[f"RUN echo {MARK}"])
    step = f'{{"type": "commands", "data": pulumi.Output.secret("RUN echo {MARK}")}}'
    terminal.program(f'comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4", docker_command_steps=[{step}])')
    log = terminal.folder / "events.json"

    ended = terminal.run("up", "--yes", "--skip-preview", "--event-log", str(log))

    assert "the build ended in error" in ended.text
    assert MARK not in ended.text
    assert MARK not in log.read_text()
    assert MARK not in terminal.run("stack", "export").text


@pytest.mark.parametrize("whose", ["the stack's", "the resource's"])
def test_a_secret_that_a_transform_brings_is_not_told(terminal: Terminal, emulator: Any, whose: str):
    emulator.comfydeploy.builds.outcome("error", log=[f"RUN echo {MARK}"])
    step = f'{{"type": "commands", "data": pulumi.Output.secret("RUN echo {MARK}")}}'
    registered = "" if whose == "the resource's" else "pulumi.runtime.register_resource_transform(change)"
    options = "transforms=[change]" if whose == "the resource's" else ""
    terminal.program(
        "def change(args):\n"
        f'    props = {{**args.props, "dockerCommandSteps": [{step}]}}\n'
        "    return pulumi.ResourceTransformResult(props, args.opts)\n"
        f"{registered}\n"
        f'comfy.comfydeploy.ServerlessMachine("gpu", gpu="T4", opts=pulumi.ResourceOptions({options}))'
    )

    ended = terminal.run("up", "--yes", "--skip-preview")

    assert "the build ended in error" in ended.text
    assert MARK not in ended.text
    assert MARK not in terminal.run("stack", "export").text
