"""The pack: rules as Pulumi's policy library takes them. With `hearing.py` the one that imports `pulumi_policy`.

That library pins an old protobuf, so it lives in an environment of its own (docs/policies.md). What a policy sees and
when: docs/pulumi.md 4.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.deserialize import serialize_properties
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

from pulumi_comfy.policy import hearing
from pulumi_comfy.policy.catalog import RULES
from pulumi_comfy.policy.choices import choice
from pulumi_comfy.policy.judging import judge_resource, judge_stack
from pulumi_comfy.policy.resources import Resource, Stack, Surroundings
from pulumi_comfy.policy.rule import Finding, Rule, Settings
from pulumi_comfy.policy.values import plain

NAME = "pulumi-comfy"
"""The pack's name in every message."""


def comfy_policies(*own: Rule, rules: Iterable[Rule] = RULES) -> list[Policy]:
    """Give the policies for `pulumi_policy.PolicyPack`.

    Args:
        own: rules of the team's own, after ours.
        rules: ours; a choice of them where not all are wanted. Their level and settings come from the configuration of
            the pack (`--policy-pack-config`).
    """
    hearing.listen()
    return [_policy(rule) for rule in (*rules, *own)]


def _policy(rule: Rule) -> Policy:
    facts: dict[str, Any] = {
        "name": rule.id,
        "description": rule.description,
        "enforcement_level": EnforcementLevel[rule.level.upper()],
        "config_schema": _schema(rule.settings),
    }
    if rule.of_resource is not None:
        return ResourceValidationPolicy(validate=_of_resource(rule), **facts)
    return StackValidationPolicy(validate=_of_stack(rule), **facts)


def _schema(settings: type[Settings]) -> PolicyConfigSchema | None:
    properties = settings.model_json_schema()["properties"] if settings.model_fields else None
    return PolicyConfigSchema(properties) if properties else None


def _of_resource(rule: Rule) -> Callable[[ResourceValidationArgs, Any], None]:
    def validate(args: ResourceValidationArgs, report: Any) -> None:
        one = _resource(args, hearing.surroundings(), {})
        _tell(judge_resource([rule], one, _choices(rule, args)), one.surroundings, args, lambda f: report(f.message))

    return validate


def _of_stack(rule: Rule) -> Callable[[StackValidationArgs, Any], None]:
    def validate(args: StackValidationArgs, report: Any) -> None:
        around = hearing.surroundings()
        resources = [_resource(one, around, one.property_dependencies) for one in args.resources]
        findings = judge_stack([rule], Stack(resources, around), _choices(rule, args))
        _tell(findings, around, args, lambda f: report(f.message, f.urn or None))

    return validate


def _choices(rule: Rule, args: Any) -> dict[str, Any]:
    return {rule.id: choice(rule, plain(args.get_config() or {}))}


def _tell(findings: list[Finding], around: Surroundings, args: Any, report: Callable[[Finding], None]) -> None:
    """Report the violations; then what nobody can know: in a preview the engine shows it and lets it pass."""
    for finding in findings:
        if not finding.is_undecided:
            report(finding)
    undecided = " ".join(finding.message for finding in findings if finding.is_undecided)
    if undecided and around.is_preview:
        unknown = UnknownValueError(UNKNOWN_STRING_VALUE, [])
        unknown.message = undecided
        raise unknown
    if undecided and all(finding.is_undecided for finding in findings):
        args.not_applicable(undecided)


def _resource(given: Any, around: Surroundings, refers: Mapping[str, Iterable[Any]]) -> Resource:
    return Resource(
        type=given.resource_type,
        name=given.name,
        values=plain(serialize_properties(given.props)),  # the proxies raise at each value that is not known
        urn=given.urn,
        is_protected=bool(given.opts.protect),
        refers={name: [one.urn for one in others] for name, others in refers.items()},
        surroundings=around,
    )
