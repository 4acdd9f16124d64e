"""Plans for the next builds: how they end, how long they take, what they write."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from pulumi_comfy.emulator.plans import refuse_nonsense

BuildOutcome = Literal["ready", "error", "hang"]


@dataclass
class BuildPlan:
    """One plan; `remaining` counts down to zero, None never ends."""

    outcome: BuildOutcome
    machine_name: str | None
    command_contains: str | None
    remaining: int | None
    seconds: float | None
    log: tuple[str, ...]

    def matches(self, name: str, commands: str) -> bool:
        """Whether it is for this build."""
        if self.remaining == 0:
            return False
        if self.machine_name is not None and re.fullmatch(self.machine_name, name) is None:
            return False
        return self.command_contains is None or self.command_contains in commands


@dataclass
class BuildPlans:
    """What tests planned for the builds of one platform."""

    _plans: list[BuildPlan] = field(default_factory=list, kw_only=True)

    def outcome(
        self,
        outcome: BuildOutcome = "error",
        *,
        machine_name: str | None = None,
        command_contains: str | None = None,
        times: int | None = None,
        seconds: float | None = None,
        log: Sequence[str] = (),
    ) -> None:
        """Plan how the next builds end; the latest fitting plan wins.

        Args:
            outcome: `ready`, `error`, or `hang` (building for ever).
            machine_name: Only machines whose whole name matches this regular expression.
            command_contains: Only images with this text in a command.
            times: For so many builds (None: until `clear`).
            seconds: How long they take instead of `settings.build_seconds`.
            log: Lines added to the build log.

        Raises:
            ValueError: An unknown outcome, or values that make no sense.
        """
        refuse_nonsense(times=times, seconds=seconds, log=log)
        if outcome not in get_args(BuildOutcome):
            raise ValueError(f"unknown outcome of a build {outcome!r}: choose ready, error or hang")
        self._plans.append(BuildPlan(outcome, machine_name, command_contains, times, seconds, tuple(log)))

    def take(self, name: str, commands: str) -> BuildPlan | None:
        """The latest plan for this build, used up by one."""
        plan = next((one for one in reversed(self._plans) if one.matches(name, commands)), None)
        if plan is not None and plan.remaining is not None:
            plan.remaining -= 1
        return plan

    def clear(self) -> None:
        """Forget the plans, not the builds."""
        self._plans.clear()
