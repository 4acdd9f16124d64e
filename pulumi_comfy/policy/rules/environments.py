"""An environment owns what runs in it: the stack says which it is, and no machine serves two."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated

from pydantic import Field

from pulumi_comfy.core.meanings import ENVIRONMENT, MACHINE
from pulumi_comfy.core.unknown import Unknown
from pulumi_comfy.policy.resources import Resource, Stack
from pulumi_comfy.policy.rule import Report, Rule, Settings


class Environments(Settings):
    """Of `stack-environment`."""

    also: Annotated[
        dict[str, list[str]],
        Field(
            description="Environments of a platform that a stack of an environment may have too, e.g. "
            '`{"production": ["public-share"]}`.'
        ),
    ] = {}


def _match(stack: Stack, settings: Environments, report: Report) -> None:
    declared = stack.surroundings.environment
    if not stack.ours:
        return
    if declared is None:
        report.violation(
            "the stack declares no environment, so that no rule knows what is production. Run `pulumi config set "
            "comfy:environment <name>`."
        )
        return
    allowed = [declared, *settings.also.get(declared, [])]
    for one in stack.ours:
        for place in one.marked(ENVIRONMENT):
            if isinstance(place.value, Unknown):
                report.not_known(f"{one.words}: {place.name} is not known yet.", one)
            elif place.value is not None and place.value not in allowed:
                report.violation(
                    f"{one.words}: {place.name} is {place.value}, and its stack is of {', '.join(allowed)}. Deploy it "
                    "from a stack of its own, or name it in `also` of `stack-environment`.",
                    one,
                )


def _apart(stack: Stack, _: Settings, report: Report) -> None:
    served: dict[str, list[tuple[str, Resource]]] = defaultdict(list)
    for one in stack.ours:
        for place in one.marked(MACHINE):
            environment, key = one.environment, _machine(one, str(place.path[0]), place.value)
            if key is None or isinstance(environment, Unknown):
                report.not_known(f"{one.words}: its machine or its environment is not known yet.", one)
            elif key and environment is not None:
                served[key].append((environment, one))
    for users in served.values():
        environments = sorted({environment for environment, _ in users})
        if len(environments) > 1:
            names = " and ".join(f'"{one.name}" ({environment})' for environment, one in users)
            report.violation(
                f"one machine serves {names}: it runs whatever it was last built to, so that "
                f"{' and '.join(environments)} are one environment. Give each a machine of its own.",
                users[0][1],
            )


def _machine(of: Resource, field: str, value: object) -> str | None:
    """Give what tells one machine from another: the resource that it was made of, else its id; None while not known."""
    made_of = list(of.refers.get(field, ()))
    if len(made_of) == 1:
        return made_of[0]
    return None if isinstance(value, Unknown) else str(value or "")


STACK_ENVIRONMENT = Rule(
    id="stack-environment",
    description="A stack declares its environment, and its deployments match it.",
    settings=Environments,
    of_stack=_match,
)
MACHINE_OF_ONE = Rule(
    id="machine-of-one-environment",
    description="A machine serves one environment.",
    of_stack=_apart,
    note="Within one stack; what another stack's deployments run on, no policy can see.",
)
