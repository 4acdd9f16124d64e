"""What it costs at worst, and while nothing runs: of each resource and of the whole stack, by the platform's prices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, NonNegativeFloat

from pulumi_comfy.core.costs.cost import Cost, cost_of, dollars
from pulumi_comfy.core.costs.footprint import footprint_of
from pulumi_comfy.core.costs.prices import PriceList, read_price_file
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.platform import platform_of
from pulumi_comfy.core.unknown import Unknown
from pulumi_comfy.policy.resources import Resource, Stack
from pulumi_comfy.policy.rule import Report, Rule, Settings

HOURS_A_MONTH = Decimal(730)
"""As the clouds count."""


class Budget(Settings):
    """Of a rule about money."""

    most: Annotated[float | None, Field(ge=0, description="The most that is allowed, in USD. Default: any sum.")] = None
    by_environment: Annotated[
        dict[str, NonNegativeFloat],
        Field(description='The same for environments that differ, by name, e.g. `{"production": 20}`.'),
    ] = {}

    def of(self, environment: str | None) -> float | None:
        """Give what an environment may cost; None where that is any sum."""
        return self.most if environment is None else self.by_environment.get(environment, self.most)


def _cost(resource: Resource) -> Cost | None:
    """Give what a resource costs an hour; None where nothing of its kind is billed."""
    handler = resource.handler
    footprint = footprint_of(handler, resource.values) if handler else None
    if footprint is None:
        return None
    try:
        return cost_of(footprint, _prices(resource))
    except InputError as wrong:
        return Cost(why=wrong.got)


def _prices(resource: Resource) -> PriceList:
    platform, file = platform_of(resource.token), resource.surroundings.prices
    told = read_price_file(Path(file)).get(platform.key) if file else None
    return platform.prices.overlaid(told) if told is not None else platform.prices


def _most(cost: Cost) -> Decimal | None:
    return cost.most


def _idle_month(cost: Cost) -> Decimal | None:
    return None if cost.idle is None else cost.idle * HOURS_A_MONTH


Sum = Callable[[Cost], "Decimal | None"]


def _of_resource(sum_of: Sum, words: str, rule: str) -> Callable[[Resource, Any, Report], None]:
    def check(resource: Resource, budget: Budget, report: Report) -> None:
        cost, environment = _cost(resource), resource.environment
        if cost is None or (budget.most is None and not budget.by_environment):
            return
        if isinstance(environment, Unknown):
            report.not_known(f"{resource.words}: its environment is not known yet.")
            return
        limit, amount = budget.of(environment), sum_of(cost)
        if limit is None:
            return
        if amount is None:
            report.not_known(f"{resource.words}: what it costs is not known: {cost.why}.")
        elif amount > Decimal(str(limit)):
            by = f" ({cost.price.words(_day(resource))})" if cost.price else ""
            place = f" in {environment}" if environment else ""
            report.violation(
                f"{resource.words} costs {words.format(dollars(amount))}{by}; the most{place} is "
                f"{dollars(Decimal(str(limit)))}. Take fewer or smaller instances, or raise the limit in `{rule}`."
            )

    return check


def _of_stack(sum_of: Sum, words: str, rule: str) -> Callable[[Stack, Any, Report], None]:
    def check(stack: Stack, budget: Budget, report: Report) -> None:
        limit = budget.of(stack.surroundings.environment)
        if limit is None:
            return
        costs = [(one, cost) for one in stack.ours if (cost := _cost(one)) is not None]
        total = sum((sum_of(cost) or Decimal(0) for _, cost in costs), Decimal(0))
        unknown = [f"{one.words} ({cost.why})" for one, cost in costs if sum_of(cost) is None]
        if total > Decimal(str(limit)):
            more = f", and what is not known: {', '.join(unknown)}" if unknown else ""
            report.violation(
                f"the stack costs {words.format(dollars(total))}{more}; the most is {dollars(Decimal(str(limit)))}. "
                f"Take fewer or smaller instances, or raise the limit in `{rule}`."
            )
        elif unknown:
            report.not_known(f"what the stack costs is not known: {', '.join(unknown)}.")

    return check


def _day(resource: Resource) -> date:
    return resource.surroundings.now.date()


_AT_WORST = "at most {} USD an hour"
_IDLE = "{} USD a month while nothing runs"
_BY_DEFAULT = "Without settings any sum is allowed. Prices are dated, `pulumi-comfy prices` tells and refreshes them; "
_NOTE = f"{_BY_DEFAULT}where one is not known the rule neither passes nor fails, and says so."

HOURLY_COST = Rule(
    id="hourly-cost",
    description="No resource costs more an hour at worst than the environment allows.",
    settings=Budget,
    of_resource=_of_resource(_most, _AT_WORST, "hourly-cost"),
    note=_NOTE,
)
IDLE_COST = Rule(
    id="idle-cost",
    description="No resource costs more a month while nothing runs than the environment allows.",
    settings=Budget,
    of_resource=_of_resource(_idle_month, _IDLE, "idle-cost"),
    note="A month has 730 hours.",
)
STACK_HOURLY_COST = Rule(
    id="stack-hourly-cost",
    description="The stack costs no more an hour at worst than its environment allows.",
    settings=Budget,
    of_stack=_of_stack(_most, _AT_WORST, "stack-hourly-cost"),
)
STACK_IDLE_COST = Rule(
    id="stack-idle-cost",
    description="The stack costs no more a month while nothing runs than its environment allows.",
    settings=Budget,
    of_stack=_of_stack(_idle_month, _IDLE, "stack-idle-cost"),
    note="A month has 730 hours.",
)
