"""What a careful team sees to: production is protected, nothing public by accident, names, and what was left over."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, field_validator

from pulumi_comfy.core.meanings import Public
from pulumi_comfy.core.model import AUTOMATIC
from pulumi_comfy.core.names import is_automatic
from pulumi_comfy.core.unknown import Unknown
from pulumi_comfy.policy.resources import Resource
from pulumi_comfy.policy.rule import Production, Report, Rule, Settings
from pulumi_comfy.policy.rules.pins import Leave


class Naming(Settings):
    """Of `naming`."""

    pattern: Annotated[
        str,
        Field(
            description="Regular expression that logical names, and names on the platform that a program gives, match "
            "as a whole. Default: small letters and digits with single dashes, dots, underscores or slashes between."
        ),
    ] = "[a-z0-9]+([-._/][a-z0-9]+)*"

    @field_validator("pattern")
    @classmethod
    def _is_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as wrong:
            raise ValueError(f"it is no regular expression: {wrong}") from None
        return pattern


def _protected(resource: Resource, settings: Production, report: Report) -> None:
    if not resource.serves or resource.is_protected:
        return
    if isinstance(resource.environment, Unknown):
        report.not_known(f"{resource.words}: its environment is not known yet.")
    elif settings.covers(resource.environment):
        report.violation(
            f"{resource.words} is in {resource.environment} and not protected, so that a `pulumi destroy` or a "
            "replacement removes it. Give it `pulumi.ResourceOptions(protect=True)`."
        )


def _public(resource: Resource, settings: Leave, report: Report) -> None:
    if resource.name in settings.allowed:
        return
    for place in resource.marked(Public):
        mark = next(one for one in place.field.metadata if isinstance(one, Public))
        if mark.values is not None and isinstance(place.value, Unknown):
            report.not_known(f"{resource.words}: {place.name} is not known yet.")
        elif mark.values is None or place.value in mark.values:
            what = "it publishes a workflow" if mark.values is None else f"{place.name} is {place.value}"
            report.violation(
                f"{resource.words}: {what}, which everybody can see or run. Take it out, or name "
                f'"{resource.name}" in `allowed` of `public-shares`.'
            )


def _named(resource: Resource, settings: Naming, report: Report) -> None:
    pattern = re.compile(settings.pattern)
    fix = f"must match `{settings.pattern}`. Rename it; `aliases` keeps the object."
    if not pattern.fullmatch(resource.name):
        report.violation(f"{resource.words}: its logical name {fix}")
    for place in resource.marked(AUTOMATIC):
        name = place.value
        if isinstance(name, Unknown) and not resource.surroundings.is_preview:  # there it may be an automatic one
            report.not_known(f"{resource.words}: {place.name} is not known yet.")
        elif isinstance(name, str) and not is_automatic(name) and not pattern.fullmatch(name):
            report.violation(
                f"{resource.words}: {place.name}, its name on the platform, must match `{settings.pattern}`. Give it "
                "another name."
            )


def _adopted(resource: Resource, _: Settings, report: Report) -> None:
    if "adopt" in resource.model.model_fields and resource.values.get("adopt") is not None:
        report.violation(
            f"{resource.words}: `adopt` stands in the program, and it counts for the first create only. Once a "
            "`pulumi up` has taken the object over, take `adopt` out."
        )


PROTECTED = Rule(
    id="protected-production",
    description="What serves in production is protected.",
    settings=Production,
    of_resource=_protected,
    note="A reminder and no lock: `pulumi up --ignore-protect` overrides it.",
)
PUBLIC_SHARES = Rule(
    id="public-shares",
    description="Nothing is public, unless the resource has leave.",
    settings=Leave,
    of_resource=_public,
)
NAMING = Rule(
    id="naming",
    description="Names have the team's form.",
    level="advisory",
    settings=Naming,
    of_resource=_named,
)
LEFT_ADOPT = Rule(
    id="left-adopt",
    description="No `adopt=` is left in the program.",
    level="advisory",
    of_resource=_adopted,
    note="It is told at the first create too: a policy cannot see whether there was one.",
)
