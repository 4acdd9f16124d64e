"""Steps: what is to be done to one record, decided but not done yet (docs/pulumi.md 5.8)."""

from __future__ import annotations

from dataclasses import dataclass

from .results import Operation
from .state import ResourceState
from .urns import is_default_provider, name_of
from .values import marked_diff

SAME = "same"
CREATE = "create"
UPDATE = "update"
DELETE = "delete"
REPLACE = "replace"
CREATE_REPLACEMENT = "create-replacement"
DELETE_REPLACED = "delete-replaced"
READ = "read"
READ_REPLACEMENT = "read-replacement"
READ_DISCARD = "discard"
DISCARD_REPLACED = "discard-replaced"
REFRESH = "refresh"
REMOVE_PENDING_REPLACE = "remove-pending-replace"

OPERATION_WORD = {
    CREATE_REPLACEMENT: "replace",
    DELETE_REPLACED: "replace",
    READ_REPLACEMENT: "replace",
    DISCARD_REPLACED: "replace",
    READ_DISCARD: "delete",
}
# Steps that the CLI counts; the halves of a replacement are counted once, by the `replace` step between them.
COUNTED = frozenset({SAME, CREATE, UPDATE, DELETE, REPLACE, READ_DISCARD})
PENDING_WORD = {
    CREATE: "creating",
    CREATE_REPLACEMENT: "creating",
    UPDATE: "updating",
    DELETE: "deleting",
    DELETE_REPLACED: "deleting",
    READ_DISCARD: "deleting",
    DISCARD_REPLACED: "deleting",
    READ: "reading",
    READ_REPLACEMENT: "reading",
}


@dataclass(eq=False)
class Step:
    """One step.

    Attributes:
        op: One of the words above.
        old: The record before, if any.
        new: The record after, if any.
        replacing: Keys that made it a replacement.
        diff: Input keys that differ, marked for people (`~text`).
        keeps_old: In a create-replacement: the old record is deleted at the end, not before.
        pending_replacement: In a delete: its replacement comes later in this run.
        result_op: In a refresh: what it found.
    """

    op: str
    old: ResourceState | None = None
    new: ResourceState | None = None
    replacing: tuple[str, ...] = ()
    diff: tuple[str, ...] = ()
    keeps_old: bool = False
    pending_replacement: bool = False
    result_op: str = ""

    @property
    def state(self) -> ResourceState:
        """The record people mean: the new one, else the old one."""
        state = self.new or self.old
        assert state is not None
        return state

    @property
    def is_internal(self) -> bool:
        """Whether displays and counts leave the step out: default providers and bookkeeping."""
        return self.op == REMOVE_PENDING_REPLACE or is_default_provider(self.state.urn)

    def operation(self, *, failed: bool = False, message: str = "", seconds: float = 0.0) -> Operation:
        """The step as people see it."""
        state = self.state
        return Operation(
            op=self.result_op or OPERATION_WORD.get(self.op, self.op),
            step=self.op,
            urn=state.urn,
            type=state.type,
            name=name_of(state.urn),
            id=state.id or (self.old.id if self.old is not None and self.op != CREATE_REPLACEMENT else ""),
            parent=state.parent,
            diff=self.diff,
            replacing=self.replacing,
            failed=failed,
            message=message,
            seconds=seconds,
        )


def visible_changes(old: ResourceState | None, new: ResourceState | None) -> tuple[str, ...]:
    """Changed top-level input keys as the printed diff names them: those starting `__` are hidden (1.5)."""
    return () if old is None or new is None else marked_diff(old.inputs, new.inputs)
