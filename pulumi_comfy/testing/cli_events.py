"""Engine events of the real CLI, gathered into a `Result` (the event log that the Automation API reads)."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pulumi.automation import EngineEvent
from pulumi.automation.events import PolicyEvent, StepEventMetadata

from .events import DiagnosticLogged, Event, EventHandler, OperationEnded, StepFinished, StepStarted
from .results import Diagnostic, Operation, Result, Violation
from .steps import OPERATION_WORD
from .urns import STACK_TYPE, is_default_provider, name_of, type_of
from .values import marked_diff

_UNDECIDED = re.compile(r"can't run policy '[^']*' from policy pack '[^']*' during preview: ")
_COLOUR = re.compile(r"<\{%.*?%\}>")


def plain(text: str) -> str:
    """Text without the CLI's colour directives and trailing newline."""
    return _COLOUR.sub("", text).rstrip("\n")


class EventCollector:
    """Takes the CLI's events one by one and builds the result."""

    def __init__(self, kind: str, on_event: EventHandler | None) -> None:
        self.result = Result(kind)
        self._on_event = on_event
        self._places: dict[tuple[str, str], int] = {}
        self._started: dict[int, float] = {}
        self._lock = threading.Lock()

    def __call__(self, event: EngineEvent) -> None:
        """Take one event."""
        with self._lock:
            if event.diagnostic_event is not None:
                self._diagnostic(event.diagnostic_event)
            elif event.resource_pre_event is not None:
                self._begin(event.resource_pre_event.metadata)
            elif event.res_outputs_event is not None:
                self._end(event.res_outputs_event.metadata, failed=False)
            elif event.res_op_failed_event is not None:
                self._end(event.res_op_failed_event.metadata, failed=True)
            elif event.policy_event is not None:
                self.result.violations.append(violation_of(event.policy_event))
            elif event.summary_event is not None:
                changes = event.summary_event.resource_changes or {}
                self.result.summary.update({_word(op): count for op, count in changes.items()})

    def conclude(self, seconds: float) -> Result:
        """The finished result."""
        self.result.seconds = seconds
        messages = {line.urn: line.message for line in self.result.diagnostics if line.severity == "error"}
        self.result.operations = [
            replace(entry, message=messages.get(entry.urn, "")) if entry.failed else entry
            for entry in self.result.operations
        ]
        self._emit(OperationEnded(self.result))
        return self.result

    def _emit(self, event: Event) -> None:
        if self._on_event is not None:
            self._on_event(event)

    def _diagnostic(self, event: Any) -> None:
        if event.severity == "debug":
            return
        line = Diagnostic(event.urn or "", event.severity, plain(event.message), bool(event.ephemeral))
        self.result.diagnostics.append(line)
        self._emit(DiagnosticLogged(line))

    def _begin(self, metadata: StepEventMetadata) -> None:
        step = _word(metadata.op)
        if step == "replace" or is_default_provider(metadata.urn):
            return
        operation = _operation(metadata, step)
        place = len(self.result.operations)
        self._places[(metadata.urn, step)] = place
        self._started[place] = time.monotonic()
        self.result.operations.append(operation)
        self._emit(StepStarted(operation, self.result.kind == "preview"))

    def _end(self, metadata: StepEventMetadata, *, failed: bool) -> None:
        word = _word(metadata.op)
        step = word if (metadata.urn, word) in self._places else "refresh"
        place = self._places.get((metadata.urn, step))
        if place is None:
            return
        operation = replace(
            _operation(metadata, step),
            op=OPERATION_WORD.get(word, word),
            failed=failed,
            seconds=time.monotonic() - self._started[place],
        )
        self.result.operations[place] = operation
        self._emit(StepFinished(operation, self.result.kind == "preview"))


def violation_of(event: PolicyEvent) -> Violation:
    """What a policy said, without its description, which the message begins with."""
    first, _, message = plain(event.message).partition("\n")
    undecided = _UNDECIDED.match(first)
    urn = event.resource_urn or ""
    name = name_of(urn) if urn and type_of(urn) != STACK_TYPE else ""
    said = first[undecided.end() :] if undecided else message
    return Violation(
        event.policy_name, event.enforcement_level, urn if name else "", name, said.strip(), undecided is not None
    )


def _word(op: object) -> str:
    return str(getattr(op, "value", op))


def _parent(metadata: StepEventMetadata) -> str:
    state = metadata.new or metadata.old
    return (state.parent if state is not None else "") or ""


def _operation(metadata: StepEventMetadata, step: str) -> Operation:
    new, old = metadata.new, metadata.old
    known = (new.id if new is not None else "") or (old.id if old is not None and step != "create-replacement" else "")
    return Operation(
        op=OPERATION_WORD.get(step, step),
        step=step,
        urn=metadata.urn,
        type=metadata.type,
        name=name_of(metadata.urn),
        id=known or "",
        parent=_parent(metadata),
        diff=_diff(metadata, step),
        replacing=tuple(metadata.keys or ()),
    )


def _diff(metadata: StepEventMetadata, step: str) -> tuple[str, ...]:
    if step == "refresh":
        return marked_diff(_outputs(metadata.old), _outputs(metadata.new)) if metadata.new is not None else ()
    if step not in ("update", "create-replacement"):
        return ()
    return marked_diff(_inputs(metadata.old), _inputs(metadata.new))


def _inputs(state: Any) -> dict[str, Any]:
    return dict(state.inputs or {}) if isinstance(getattr(state, "inputs", None), Mapping) else {}


def _outputs(state: Any) -> dict[str, Any]:
    return dict(state.outputs or {}) if isinstance(getattr(state, "outputs", None), Mapping) else {}
