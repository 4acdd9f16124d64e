"""Pinned only: the commit of ComfyUI and of each custom node, the digest of the base image; raw commands by leave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy.core.meanings import (
    BASE_IMAGE,
    COMMAND,
    NODE_COMMIT,
    NODE_FILES,
    NODE_VERSION,
    SERVER_COMMIT,
    SNAPSHOT,
    Place,
)
from pulumi_comfy.core.unknown import contains_unknown
from pulumi_comfy.policy.resources import Resource
from pulumi_comfy.policy.rule import Report, Rule, Settings
from pulumi_comfy.policy.values import address

_COMMIT = re.compile(r"[0-9a-fA-F]{40}")
_DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")
_VERSION = re.compile(r"v?\d+(\.\d+)*([-.+]?[0-9A-Za-z]+)*")


class Leave(Settings):
    """Of a rule with exceptions."""

    allowed: Annotated[list[str], Field(description="Logical names of the resources that may.")] = []


def _is_commit(value: Any) -> bool:
    return isinstance(value, str) and _COMMIT.fullmatch(value) is not None


def _not_known(places: Iterable[Place], resource: Resource, report: Report) -> Iterable[Place]:
    """Give the places whose value is known, and tell of the others."""
    for place in places:
        if contains_unknown(place.value):
            report.not_known(f"{resource.words}: {place.name} is not known yet.")
        else:
            yield place


def _snapshots(resource: Resource) -> Iterator[Place]:
    """Give the snapshots of ComfyUI-Manager that a resource has."""
    return (place for place in resource.marked(SNAPSHOT) if place.value is not None)


def _comfyui(resource: Resource, _: Settings, report: Report) -> None:
    held = [Place((*one.path, "comfyui"), one.field, _in(one, "comfyui"), {}, {}) for one in _snapshots(resource)]
    for place in _not_known([*resource.marked(SERVER_COMMIT), *held], resource, report):
        if not _is_commit(place.value):
            report.violation(
                f"{resource.words}: {place.name} is no whole commit, so that the next build may take another ComfyUI. "
                "Give the commit's 40 hex digits."
            )


def _nodes(resource: Resource, _: Settings, report: Report) -> None:
    for place in _not_known(resource.marked(NODE_COMMIT), resource, report):
        files = place.sibling(NODE_FILES) or []
        if _is_commit(place.value):
            continue
        if contains_unknown(files):
            report.not_known(f"{resource.words}: the files of {place.name} are not known yet.")
            continue
        if files and all(_COMMIT.search(str(one)) for one in files):
            continue
        report.violation(
            f"{resource.words}: {place.name} is no whole commit, so that each build takes what is newest. Give the "
            f"commit's 40 hex digits{', or URLs that hold them' if files else ''}."
        )
    for place in _not_known(resource.marked(NODE_VERSION), resource, report):
        if not (isinstance(place.value, str) and _VERSION.fullmatch(place.value)):
            report.violation(
                f"{resource.words}: {place.name} is no version of a registry, such as `1.2.3`, so that each build may "
                "take another. Give the version."
            )

    for place in _not_known(_snapshots(resource), resource, report):
        for url, node in (_in(place, "git_custom_nodes") or {}).items():
            if not _is_commit(node.get("hash")):
                report.violation(
                    f"{resource.words}: {place.name} has the custom node {address(url)} at no whole commit, so that "
                    "each build may take another. Give the commit's 40 hex digits."
                )


def _in(snapshot: Place, part: str) -> Any:
    return snapshot.value.get(part) if isinstance(snapshot.value, Mapping) else snapshot.value


def _image(resource: Resource, _: Settings, report: Report) -> None:
    for place in _not_known(resource.marked(BASE_IMAGE), resource, report):
        if place.value is not None and not _DIGEST.fullmatch(str(place.value)):
            report.violation(
                f"{resource.words}: {place.name} has no digest, so that the next build may take another image under "
                "the same tag. Append `@sha256:` and the image's digest."
            )


def _commands(resource: Resource, settings: Leave, report: Report) -> None:
    if resource.name in settings.allowed:
        return
    for place in _not_known(resource.marked(COMMAND), resource, report):
        if isinstance(place.value, str) and place.value.strip():
            report.violation(
                f"{resource.words}: {place.name} holds raw commands, which nothing pins. Take a custom node or a base "
                f'image with a digest instead, or name "{resource.name}" in `allowed` of `raw-commands`.'
            )


PINNED_COMFYUI = Rule(
    id="pinned-comfyui",
    description="ComfyUI is pinned to a whole commit.",
    of_resource=_comfyui,
)
PINNED_NODES = Rule(
    id="pinned-nodes",
    description="Each custom node is pinned to a whole commit, or to a version of its registry.",
    of_resource=_nodes,
)
PINNED_IMAGE = Rule(
    id="pinned-image",
    description="A base image is pinned by its digest.",
    of_resource=_image,
)
RAW_COMMANDS = Rule(
    id="raw-commands",
    description="No raw commands, unless the resource has leave.",
    level="advisory",
    settings=Leave,
    of_resource=_commands,
)
