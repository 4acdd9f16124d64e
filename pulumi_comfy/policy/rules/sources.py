"""Where code comes from: custom nodes run with everything that the machine has, so their sources are on a list."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy.core.meanings import NODE_FILES, NODE_SOURCE, NODE_VERSION, SNAPSHOT, Place
from pulumi_comfy.core.unknown import contains_unknown
from pulumi_comfy.policy.resources import Resource
from pulumi_comfy.policy.rule import Report, Rule, Settings
from pulumi_comfy.policy.values import address


class Sources(Settings):
    """Of `node-sources`."""

    allowed: Annotated[
        list[str],
        Field(
            description="How a URL may begin: host and path, e.g. `github.com/comfyanonymous/`. Default: all of GitHub."
        ),
    ] = ["github.com/", "raw.githubusercontent.com/"]
    registry: Annotated[bool, Field(description="Whether nodes of ComfyUI's registry are allowed. Default true.")] = (
        True
    )


def _check(resource: Resource, settings: Sources, report: Report) -> None:
    for mark in (NODE_SOURCE, NODE_FILES):
        for place in resource.marked(mark):
            if contains_unknown(place.value):
                report.not_known(f"{resource.words}: {place.name} is not known yet.")
                continue
            for url in place.value if isinstance(place.value, list) else [place.value]:
                if url is not None:
                    _refuse(url, place, resource, settings, report)
    for place in resource.marked(SNAPSHOT):
        if contains_unknown(place.value):
            report.not_known(f"{resource.words}: {place.name} is not known yet.")
            continue
        for url in (place.value or {}).get("git_custom_nodes") or {}:
            _refuse(url, place, resource, settings, report)
    for place in resource.marked(NODE_VERSION):
        if not settings.registry:
            report.violation(
                f"{resource.words}: {place.name} is of ComfyUI's registry, which is not allowed. Clone its repository "
                "at a commit, or set `registry` of `node-sources`."
            )


def _refuse(url: Any, place: Place, resource: Resource, settings: Sources, report: Report) -> None:
    allowed = tuple(one.lower().removeprefix("https://") for one in settings.allowed)
    source = address(url)
    if not source.lower().startswith(allowed) or not source:
        report.violation(
            f"{resource.words}: {place.name} is of {source or 'no host that can be read'}, which is on no list; "
            f"allowed: {', '.join(settings.allowed) or 'none'}. Take another source, or add it to `node-sources`."
        )


NODE_SOURCES = Rule(
    id="node-sources",
    description="Custom nodes come from sources that are on the list.",
    settings=Sources,
    of_resource=_check,
)
