"""A running or finished operation as text, in the look of Pulumi's own tree.

`Display` is an event handler: pass it as `on_event=` and read `tree()` while it runs, or `text()` when it is over.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .display_outputs import output_lines
from .events import DiagnosticLogged, Event, OperationEnded, StepFinished, StepStarted
from .results import Diagnostic, Operation, Result
from .urns import STACK_TYPE, name_of, type_of

SYMBOLS = {"create": "+", "update": "~", "delete": "-", "replace": "+-", "read": ">", "same": "", "refresh": "~"}
_DOING = {
    "create": ("creating", "created"),
    "update": ("updating", "updated"),
    "delete": ("deleting", "deleted"),
    "create-replacement": ("creating replacement", "created replacement"),
    "delete-replaced": ("deleting original", "replaced"),
    "read": ("reading", "read"),
    "refresh": ("refreshing", ""),
}
_TITLES = {
    "preview": ("Previewing update", "to "),
    "up": ("Updating", ""),
    "refresh": ("Refreshing", ""),
    "destroy": ("Destroying", ""),
}
_SUMMARY_ORDER = ("create", "update", "delete", "replace")
_PAST = {"create": "created", "update": "updated", "delete": "deleted", "replace": "replaced"}


@dataclass
class _Row:
    urn: str
    parent: str = ""
    operation: Operation | None = None
    done: bool = False
    started: float = 0.0
    lines: list[Diagnostic] = field(default_factory=list)

    @property
    def is_shown(self) -> bool:
        """Whether the row has something to say for itself."""
        op = self.operation
        return bool(self.lines) or (op is not None and (op.op != "same" or op.failed))


class Display:
    """Collects events and renders them.

    Args:
        project: Project name.
        stack: Stack name.
        kind: `preview`, `up`, `refresh` or `destroy`.
        outputs_before: Stack outputs before the operation; changed ones are then marked.
    """

    def __init__(self, project: str, stack: str, kind: str, outputs_before: Mapping[str, Any] | None = None) -> None:
        self._kind = kind
        self._stack = stack
        self._before = outputs_before
        self._root = f"urn:pulumi:{stack}::{project}::{STACK_TYPE}::{project}-{stack}"
        self._rows: dict[str, _Row] = {self._root: _Row(self._root, started=time.monotonic())}
        self._result: Result | None = None
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        """Take one event."""
        with self._lock:
            if isinstance(event, (StepStarted, StepFinished)):
                self._step(event.operation, done=isinstance(event, StepFinished))
            elif isinstance(event, DiagnosticLogged):
                self._row(event.diagnostic.urn or self._root).lines.append(event.diagnostic)
            elif isinstance(event, OperationEnded):
                self._result = event.result

    def _row(self, urn: str) -> _Row:
        return self._rows.setdefault(urn, _Row(urn, parent=self._root, started=time.monotonic()))

    def _step(self, operation: Operation, *, done: bool) -> None:
        row = self._row(operation.urn)
        if not done:
            row.started = time.monotonic()
        row.parent = operation.parent or (self._root if operation.urn != self._root else "")
        row.operation, row.done = operation, done

    def header(self) -> str:
        """The first line, such as `Updating (dev):`."""
        return f"{_TITLES[self._kind][0]} ({self._stack}):"

    def tree(self) -> str:
        """The table of resources as of now."""
        with self._lock:
            return "\n".join(self._table())

    def text(self) -> str:
        """Everything: header, tree, diagnostics, outputs, summary and duration."""
        with self._lock:
            parts = [[self.header()], self._table(), self._diagnostics()]
            result = self._result
            if result is not None:
                if self._kind != "destroy":
                    parts.append(output_lines(result, self._before, preview=self._kind == "preview"))
                parts.append(self._resources(result))
                if self._kind != "preview":
                    parts.append([f"Duration: {_duration(result.seconds)}"])
        return "\n\n".join("\n".join(part) for part in parts if part) + "\n"

    def _table(self) -> list[str]:
        cells = [("", "Type", "Name", "Plan" if self._kind == "preview" else "Status", "Info")]
        cells += [self._cells(row, tree) for row, tree in self._walk()]
        widths = [max(len(row[column]) for row in cells) for column in range(4)]
        lines = []
        for symbol, type_, name, status, info in cells:
            columns = (type_.ljust(widths[1]), name.ljust(widths[2]), status.ljust(widths[3]), info)
            lines.append(f" {symbol.ljust(2)}  {'  '.join(columns)}".rstrip())
        return lines

    def _walk(self) -> list[tuple[_Row, str]]:
        """Rows to show, with the branches drawn before their type, depth first."""
        shown = {self._root}
        for row in self._rows.values():
            step: _Row | None = row if row.is_shown else None
            while step is not None and step.urn not in shown:
                shown.add(step.urn)
                step = self._rows.get(step.parent)
        children: dict[str, list[_Row]] = {}
        for row in self._rows.values():
            if row.urn in shown and row.urn != self._root:
                parent = row.parent if row.parent in shown else self._root
                children.setdefault(parent, []).append(row)
        found = [(self._rows[self._root], "")]

        def descend(urn: str, indent: str) -> None:
            offspring = children.get(urn, [])
            offspring.sort(key=lambda row: row.urn not in children)
            for place, row in enumerate(offspring):
                last = place == len(offspring) - 1
                found.append((row, indent + ("└─ " if last else "├─ ")))
                descend(row.urn, indent + ("   " if last else "│  "))

        descend(self._root, "")
        return found

    def _cells(self, row: _Row, tree: str) -> tuple[str, str, str, str, str]:
        op = row.operation
        symbol = SYMBOLS.get(op.op if op is not None and (row.done or op.step != "refresh") else "refresh", "")
        if op is None or op.step == "same":
            symbol = ""
        return symbol, tree + type_of(row.urn), name_of(row.urn), self._status(row), self._info(row)

    def _status(self, row: _Row) -> str:
        op = row.operation
        failed = any(line.severity == "error" for line in row.lines)
        if op is None or op.op == "same":
            if row.urn == self._root and self._result is None:
                return "running"
            return "**failed**" if failed and self._kind != "preview" else ""
        if self._kind == "preview":
            return op.op
        doing, done = _DOING.get(op.step, (op.op, op.op))
        if not row.done:
            return f"{doing} ({int(time.monotonic() - row.started)}s)"
        if op.failed:
            return f"**{doing} failed**"
        word = _PAST.get(op.op, done) if op.step == "refresh" else done
        return f"{word} ({op.seconds:.2f}s)"

    def _info(self, row: _Row) -> str:
        parts = []
        if row.operation is not None and row.operation.diff:
            parts.append(f"[diff: {_joined_diff(row.operation.diff)}]")
        if row.done or self._result is not None:
            lasting = [line for line in row.lines if not line.ephemeral]
            for word, severities in (("error", {"error"}), ("warning", {"warning"}), ("message", {"info", "info#err"})):
                count = sum(line.severity in severities for line in lasting)
                if count:
                    parts.append(f"{count} {word}{'' if count == 1 else 's'}")
        elif row.lines:
            line = row.lines[-1]
            parts.append(_prefix(line) + line.message.splitlines()[0] if line.message else "")
        return "; ".join(parts)

    def _diagnostics(self) -> list[str]:
        lines = []
        for row in self._rows.values():
            lasting = [line for line in row.lines if not line.ephemeral]
            if not lasting:
                continue
            lines.append(f"  {type_of(row.urn)} ({name_of(row.urn)}):")
            for line in lasting:
                lines += [f"    {text}".rstrip() for text in (_prefix(line) + line.message).splitlines()]
                if line.severity in ("error", "warning"):
                    lines.append("")
            if lines[-1]:
                lines.append("")
        return ["Diagnostics:", *lines[:-1]] if lines else []

    def _resources(self, result: Result) -> list[str]:
        to = _TITLES[self._kind][1]
        counts = [(op, result.summary[op]) for op in _SUMMARY_ORDER if result.summary[op]]
        lines = ["Resources:"]
        for op, count in counts:
            word = op if to else _PAST[op]
            lines.append(f"    {SYMBOLS[op].ljust(2)}{count} {to}{word}")
        pieces = []
        if len(counts) > 1:
            pieces.append(f"{sum(count for _, count in counts)} changes")
        if result.summary["same"]:
            pieces.append(f"{result.summary['same']} unchanged")
        if pieces:
            lines.append("    " + ". ".join(pieces))
        errored = sum(any(line.severity == "error" for line in row.lines) for row in self._rows.values())
        if errored:
            lines.append(f"    {errored} errored")
        return lines


def _prefix(line: Diagnostic) -> str:
    return f"{line.severity}: " if line.severity in ("error", "warning") else ""


def _joined_diff(diff: tuple[str, ...]) -> str:
    """`+a,b-c~d`: each mark once, before its keys."""
    parts = []
    for mark in "+-~":
        keys = sorted(entry[1:] for entry in diff if entry[0] == mark)
        if keys:
            parts.append(mark + ",".join(keys))
    return "".join(parts)


def _duration(seconds: float) -> str:
    whole = max(1, math.ceil(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
