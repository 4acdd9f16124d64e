"""What would be on disk at any moment of an operation: old records, new records, pending operations.

The order of the resulting document is: new records as they were finished, then old records not dealt with yet. Facts:
docs/pulumi.md 5.8 (pending operations), 1.9 (a killed engine leaves them behind).
"""

from __future__ import annotations

import threading

from .state import PendingOperation, ResourceState, Snapshot


class Checkpoint:
    """Thread-safe record keeping of one operation. `freeze` plays the killed engine: nothing is written any more."""

    def __init__(self, base: Snapshot) -> None:
        self._base = base
        self._new: list[ResourceState] = []
        self._done: set[int] = set()
        self._pending: list[PendingOperation] = []
        self._lock = threading.Lock()
        self._written: Snapshot | None = None
        """What a killed engine left on disk; what happens to the records afterwards does not reach it."""

    def begin(self, state: ResourceState, operation: str) -> None:
        """Note that an operation (`creating`, `updating`, ...) on a record starts."""
        with self._lock:
            if self._written is None:
                self._pending.append(PendingOperation(state, operation))

    def end(self, state: ResourceState) -> None:
        """Note that whatever was under way on the record is over."""
        with self._lock:
            if self._written is None:
                self._pending = [entry for entry in self._pending if entry.resource is not state]

    def keep(self, new: ResourceState, old: ResourceState | None = None) -> None:
        """Record a new state, which takes the place of the old one if there is one."""
        with self._lock:
            if self._written is not None:
                return
            if new not in self._new:
                self._new.append(new)
            if old is not None:
                self._done.add(id(old))

    def drop(self, old: ResourceState) -> None:
        """Record that the old state is gone."""
        with self._lock:
            if self._written is None:
                self._done.add(id(old))

    def freeze(self) -> None:
        """Stop writing, leaving what is under way as pending operations."""
        with self._lock:
            if self._written is None:
                now = self._now()
                pending = [PendingOperation(entry.resource.clone(), entry.type) for entry in now.pending]
                self._written = Snapshot([state.clone() for state in now.resources], pending)

    def snapshot(self) -> Snapshot:
        """The state as of now. Pending creates of earlier runs stay until somebody clears them."""
        with self._lock:
            return self._now() if self._written is None else self._written

    def _now(self) -> Snapshot:
        resources = [state for state in [*self._new, *self._base.resources] if id(state) not in self._done]
        earlier = [entry for entry in self._base.pending if entry.type == "creating"]
        return Snapshot(resources, [*earlier, *self._pending])
