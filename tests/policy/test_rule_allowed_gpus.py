"""The rule `allowed-gpus`: which GPUs an environment may use."""

from __future__ import annotations

from good import deployment, machine, runcomfy

from pulumi_comfy.policy.kit import UNKNOWN, said, undecided
from pulumi_comfy.policy.rules.limits import ALLOWED_GPUS


def test_a_gpu_that_is_allowed_passes():
    assert said(ALLOWED_GPUS, machine(), gpus=["L4", "T4"]) == []


def test_a_gpu_that_is_not_allowed_is_told_with_what_is():
    assert said(ALLOWED_GPUS, machine(gpu="H100"), gpus=["L4", "T4"]) == [
        'comfydeploy.ServerlessMachine "gpu": gpu is H100; allowed in production: L4, T4. Take one of these, or allow '
        "it "
        "in `allowed-gpus`."
    ]


def test_without_settings_every_gpu_is_allowed():
    assert said(ALLOWED_GPUS, machine(gpu="B200")) == []


def test_an_environment_of_its_own_counts_before_the_common_list():
    settings = {"gpus": ["T4"], "byEnvironment": {"production": ["L4"]}}

    assert said(ALLOWED_GPUS, machine(), **settings) == []
    assert len(said(ALLOWED_GPUS, machine(of_environment="staging"), **settings)) == 1


def test_a_stack_without_an_environment_has_the_common_list():
    assert said(ALLOWED_GPUS, machine(of_environment=None, gpu="H100"), gpus=["L4"]) == [
        'comfydeploy.ServerlessMachine "gpu": gpu is H100; allowed: L4. Take one of these, or allow it in '
        "`allowed-gpus`."
    ]


def test_a_deployment_that_names_no_gpu_passes():
    assert said(ALLOWED_GPUS, deployment(), gpus=["L4"]) == []


def test_the_environment_of_a_deployment_is_its_own():
    settings = {"gpus": ["L4"], "byEnvironment": {"staging": ["H100"]}}

    assert said(ALLOWED_GPUS, deployment(gpu="H100", environment="staging"), **settings) == []


def test_another_platforms_word_is_looked_at_too():
    assert said(ALLOWED_GPUS, runcomfy(), gpus=["TURING_16"]) == [
        'runcomfy.Deployment "serving": hardware is AMPERE_24; allowed in production: TURING_16. Take one of these, or '
        "allow it in `allowed-gpus`."
    ]


def test_a_gpu_that_is_not_known_neither_passes_nor_fails():
    assert said(ALLOWED_GPUS, machine(gpu=UNKNOWN), gpus=["L4"]) == []
    assert undecided(ALLOWED_GPUS, machine(gpu=UNKNOWN), gpus=["L4"]) == [
        'comfydeploy.ServerlessMachine "gpu": gpu is not known yet.'
    ]


def test_while_the_environment_is_not_known_nothing_is_judged():
    assert undecided(ALLOWED_GPUS, deployment(gpu="H100", environment=UNKNOWN), gpus=["L4"]) == [
        'comfydeploy.Deployment "serving": its environment is not known yet.'
    ]
