"""The rule `public-shares`: nothing is public by accident."""

from __future__ import annotations

from good import deployment, publication

from pulumi_comfy.policy.kit import UNKNOWN, resource, said, undecided
from pulumi_comfy.policy.rules.upkeep import PUBLIC_SHARES


def test_a_deployment_that_is_not_public_passes():
    assert said(PUBLIC_SHARES, deployment()) == []
    assert said(PUBLIC_SHARES, deployment(environment="private-share")) == []


def test_a_public_share_is_told():
    assert said(PUBLIC_SHARES, deployment(environment="public-share")) == [
        'comfydeploy.Deployment "serving": environment is public-share, which everybody can see or run. Take it out, '
        "or "
        'name "serving" in `allowed` of `public-shares`.'
    ]


def test_a_publication_is_told():
    assert said(PUBLIC_SHARES, publication()) == [
        'comfycloud.Publication "shown": it publishes a workflow, which everybody can see or run. Take it out, or name '
        '"shown" in `allowed` of `public-shares`.'
    ]


def test_a_resource_with_leave_passes():
    assert said(PUBLIC_SHARES, publication(), allowed=["shown"]) == []


def test_a_public_share_of_a_server_of_ones_own_is_told():
    assert len(said(PUBLIC_SHARES, resource("selfhosted:Deployment", environment="public-share"))) == 1


def test_an_environment_that_is_not_known_neither_passes_nor_fails():
    one = deployment(environment=UNKNOWN)

    assert said(PUBLIC_SHARES, one) == []
    assert undecided(PUBLIC_SHARES, one) == ['comfydeploy.Deployment "serving": environment is not known yet.']
