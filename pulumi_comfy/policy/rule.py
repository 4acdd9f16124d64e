"""A rule: one thing that a team does not want, as a function over plain data. No engine and no policy library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from pulumi_comfy.core.redaction import MASK, redact
from pulumi_comfy.core.unknown import Unknown
from pulumi_comfy.policy.credentials import find
from pulumi_comfy.policy.resources import Resource, Stack

Level = Literal["advisory", "mandatory", "disabled"]
"""What a violation does: a line, a refusal, nothing."""


class Settings(BaseModel):
    """What a team may set of a rule, each field with its default; camelCase in the file."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, allow_inf_nan=False
    )


class Production(Settings):
    """Of a rule that is about production."""

    production: Annotated[list[str], Field(description="Environments that are production.")] = ["production"]

    def covers(self, environment: str | Unknown | None) -> bool:
        """Tell whether an environment is production; one that is not known is not."""
        return isinstance(environment, str) and environment in self.production


class Report:
    """Where a rule says what it has found. Every text is masked: a value may be a secret that nobody has marked."""

    def __init__(self) -> None:
        self.violations: list[tuple[Resource | None, str]] = []
        self.undecided: list[tuple[Resource | None, str]] = []

    def violation(self, message: str, of: Resource | None = None) -> None:
        """Say what is wrong: what, where, the limit, and what to do.

        Args:
            message: the whole sentence.
            of: the resource that a rule about a stack means.
        """
        self.violations.append((of, _masked(message)))

    def not_known(self, message: str, of: Resource | None = None) -> None:
        """Say what nobody can know yet: the rule neither passes nor fails there."""
        self.undecided.append((of, _masked(message)))


def _masked(message: str) -> str:
    """Mask what looks like a credential, and what is known as a secret: an address may hold one in its path."""
    for found in reversed(find(message)):
        message = f"{message[: found.start]}{MASK}{message[found.end :]}"
    return redact(message)


ResourceCheck = Callable[[Resource, Any, Report], None]
StackCheck = Callable[[Stack, Any, Report], None]


@dataclass(frozen=True)
class Rule:
    """One rule; either about each resource of this package by itself, or about a stack as a whole.

    Attributes:
        id: its name in configuration and reports: small letters and dashes.
        description: one line that says what must be.
        level: what a violation does by default.
        settings: what a team may set of it.
        of_resource: called for each resource of this package.
        of_stack: called once for a stack.
        note: what else its page says.
    """

    id: str
    description: str
    level: Level = "mandatory"
    settings: type[Settings] = Settings
    of_resource: ResourceCheck | None = None
    of_stack: StackCheck | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if (self.of_resource is None) is (self.of_stack is None):
            raise ValueError(f"the rule {self.id} is either of a resource or of a stack")


@dataclass(frozen=True)
class Finding:
    """What a rule has found.

    Attributes:
        rule: which.
        level: `advisory` or `mandatory`.
        urn: the resource's; empty where it is the stack.
        name: the resource's logical name; empty where it is the stack.
        message: what, where, the limit, and what to do.
        is_undecided: whether nothing can be known yet; then it is neither a violation nor a pass.
    """

    rule: str
    level: Level
    urn: str
    name: str
    message: str
    is_undecided: bool = False

    @property
    def is_refusal(self) -> bool:
        """Whether it stops a deployment."""
        return self.level == "mandatory" and not self.is_undecided


@dataclass(frozen=True)
class Chosen:
    """How a team wants one rule: its level and its settings."""

    level: Level
    settings: Settings = field(default_factory=Settings)


Choices = Mapping[str, Chosen]
"""By the rule's id."""
