"""Policy packs on both engines: the rules themselves on the test engine, the pack's executable on the real CLI.

When a policy is asked, and about what: docs/pulumi.md 4.1, 4.2.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .results import Violation
from .state import ResourceState
from .urns import name_of
from .values import UNKNOWN, Properties, unwrap

if TYPE_CHECKING:
    from pulumi_comfy.policy import Resource, Rule
    from pulumi_comfy.policy.resources import Surroundings
    from pulumi_comfy.policy.rule import Choices, Finding


@dataclass(frozen=True)
class PolicyPack:
    """A pack, as an operation of a stack runs it.

    Attributes:
        rules: what the test engine asks; those of this package when None.
        config: what the pack's configuration file would hold.
        command: the pack's executable or folder, which the real CLI runs; the test engine does without.
    """

    rules: Iterable[Rule] | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    command: Path | None = None

    def options(self, folder: Path) -> dict[str, list[str]]:
        """Give the options of the Automation API; the configuration is written into `folder`.

        Raises:
            ValueError: no executable was given.
        """
        if self.command is None:
            raise ValueError("the real CLI runs a policy pack by its executable: give `command`")
        file = folder / "policy-config.json"
        file.write_text(json.dumps(dict(self.config)), encoding="utf-8")
        return {"policy_packs": [str(self.command)], "policy_pack_configs": [str(file)]}


class PolicyRun:
    """Asks the rules of a pack during one operation of the test engine."""

    def __init__(self, pack: PolicyPack, *, project: str, stack: str, config: Mapping[str, str], preview: bool) -> None:
        from pulumi_comfy.configuration import ENVIRONMENT, PRICES
        from pulumi_comfy.policy import RULES
        from pulumi_comfy.policy.choices import choices_of
        from pulumi_comfy.policy.resources import Surroundings

        self.violations: list[Violation] = []
        self._rules: tuple[Rule, ...] = tuple(RULES if pack.rules is None else pack.rules)
        self._choices: Choices = choices_of(dict(pack.config), self._rules)
        self._around: Surroundings = Surroundings(
            stack, project, ENVIRONMENT.value(config), preview, PRICES.value(config)
        )

    def of_resource(self, state: ResourceState) -> bool:
        """Ask about one resource, whose inputs were checked; false when it must not be."""
        from pulumi_comfy.policy.judging import judge_resource

        return self._record(judge_resource(self._rules, self._resource(state, state.inputs), self._choices))

    def of_stack(self, states: Iterable[ResourceState]) -> bool:
        """Ask about the whole stack, by its outputs; false when it must not be."""
        from pulumi_comfy.policy import Stack
        from pulumi_comfy.policy.judging import judge_stack

        resources = [replace(self._resource(one, one.outputs), refers=one.property_dependencies) for one in states]
        return self._record(judge_stack(self._rules, Stack(resources, self._around), self._choices))

    def _resource(self, state: ResourceState, values: Properties) -> Resource:
        from pulumi_comfy.policy import Resource

        return Resource(
            type=state.type,
            name=name_of(state.urn),
            values={key: _plain(unwrap(value)) for key, value in values.items() if not key.startswith("__")},
            urn=state.urn,
            is_protected=state.protect,
            surroundings=self._around,
        )

    def _record(self, findings: Iterable[Finding]) -> bool:
        is_allowed = True
        for one in findings:
            level = "advisory" if one.is_undecided else one.level
            self.violations.append(Violation(one.rule, level, one.urn, one.name, one.message, one.is_undecided))
            is_allowed = is_allowed and not one.is_refusal
        return is_allowed


def _plain(value: Any) -> Any:
    """Give a value with the rules' own mark for what is not known."""
    from pulumi_comfy.core import unknown

    if value is UNKNOWN:
        return unknown.UNKNOWN
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
