"""The rule `stack-environment`: a stack says which environment it is of."""

from __future__ import annotations

from good import deployment, machine

from pulumi_comfy.policy.kit import UNKNOWN, said, stack, undecided
from pulumi_comfy.policy.rules.environments import STACK_ENVIRONMENT


def test_a_deployment_of_the_stacks_environment_passes():
    assert said(STACK_ENVIRONMENT, deployment()) == []


def test_a_stack_that_declares_none_is_told():
    assert said(STACK_ENVIRONMENT, machine(of_environment=None)) == [
        "the stack declares no environment, so that no rule knows what is production. Run `pulumi config set "
        "comfy:environment <name>`."
    ]


def test_a_stack_without_resources_of_ours_needs_none():
    assert said(STACK_ENVIRONMENT, stack()) == []


def test_a_deployment_of_another_environment_is_told():
    assert said(STACK_ENVIRONMENT, deployment(environment="staging")) == [
        'comfydeploy.Deployment "serving": environment is staging, and its stack is of production. Deploy it from a '
        "stack "
        "of its own, or name it in `also` of `stack-environment`."
    ]


def test_a_stack_may_have_others_too():
    one = deployment(environment="public-share")

    assert said(STACK_ENVIRONMENT, one, also={"production": ["public-share"]}) == []


def test_an_environment_that_is_not_known_neither_passes_nor_fails():
    one = deployment(environment=UNKNOWN)

    assert said(STACK_ENVIRONMENT, one) == []
    assert undecided(STACK_ENVIRONMENT, one) == ['comfydeploy.Deployment "serving": environment is not known yet.']
