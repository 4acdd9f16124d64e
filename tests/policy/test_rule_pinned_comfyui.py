"""The rule `pinned-comfyui`: ComfyUI itself is pinned."""

from __future__ import annotations

from good import deployment, machine

from pulumi_comfy.policy.kit import UNKNOWN, resource, said, undecided
from pulumi_comfy.policy.rules.pins import PINNED_COMFYUI


def test_a_whole_commit_passes():
    assert said(PINNED_COMFYUI, machine()) == []


def test_a_tag_is_told():
    assert said(PINNED_COMFYUI, machine(comfyuiVersion="latest")) == [
        'comfydeploy.ServerlessMachine "gpu": comfyuiVersion is no whole commit, so that the next build may take '
        "another "
        "ComfyUI. Give the commit's 40 hex digits."
    ]


def test_what_has_no_comfyui_passes():
    assert said(PINNED_COMFYUI, deployment()) == []


def test_a_commit_that_is_not_known_neither_passes_nor_fails():
    assert undecided(PINNED_COMFYUI, machine(comfyuiVersion=UNKNOWN)) == [
        'comfydeploy.ServerlessMachine "gpu": comfyuiVersion is not known yet.'
    ]


def test_the_commit_of_a_snapshot_is_looked_at():
    def held(commit):
        return resource("selfhosted:Machine", "built", snapshot={"comfyui": commit, "git_custom_nodes": {}})

    assert said(PINNED_COMFYUI, held("0" * 40)) == []
    assert said(PINNED_COMFYUI, held("master")) == [
        'selfhosted.Machine "built": snapshot.comfyui is no whole commit, so that the next build may take another '
        "ComfyUI. Give the commit's 40 hex digits."
    ]


def test_a_snapshot_that_is_not_known_neither_passes_nor_fails():
    one = resource("selfhosted:Machine", "built", snapshot=UNKNOWN)

    assert undecided(PINNED_COMFYUI, one) == ['selfhosted.Machine "built": snapshot.comfyui is not known yet.']
