"""Sizes that cost money: which GPUs, how many instances, how many of them always on, and for how long after a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, NonNegativeInt

from pulumi_comfy.core.meanings import ALWAYS_ON, GPU, IDLE_SECONDS, MOST_INSTANCES, Place
from pulumi_comfy.core.model import Mark
from pulumi_comfy.core.unknown import Unknown
from pulumi_comfy.policy.resources import Resource
from pulumi_comfy.policy.rule import Report, Rule, Settings

_BY = 'The same for environments that differ, by name, e.g. `{"production": %s}`.'


class GpuSettings(Settings):
    """Of `allowed-gpus`."""

    gpus: Annotated[
        list[str] | None, Field(description="GPUs that may be used, in the platform's words. Default: any.")
    ] = None
    by_environment: Annotated[dict[str, list[str]], Field(description=_BY % '["L4", "H100"]')] = {}


class Count(Settings):
    """Of a rule about the most of something."""

    most: Annotated[int, Field(ge=0, description="The most that is allowed.")]
    by_environment: Annotated[dict[str, NonNegativeInt], Field(description=_BY % "10")] = {}


class MostInstances(Count):
    """Of `most-instances`."""

    most: Annotated[int, Field(ge=0, description="The most instances at once. Default 4.")] = 4


class AlwaysOn(Count):
    """Of `keep-warm`."""

    most: Annotated[int, Field(ge=0, description="The most instances that are always on. Default 0.")] = 0
    by_environment: Annotated[dict[str, NonNegativeInt], Field(description=_BY % "2")] = {"production": 1}


class IdleSeconds(Count):
    """Of `idle-time`."""

    most: Annotated[int, Field(ge=0, description="The most seconds on after a run. Default 300.")] = 300


def _limit_of(resource: Resource, default: Any, by_environment: Mapping[str, Any], place: Place, report: Report) -> Any:
    """Give the limit that holds for a resource; None where there is none, or where nobody can know which holds."""
    environment = resource.environment
    if isinstance(environment, Unknown) or isinstance(place.value, Unknown):
        what = "its environment" if isinstance(environment, Unknown) else place.name
        report.not_known(f"{resource.words}: {what} is not known yet.")
        return None
    return by_environment.get(environment, default) if environment is not None else default


def _in(resource: Resource) -> str:
    return f" in {resource.environment}" if isinstance(resource.environment, str) else ""


def _gpus(resource: Resource, settings: GpuSettings, report: Report) -> None:
    for place in resource.marked(GPU):
        if place.value is None:
            continue
        allowed = _limit_of(resource, settings.gpus, settings.by_environment, place, report)
        if allowed is not None and place.value not in allowed:
            report.violation(
                f"{resource.words}: {place.name} is {place.value}; allowed{_in(resource)}: "
                f"{', '.join(allowed) or 'none'}. Take one of these, or allow it in `allowed-gpus`."
            )


def _most(mark: Mark, rule: str) -> Any:
    def check(resource: Resource, settings: Count, report: Report) -> None:
        for place in resource.marked(mark):
            if place.value is None:
                continue
            limit = _limit_of(resource, settings.most, settings.by_environment, place, report)
            if limit is not None and place.value > limit:
                report.violation(
                    f"{resource.words}: {place.name} is {place.value:g}; the most{_in(resource)} is {limit}. "
                    f"Lower it, or raise the limit in `{rule}`."
                )

    return check


ALLOWED_GPUS = Rule(
    id="allowed-gpus",
    description="Only GPUs that are allowed in the environment.",
    settings=GpuSettings,
    of_resource=_gpus,
    note="Without settings every GPU is allowed: the words are the platforms' own.",
)
MOST_AT_ONCE = Rule(
    id="most-instances",
    description="No more instances at once than the environment allows.",
    settings=MostInstances,
    of_resource=_most(MOST_INSTANCES, "most-instances"),
)
KEEP_WARM = Rule(
    id="keep-warm",
    description="No more instances that are always on, and billed, than the environment allows.",
    settings=AlwaysOn,
    of_resource=_most(ALWAYS_ON, "keep-warm"),
)
IDLE_TIME = Rule(
    id="idle-time",
    description="Instances stay on, and are billed, no longer after a run than the environment allows.",
    settings=IdleSeconds,
    of_resource=_most(IDLE_SECONDS, "idle-time"),
)
