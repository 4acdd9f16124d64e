"""The rule `production-check`: production is checked."""

from __future__ import annotations

from good import check, deployment, machine

from pulumi_comfy.policy.kit import UNKNOWN, resource, said, stack, undecided
from pulumi_comfy.policy.rules.proofs import PRODUCTION_CHECK


def test_a_deployment_with_a_check_passes():
    assert said(PRODUCTION_CHECK, deployment()) == []


def test_a_deployment_without_a_check_is_told():
    assert said(PRODUCTION_CHECK, deployment(inferenceCheck=None)) == [
        'comfydeploy.Deployment "serving" is in production and has no inference check, so that nothing tells whether '
        "it "
        "renders. Give it `inference_check`, or an `InferenceCheck` that runs it."
    ]


def test_a_check_by_itself_of_this_deployment_is_as_good():
    assert said(PRODUCTION_CHECK, stack(deployment(inferenceCheck=None), check())) == []


def test_a_check_by_itself_that_was_made_of_this_deployment_is_as_good_before_there_is_an_id():
    serving = deployment(id="", inferenceCheck=None)

    assert said(PRODUCTION_CHECK, stack(serving, check(deploymentId=UNKNOWN, refers={"deploymentId": [serving]}))) == []


def test_a_check_by_itself_of_another_deployment_is_not():
    assert len(said(PRODUCTION_CHECK, stack(deployment(inferenceCheck=None), check(deploymentId="another")))) == 1


def test_staging_needs_none():
    assert said(PRODUCTION_CHECK, deployment(inferenceCheck=None, environment="staging")) == []


def test_what_is_production_can_be_said():
    one = deployment(inferenceCheck=None, environment="staging")

    assert len(said(PRODUCTION_CHECK, one, production=["staging"])) == 1


def test_a_machine_needs_none():
    assert said(PRODUCTION_CHECK, machine()) == []


def test_while_the_environment_is_not_known_nothing_is_judged():
    assert undecided(PRODUCTION_CHECK, deployment(environment=UNKNOWN)) == [
        'comfydeploy.Deployment "serving": its environment is not known yet.'
    ]


def test_a_check_by_itself_counts_on_a_deployment_of_a_self_hosted_server_too():
    facts = {"environment": "production", "machineId": "m"}
    one = resource("selfhosted:Deployment", "serving", id="d", **facts)
    probe = resource("selfhosted:InferenceCheck", "probe", deploymentId="d")

    assert said(PRODUCTION_CHECK, stack(one, probe)) == []
    assert said(PRODUCTION_CHECK, one) == [
        'selfhosted.Deployment "serving" is in production and has no inference check, so that nothing tells whether it '
        "renders. Give it `inference_check`, or an `InferenceCheck` that runs it."
    ]


def test_a_check_that_is_not_known_neither_passes_nor_fails():
    unknown = deployment(inferenceCheck=UNKNOWN)

    assert said(PRODUCTION_CHECK, unknown) == []
    assert undecided(PRODUCTION_CHECK, unknown) == [
        'comfydeploy.Deployment "serving": inferenceCheck is not known yet.'
    ]


def test_a_check_by_itself_is_enough_where_the_other_is_not_known():
    whole = stack(deployment(inferenceCheck=UNKNOWN), check())

    assert (said(PRODUCTION_CHECK, whole), undecided(PRODUCTION_CHECK, whole)) == ([], [])
