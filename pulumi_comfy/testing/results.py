"""What an operation on a stack tells: the same classes for the test engine and for the real CLI."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .urns import STACK_TYPE, name_of


@dataclass(frozen=True)
class Diagnostic:
    """One line for people.

    Attributes:
        urn: The resource it belongs to; empty means the stack itself.
        severity: `debug`, `info`, `info#err` (the CLI's name for stderr), `warning` or `error`.
        message: The text, trailing newline removed.
        ephemeral: Progress that the next line replaces.
    """

    urn: str
    severity: str
    message: str
    ephemeral: bool = False


@dataclass(frozen=True)
class Operation:
    """One step on one resource.

    Attributes:
        op: `create`, `update`, `replace`, `delete`, `same` or `read`.
        step: The engine's finer word: `create-replacement` and `delete-replaced` are both `replace`, `refresh` carries
            in `op` what the refresh found, and so on.
        urn: The resource's URN.
        type: Its type token.
        name: Its logical name.
        id: Its provider id, empty while unknown.
        parent: The parent's URN, empty for the stack.
        diff: Top-level input keys that differ, as `+added`, `-removed` and `~changed`; `__...` keys left out.
        replacing: Top-level keys that made the provider replace.
        failed: Whether the provider or the engine refused.
        message: Why, when it failed.
        seconds: How long the step took; 0 when not measured.
    """

    op: str
    step: str
    urn: str
    type: str
    name: str
    id: str = ""
    parent: str = ""
    diff: tuple[str, ...] = ()
    replacing: tuple[str, ...] = ()
    failed: bool = False
    message: str = ""
    seconds: float = 0.0

    @property
    def changed(self) -> tuple[str, ...]:
        """Top-level input keys that differ, sorted, without their marks."""
        return tuple(sorted(entry[1:] for entry in self.diff))


@dataclass(frozen=True)
class Violation:
    """What a policy said.

    Attributes:
        policy: Its name.
        level: `mandatory` or `advisory`; the first stops the operation.
        urn: The resource it is about; empty where it is the stack.
        name: Its logical name; empty where it is the stack.
        message: What is wrong, without the policy's description.
        is_undecided: Whether the policy could not know yet, so that it neither passed nor failed.
    """

    policy: str
    level: str
    urn: str
    name: str
    message: str
    is_undecided: bool = False


@dataclass
class Result:
    """The whole story of a preview, up, refresh or destroy.

    Attributes:
        kind: `preview`, `up`, `refresh` or `destroy`.
        ok: Whether it ended without error.
        operations: Steps in the order they started; default providers are left out, as in every display.
        summary: How many resources per op, as the CLI counts them (a replacement counts once).
        outputs: Stack outputs, secrets unwrapped.
        secret_output_names: Which of them are secret.
        diagnostics: Everything that was logged, progress lines included, debug lines left out.
        violations: What the policies of the stack's pack said, in order.
        seconds: Wall-clock duration.
    """

    kind: str
    ok: bool = True
    operations: list[Operation] = field(default_factory=list)
    summary: Counter[str] = field(default_factory=Counter)
    outputs: dict[str, Any] = field(default_factory=dict)
    secret_output_names: frozenset[str] = frozenset()
    diagnostics: list[Diagnostic] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def errors(self) -> list[str]:
        """The messages of all error diagnostics."""
        return [line.message for line in self.diagnostics if line.severity == "error"]

    @property
    def error(self) -> str:
        """All error messages as one text; empty when there was none."""
        return "\n".join(self.errors)

    @property
    def changes(self) -> Counter[str]:
        """The summary without what stayed the same."""
        return Counter({op: count for op, count in self.summary.items() if op != "same"})

    def operation(self, name: str) -> Operation:
        """The operation on the resource of that logical name, `same` included; of a replacement the create.

        Raises:
            LookupError: No resource, or several, have that name.
        """
        found = [entry for entry in self.operations if entry.name == name and entry.type != STACK_TYPE]
        if len({entry.urn for entry in found}) != 1:
            known = sorted({entry.name for entry in self.operations})
            raise LookupError(f"{len(found)} operations on {name!r}; names seen: {', '.join(known) or 'none'}")
        return next((entry for entry in found if entry.step != "delete-replaced"), found[0])

    def messages(self, name: str) -> list[str]:
        """All diagnostics of the resource of that logical name, in order."""
        return [line.message for line in self.diagnostics if line.urn and name_of(line.urn) == name]
