"""A rule of the house: what is in production says in its name which team it belongs to.

A plain function over plain data: its tests need neither Pulumi's policy library nor the CLI.
"""

from typing import Annotated

from pydantic import Field

from pulumi_comfy.policy import Production, Report, Resource, Rule


class Teams(Production):
    """What the house may set of the rule."""

    teams: Annotated[list[str], Field(description="Teams, as names begin.")] = ["render", "games"]


def check(resource: Resource, settings: Teams, report: Report) -> None:
    if not resource.serves or not settings.covers(resource.environment):
        return
    if not resource.name.startswith(tuple(f"{team}-" for team in settings.teams)):
        report.violation(
            f"{resource.words} is in {resource.environment} and its name begins with no team; teams: "
            f"{', '.join(settings.teams)}. Call it `<team>-{resource.name}`."
        )


TEAM_NAMED = Rule(
    id="team-named",
    description="What serves in production is named after its team.",
    level="advisory",
    settings=Teams,
    of_resource=check,
)
RULES = [TEAM_NAMED]
