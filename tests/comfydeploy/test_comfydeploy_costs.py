"""What a preview says of money on ComfyDeploy; each amount is worked out by hand beside it."""

from __future__ import annotations

import json

import pulumi
import pytest
from programs import GRAPH, PROMPT, Service

import pulumi_comfy as comfy

OWN = ", list price of 2025-11-02, "
"""The package's own prices, followed by their age."""


def costs(result, name):
    """The lines about money of one resource."""
    return [line for line in result.messages(name) if "USD" in line or "inference check" in line]


def without_age(line):
    """A line up to the date of its prices."""
    return line.partition(OWN)[0]


@pytest.mark.cli
def test_a_new_machine_says_what_it_costs_idle_and_at_most(deploy):
    stack = deploy(Service(gpu="L4", machine={"keep_warm": 1, "concurrency_limit": 10}, has_deployment=False).program)
    (line,) = costs(stack.preview(), "gpu")
    # 0.00032 USD/s x 3600 s = 1.152 USD/h; x 10 = 11.52
    assert without_age(line) == "idle 0.00 -> 1.15, at most 0.00 -> 11.52 USD/h (L4 x 10"
    assert line.endswith(" days old)")


def test_a_change_of_the_gpu_says_before_and_after(deploy):
    service = Service(gpu="T4", machine={"concurrency_limit": 2}, check=None)
    stack = deploy(service.program)
    stack.up()
    service.gpu = "H100"
    # T4: 0.00018 x 3600 x 2 = 1.296; H100: 0.002338 x 3600 x 2 = 16.8336; idle time 60 s: 0.0108 and 0.14028
    (line,) = costs(stack.preview(), "gpu")
    expected = "idle 0.00, at most 1.30 -> 16.83 USD/h, 0.01 -> 0.14 USD idle after each run (T4 -> H100 x 2"
    assert without_age(line) == expected


def test_a_longer_idle_time_moves_money_too(deploy):
    service = Service(gpu="A100", has_deployment=False)
    stack = deploy(service.program)
    stack.up()
    service.machine = {"idle_timeout": 600}
    # 0.00114 x 3600 = 4.104 USD/h; x 60 s = 0.0684; x 600 s = 0.684
    (line,) = costs(stack.preview(), "gpu")
    assert without_age(line) == "idle 0.00, at most 4.10 USD/h, 0.07 -> 0.68 USD idle after each run (A100 x 1"


def test_what_moves_no_money_says_nothing(deploy):
    service = Service(check=None)
    stack = deploy(service.program)
    stack.up()
    service.machine = {"run_timeout": 400}
    service.steps = 30
    preview = stack.preview()
    assert preview.changes
    assert [line for line in preview.diagnostics if "USD" in line.message] == []


def test_an_ordinary_deployment_is_billed_by_its_machine_whatever_its_own_limits_say(deploy):
    stack = deploy(Service(check=None, deployment={"keep_warm": 3, "concurrency_limit": 9}).program)
    assert costs(stack.preview(), "serving") == []


def test_a_deployments_own_gpu_says_what_each_instance_costs(deploy):
    stack = deploy(Service(check=None, deployment={"gpu": "H100"}).program)
    (line,) = costs(stack.preview(), "serving")
    assert without_age(line) == "each instance that runs it 8.42 USD/h (H100"  # 0.002338 x 3600 = 8.4168


def test_the_check_of_a_machine_that_is_not_there_yet_is_not_priced(deploy):
    stack = deploy(Service(deployment={}).program)
    assert costs(stack.preview(), "serving") == ["one inference check (known in the update only)"]


def test_the_up_that_makes_a_machine_says_what_the_check_on_it_costs_at_most(deploy):
    lines = costs(deploy(Service(gpu="L4").program).up(), "serving")

    assert any("one inference check, at most " in line and "of L4" in line for line in lines)


def test_a_check_costs_at_most_its_time_limits_and_the_idle_time_after_it(deploy):
    service = Service(gpu="T4", check={"queue_timeout_seconds": 100, "run_timeout_seconds": 200})
    stack = deploy(service.program)
    stack.up()
    service.steps = 30
    (line,) = costs(stack.preview(), "serving")
    # (100 + 200 + 60 s idle) x 0.00018 = 0.0648
    assert without_age(line) == "one inference check, at most 0.06 USD (360 s of T4"


def test_an_update_that_is_not_followed_by_a_check_says_nothing_of_one(deploy):
    service = Service()
    stack = deploy(service.program)
    stack.up()
    service.deployment = {"keep_warm": 1}  # without effect on an ordinary deployment
    assert costs(stack.preview(), "serving") == []


def test_no_check_is_told_while_checks_are_off(deploy):
    stack = deploy(Service().program, config={"comfy:inferenceChecks": "off"})
    assert costs(stack.preview(), "serving") == []


def test_a_check_by_itself_is_billed_by_the_machine_of_its_deployment(deploy):
    kinds, has_check = comfy.comfydeploy, False

    def program():
        machine = kinds.ServerlessMachine("gpu", gpu="T4")
        flow = kinds.Workflow("portrait", workflow=GRAPH, workflow_api=PROMPT)
        serving = kinds.Deployment(
            "serving",
            workflow_id=flow.id,
            workflow_version_id=flow.version_id,
            machine_id=machine.id,
            environment="staging",
        )
        if has_check:
            kinds.InferenceCheck("proof", deployment_id=serving.id, inputs={"prompt": "a cat", "seed": 1})

    stack = deploy(program)
    stack.up()
    has_check = True
    (line,) = costs(stack.preview(), "proof")
    # (900 + 600 + 60 s idle) x 0.00018 = 0.2808
    assert without_age(line) == "one inference check, at most 0.28 USD (1560 s of T4"


def test_each_further_line_tells_the_sum_of_all_changes(deploy):
    def program():
        first = comfy.comfydeploy.ServerlessMachine("first", gpu="T4", keep_warm=1)
        options = pulumi.ResourceOptions(depends_on=[first])
        comfy.comfydeploy.ServerlessMachine("second", gpu="A10G", keep_warm=2, opts=options)

    preview = deploy(program).preview()
    (line,) = costs(preview, "second")
    # T4 0.648 + A10G 0.000337 x 3600 x 2 = 2.4264: 3.0744 both idle and at most
    assert line.endswith("; all changes so far: idle +3.07, at most +3.07 USD/h")
    assert "so far" not in costs(preview, "first")[0]


def test_an_unchanged_stack_says_nothing_of_money_and_asks_nobody(deploy, emulator):
    stack = deploy(Service().program)
    stack.up()
    emulator.clear_requests()
    result = stack.up()
    assert [line.message for line in result.diagnostics if "USD" in line.message] == []
    assert emulator.requests == []


def test_costs_can_be_switched_off(deploy):
    stack = deploy(Service(gpu="L4").program, config={"comfy:costs": "off"})
    preview = stack.preview()
    assert [*costs(preview, "gpu"), *costs(preview, "serving")] == []


def test_the_teams_own_prices_win(deploy, tmp_path):
    file = tmp_path / "prices.json"
    ours = {"source": "our contract", "dated": "2026-11-20", "usdPerHour": {"L4": 0.42}}
    file.write_text(json.dumps({"comfydeploy": ours}))
    program = Service(gpu="L4", machine={"keep_warm": 1, "concurrency_limit": 10}, has_deployment=False).program
    stack = deploy(program, config={"comfy:prices": str(file)})
    (line,) = costs(stack.preview(), "gpu")
    assert line.startswith("idle 0.00 -> 0.42, at most 0.00 -> 4.20 USD/h (L4 x 10, list price of 2026-11-20")


def test_a_file_of_prices_that_cannot_be_read_is_told_once_and_stops_nothing(deploy):
    program = Service(gpu="L4", has_deployment=False).program
    preview = deploy(program, config={"comfy:prices": "none.json"}).preview()
    warned = [line.message for line in preview.diagnostics if "none.json" in line.message]
    assert len(warned) == 1
    assert "[COMFY1104]" in warned[0]
    assert len(costs(preview, "gpu")) == 1


def test_a_secret_gpu_is_not_told_by_its_price(deploy):
    def program():
        gpu = pulumi.Output.secret("A100-80GB")
        comfy.comfydeploy.ServerlessMachine("gpu", gpu=gpu)

    (line,) = costs(deploy(program).preview(), "gpu")
    assert line == "idle ?, at most ? USD/h (what decides it is secret)"


def test_what_is_known_in_the_update_only_is_not_guessed(deploy):
    def program():
        first = comfy.comfydeploy.ServerlessMachine("first", gpu="T4")
        comfy.comfydeploy.ServerlessMachine("second", gpu="T4", concurrency_limit=first.version_number)

    (line,) = costs(deploy(program).preview(), "second")
    assert line.startswith("idle 0.00 -> ?, at most 0.00 -> ? USD/h (known in the update only)")
    assert line.endswith("; all changes so far: idle +0.00, at most +0.65 USD/h, without 1 not known")
