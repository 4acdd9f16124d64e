"""From rules and a stack to findings: the same for a pack, the test engine and an exported state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pulumi_comfy.core.redaction import redact
from pulumi_comfy.policy.choices import DEFAULT
from pulumi_comfy.policy.resources import Resource, Stack
from pulumi_comfy.policy.rule import Choices, Chosen, Finding, Report, Rule


class RuleError(RuntimeError):
    """A rule that failed itself; its text says which, at what and why."""


def judge(rules: Sequence[Rule], stack: Stack, choices: Choices = DEFAULT) -> list[Finding]:
    """Ask every rule that is not disabled about every resource of this package, and about the stack.

    Args:
        rules: which.
        stack: what they look at.
        choices: level and settings of rules; a rule that is not in it has its defaults.

    Raises:
        RuleError: a rule failed itself.
    """
    alone = [finding for one in stack.ours for finding in judge_resource(rules, one, choices)]
    return [*alone, *judge_stack(rules, stack, choices)]


def judge_resource(rules: Sequence[Rule], resource: Resource, choices: Choices = DEFAULT) -> list[Finding]:
    """Ask the rules about one resource by itself; one that is none of this package's passes them all."""
    findings: list[Finding] = []
    for rule, chosen in _asked(rules, choices):
        if rule.of_resource is not None and resource.token:
            report = Report()
            with _named(rule, resource.words):
                rule.of_resource(resource, chosen.settings, report)
            findings += _findings(rule, chosen, report, resource)
    return findings


def judge_stack(rules: Sequence[Rule], stack: Stack, choices: Choices = DEFAULT) -> list[Finding]:
    """Ask the rules about a stack as a whole."""
    findings: list[Finding] = []
    for rule, chosen in _asked(rules, choices):
        if rule.of_stack is not None:
            report = Report()
            with _named(rule, "the stack"):
                rule.of_stack(stack, chosen.settings, report)
            findings += _findings(rule, chosen, report, None)
    return findings


def _asked(rules: Sequence[Rule], choices: Choices) -> Iterator[tuple[Rule, Chosen]]:
    for rule in rules:
        chosen = choices.get(rule.id) or Chosen(rule.level, rule.settings())
        if chosen.level != "disabled":
            yield rule, chosen


@contextmanager
def _named(rule: Rule, at: str) -> Iterator[None]:
    """Say which rule failed and at what: it is somebody's own, or a hand has changed the state."""
    try:
        yield
    except (Exception, SystemExit) as broken:
        raise RuleError(redact(f"the rule {rule.id} failed at {at}: {type(broken).__name__}: {broken}")) from broken


def _findings(rule: Rule, chosen: Chosen, report: Report, resource: Resource | None) -> Iterator[Finding]:
    for told, is_undecided in ((report.violations, False), (report.undecided, True)):
        for of, message in told:
            about = of or resource
            urn, name = (about.urn, about.name) if about else ("", "")
            yield Finding(rule.id, chosen.level, urn, name, message, is_undecided)
