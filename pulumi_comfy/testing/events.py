"""What a running operation tells as it happens: for live displays and for tests that wait for a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .results import Diagnostic, Operation, Result


@dataclass(frozen=True)
class StepStarted:
    """A step begins."""

    operation: Operation
    preview: bool = False


@dataclass(frozen=True)
class StepFinished:
    """A step ended; `operation.failed` says how, `operation.seconds` how long it took."""

    operation: Operation
    preview: bool = False


@dataclass(frozen=True)
class DiagnosticLogged:
    """A line was logged."""

    diagnostic: Diagnostic


@dataclass(frozen=True)
class OutputsKnown:
    """A component or the stack registered its outputs."""

    urn: str
    outputs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OperationEnded:
    """The whole operation is over."""

    result: Result


Event = StepStarted | StepFinished | DiagnosticLogged | OutputsKnown | OperationEnded
EventHandler = Callable[[Event], None]
