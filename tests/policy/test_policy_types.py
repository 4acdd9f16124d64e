"""What a rule sees: types of every shell, our own and others', and what a resource says of itself."""

from __future__ import annotations

import pytest
from good import check, deployment, machine

from pulumi_comfy.core.meanings import GPU
from pulumi_comfy.core.platform import all_platforms, token_of_type
from pulumi_comfy.policy.kit import UNKNOWN, resource, stack
from pulumi_comfy.policy.resources import Resource
from pulumi_comfy.policy.rule import Rule

TOKENS = [handler.token for platform in all_platforms() for handler in platform.handlers.values()]


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("prefix", ["pulumi-python:", "pulumi-python:dynamic/comfy/", "comfy:"])
def test_a_kind_is_known_in_each_shell_and_in_older_states(prefix, token):
    assert token_of_type(prefix + token) == token


@pytest.mark.parametrize(
    "type_",
    [
        "pulumi:pulumi:Stack",
        "pulumi:providers:pulumi-python",
        "aws:s3/bucket:Bucket",
        "pulumi-python:dynamic:Resource",
        "comfy:comfydeploy:Nothing",
        "comfy:nowhere:Deployment",
        "acme:comfydeploy:Deployment",
        "comfydeploy:Deployment",
    ],
)
def test_what_is_none_of_ours_has_no_token(type_):
    assert token_of_type(type_) == ""


def test_what_is_none_of_ours_has_no_declared_fields():
    bucket = Resource("aws:s3/bucket:Bucket", "b", {"gpu": "H100"})

    assert bucket.places == []
    assert bucket.words == 'aws:s3/bucket:Bucket "b"'
    assert not bucket.serves


def test_a_resource_goes_by_its_own_environment_and_else_by_the_stacks():
    assert deployment(environment="staging").environment == "staging"
    assert machine().environment == "production"
    assert machine(of_environment=None).environment is None
    assert deployment(environment=UNKNOWN).environment is UNKNOWN


def test_what_serves_is_what_a_check_can_prove():
    assert [one.serves for one in (deployment(), machine(), check())] == [True, False, False]


def test_the_fields_of_one_meaning_are_found_on_any_platform():
    one = resource("runcomfy:Deployment", hardware="TURING_16")

    assert [(place.name, place.value) for place in one.marked(GPU)] == [("hardware", "TURING_16")]


def test_a_stack_tells_ours_from_others():
    whole = stack(machine(), Resource("aws:s3/bucket:Bucket", "b", {}))

    assert [one.name for one in whole.ours] == ["gpu"]


def test_an_empty_stack_is_a_stack():
    assert stack().ours == []


def test_a_rule_is_of_a_resource_or_of_a_stack_and_not_of_both():
    with pytest.raises(ValueError, match="the rule both is either of a resource or of a stack"):
        Rule(id="both", description="Both.", of_resource=lambda *_: None, of_stack=lambda *_: None)
