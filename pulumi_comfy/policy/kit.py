"""A kit for testing rules of one's own: a resource or a stack in one line, and what a rule says of it.

from pulumi_comfy.policy.kit import resource, said

def test_a_deployment_without_a_team_is_told():
    assert said(TEAM_NAMED, resource("<platform>:Deployment", "portrait")) == ['... "portrait" names no team.']
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from pulumi_comfy.address import type_tokens
from pulumi_comfy.core.unknown import UNKNOWN
from pulumi_comfy.policy.choices import choice
from pulumi_comfy.policy.judging import judge
from pulumi_comfy.policy.resources import Resource, Stack, Surroundings
from pulumi_comfy.policy.rule import Finding, Rule

__all__ = ["NOW", "UNKNOWN", "resource", "said", "stack", "undecided"]

NOW = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
"""The moment at which the kit counts ages, unless a test says otherwise."""


def resource(
    token: str,
    name: str = "one",
    /,
    *,
    id: str = "",
    protect: bool = False,
    refers: Mapping[str, Sequence[Resource]] | None = None,
    of_environment: str | None = None,
    is_preview: bool = False,
    prices: str | None = None,
    now: datetime = NOW,
    **values: Any,
) -> Resource:
    """Make a resource as a rule sees it.

    Args:
        token: `<platform>:<Kind>`.
        name: its logical name.
        id: the platform's id.
        protect: the resource option.
        refers: the resources that a property was made of, by the property's name on the wire.
        of_environment: what its stack declares.
        is_preview: whether it is a preview.
        prices: the file that its stack's `comfy:prices` names.
        now: the moment.
        values: its inputs, and outputs where there are any, by their names on the wire (camelCase); what a preview
            does not know is `UNKNOWN`.
    """
    return Resource(
        type=type_tokens(token)[0],
        name=name,
        values=values,
        urn=f"urn:pulumi:test::test::{type_tokens(token)[0]}::{name}",
        id=id,
        is_protected=protect,
        refers={key: [one.urn for one in others] for key, others in (refers or {}).items()},
        surroundings=Surroundings("test", "test", of_environment, is_preview, prices, now),
    )


def stack(*resources: Resource) -> Stack:
    """Make a stack of resources; what is known beside them is what the first one knows."""
    return Stack(resources, resources[0].surroundings if resources else Surroundings("test", "test", now=NOW))


def said(rule: Rule, of: Resource | Stack, **settings: Any) -> list[str]:
    """Give the messages of a rule's violations.

    Args:
        rule: which.
        of: what it looks at; a resource stands alone in its stack.
        settings: of the rule, in camelCase as in a configuration file.
    """
    return [one.message for one in _findings(rule, of, settings) if not one.is_undecided]


def undecided(rule: Rule, of: Resource | Stack, **settings: Any) -> list[str]:
    """Give what a rule says that it cannot know yet; arguments as of `said`."""
    return [one.message for one in _findings(rule, of, settings) if one.is_undecided]


def _findings(rule: Rule, of: Resource | Stack, settings: Mapping[str, Any]) -> list[Finding]:
    whole = of if isinstance(of, Stack) else stack(of)
    return judge([rule], whole, {rule.id: choice(rule, settings)})
