"""`pulumi-comfy policy check`: the rules over a stack's exported state, without the CLI and without a deployment."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from pulumi_comfy.cli.workflow_files import EXISTING_FILE, text_of

if TYPE_CHECKING:
    from pulumi_comfy.policy import Rule
    from pulumi_comfy.policy.rule import Choices, Finding

_CONFIG = click.Path(exists=True, dir_okay=False, path_type=Path)
_REPORT = click.Path(dir_okay=False, path_type=Path)


@click.group(short_help="Ask policies about a stack's exported state.")
def policy() -> None:
    """What ComfyUI in production costs and breaks, as rules: docs/policies.md."""


@policy.command(short_help="Ask the rules about a stack's exported state.")
@click.argument("state", type=EXISTING_FILE)
@click.option("--config", type=_CONFIG, help="Levels and settings, as `--policy-pack-config` takes them.")
@click.option("--environment", help="Environment of the stack. Default: what the state tells of comfy:environment.")
@click.option("--rules", "own", metavar="MODULE:NAME", help="A list of rules of your own, asked after ours.")
@click.option("--sarif", "sarif_file", type=_REPORT, help="Write SARIF 2.1.0 to this file too.")
@click.option("--junit", "junit_file", type=_REPORT, help="Write JUnit XML to this file too.")
@click.option("--strict", is_flag=True, help="Count advisory violations, and what cannot be known, as failures too.")
def check(
    state: Path,
    config: Path | None,
    environment: str | None,
    own: str | None,
    sarif_file: Path | None,
    junit_file: Path | None,
    strict: bool,
) -> None:
    """Ask every rule about the stack whose state `pulumi stack export` wrote to STATE (- for standard input).

    Exits with 0 when no mandatory rule is violated, with 1 when one is, with 2 when a file makes no sense. What is
    encrypted in the state is not known, and told so; `--show-secrets` exports it in the clear.
    """
    from pulumi_comfy.core.plain_text import plain
    from pulumi_comfy.policy import RULES
    from pulumi_comfy.policy.choices import ChoicesError, read_choices
    from pulumi_comfy.policy.judging import RuleError, judge
    from pulumi_comfy.policy.state import StateError, read_state, stack_of_state
    from pulumi_comfy.workflows import WorkflowError

    if sarif_file and str(state) == "-":
        raise click.UsageError("--sarif names the state's file and its lines: give STATE as a file")
    rules = (*RULES, *_own_rules(own))
    try:
        choices: Choices = read_choices(config, rules) if config else {}
        text = text_of(state)
        stack = stack_of_state(read_state(text, state), environment)
        findings = judge(rules, stack, choices)
    except (ChoicesError, StateError, RuleError, WorkflowError) as wrong:
        raise click.UsageError(str(wrong)) from None
    if sarif_file is not None:
        _write_sarif(sarif_file, rules, findings, state, text)
    if junit_file is not None:
        _write_junit(junit_file, rules, findings)
    for finding in findings:
        click.echo(plain(_line(finding)).replace("\n", " "))
    click.echo(_summary(findings, len(stack.ours)))
    if any(strict or finding.is_refusal for finding in findings):
        raise SystemExit(1)


def _own_rules(place: str | None) -> Sequence[Rule]:
    from pulumi_comfy.policy import RULES, Rule

    if place is None:
        return ()
    module, _, name = place.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found: Sequence[Rule] = tuple(getattr(importlib.import_module(module), name or "RULES"))
    except (Exception, SystemExit) as wrong:  # noqa: BLE001 - whatever the team's module raises, or ends itself with
        why = str(wrong) if isinstance(wrong, (ImportError, AttributeError)) else f"{type(wrong).__name__}: {wrong}"
        raise click.UsageError(f"--rules {place}: there is no such list of rules: {why}") from None
    taken = [rule.id for rule in RULES]
    for one in found:
        if not isinstance(one, Rule):
            raise click.UsageError(f"--rules {place}: it holds a {type(one).__name__}, which is no rule")
        if one.id in taken:
            raise click.UsageError(f"--rules {place}: there are two rules {one.id!r}; give yours another id")
        taken.append(one.id)
    return found


def _write_sarif(to: Path, rules: Sequence[Rule], findings: Sequence[Finding], state: Path, text: str) -> None:
    from pulumi_comfy.policy.sarif import sarif

    uri = state.as_uri() if state.is_absolute() else quote(state.as_posix())
    _write(to, json.dumps(sarif(rules, findings, uri, text), indent=2, ensure_ascii=False) + "\n")


def _write_junit(to: Path, rules: Sequence[Rule], findings: Sequence[Finding]) -> None:
    from pulumi_comfy.policy.junit import junit

    try:
        _write(to, junit(rules, findings))
    except ImportError:
        raise click.UsageError("--junit needs junitparser: pip install 'pulumi-comfy[reports]'") from None


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written: {error.strerror}") from None


def _line(finding: Finding) -> str:
    level = "not known" if finding.is_undecided else finding.level
    return f"{level}  {finding.rule}: {finding.message}"


def _summary(findings: Sequence[Finding], number: int) -> str:
    mandatory = sum(finding.is_refusal for finding in findings)
    undecided = sum(finding.is_undecided for finding in findings)
    advisory = len(findings) - mandatory - undecided
    resources = "1 resource" if number == 1 else f"{number} resources"
    return f"{resources}: {mandatory} mandatory, {advisory} advisory, {undecided} not known"
