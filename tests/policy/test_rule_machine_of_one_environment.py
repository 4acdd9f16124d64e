"""The rule `machine-of-one-environment`: no machine serves two environments."""

from __future__ import annotations

from good import deployment, machine

from pulumi_comfy.policy.kit import UNKNOWN, said, stack, undecided
from pulumi_comfy.policy.rules.environments import MACHINE_OF_ONE

TOLD = [
    'one machine serves "serving" (production) and "try" (staging): it runs whatever it was last built to, so that '
    "production and staging are one environment. Give each a machine of its own."
]


def test_two_deployments_of_one_environment_on_one_machine_pass():
    assert said(MACHINE_OF_ONE, stack(deployment(), deployment("try"))) == []


def test_two_environments_on_one_machine_are_told():
    assert said(MACHINE_OF_ONE, stack(deployment(), deployment("try", environment="staging"))) == TOLD


def test_what_is_told_does_not_depend_on_which_the_program_declared_first():
    assert said(MACHINE_OF_ONE, stack(deployment("try", environment="staging"), deployment())) == TOLD


def test_two_environments_on_two_machines_pass():
    other = deployment("try", environment="staging", machineId="another")

    assert said(MACHINE_OF_ONE, stack(deployment(), other)) == []


def test_a_machine_that_is_still_to_be_made_is_known_by_its_resource():
    gpu = machine()
    both = [
        deployment(machineId=UNKNOWN, refers={"machineId": [gpu]}),
        deployment("try", environment="staging", machineId=UNKNOWN, refers={"machineId": [gpu]}),
    ]

    assert said(MACHINE_OF_ONE, stack(gpu, *both)) == TOLD


def test_a_machine_that_nothing_tells_neither_passes_nor_fails():
    one = deployment(machineId=UNKNOWN)

    assert said(MACHINE_OF_ONE, one) == []
    assert undecided(MACHINE_OF_ONE, one) == [
        'comfydeploy.Deployment "serving": its machine or its environment is not known yet.'
    ]
