"""The rule `pinned-image`: the base image is pinned."""

from __future__ import annotations

from good import DIGEST, machine

from pulumi_comfy.policy.kit import UNKNOWN, said, undecided
from pulumi_comfy.policy.rules.pins import PINNED_IMAGE


def test_an_image_with_a_digest_passes():
    assert said(PINNED_IMAGE, machine(baseDockerImage=f"registry.example/base:1@{DIGEST}")) == []


def test_an_image_with_a_tag_is_told():
    assert said(PINNED_IMAGE, machine(baseDockerImage="debian:slim")) == [
        'comfydeploy.ServerlessMachine "gpu": baseDockerImage has no digest, so that the next build may take another '
        "image "
        "under the same tag. Append `@sha256:` and the image's digest."
    ]


def test_the_platforms_own_image_passes():
    assert said(PINNED_IMAGE, machine(baseDockerImage=None)) == []


def test_an_image_that_is_not_known_neither_passes_nor_fails():
    assert undecided(PINNED_IMAGE, machine(baseDockerImage=UNKNOWN)) == [
        'comfydeploy.ServerlessMachine "gpu": baseDockerImage is not known yet.'
    ]
