"""Tests of the house's own rule: one good object, one change a test."""

from house_rules import TEAM_NAMED

from pulumi_comfy.policy.kit import resource, said


def deployment(name="render-portrait", **values):
    return resource("comfydeploy:Deployment", name, **{"environment": "production", **values})


def test_a_deployment_that_is_named_after_its_team_passes():
    assert said(TEAM_NAMED, deployment()) == []


def test_one_that_is_not_is_told():
    assert said(TEAM_NAMED, deployment("portrait")) == [
        'comfydeploy.Deployment "portrait" is in production and its name begins with no team; teams: render, games. '
        "Call it `<team>-portrait`."
    ]


def test_staging_may_be_called_as_one_likes():
    assert said(TEAM_NAMED, deployment("portrait", environment="staging")) == []
