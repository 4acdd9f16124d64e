"""What a promotion or a rollback works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pulumi_comfy.promotion.journal import Journal
from pulumi_comfy.promotion.plan import Plan
from pulumi_comfy.promotion.stacks import Say, Stacks


@dataclass(frozen=True)
class Means:
    """What a promotion works with.

    Attributes:
        stacks: the project's stacks.
        journal: the project's history.
        say: takes a line for the person.
        show: shows a plan.
        ask: tells, after the preview was shown, whether to go on.
    """

    stacks: Stacks
    journal: Journal
    say: Say
    show: Callable[[Plan], None]
    ask: Callable[[], bool]
