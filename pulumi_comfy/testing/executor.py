"""Doing steps: provider calls, pending operations, counting, and stopping when one fails (docs/pulumi.md 5.8, 1.9)."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from pulumi_comfy.address import UNKNOWN_STRING

from . import steps
from .checkpoint import Checkpoint
from .errors import EngineError, PartialFailure, StepFailed
from .events import Event, StepFinished, StepStarted
from .provider_client import Read
from .providers import Providers
from .refresh import read_state
from .results import Diagnostic, Operation
from .state import ResourceState, now
from .steps import Step
from .urns import is_provider_type
from .values import equal, mark_outputs


class Stopped(StepFailed):
    """No new step starts: another one failed, or somebody cancelled."""

    logged = True


class DeleteProtected(StepFailed):
    """A protected resource was to be deleted. The other deletions go on (5.8)."""


class StepExecutor:
    """Executes chains of steps, at most `parallel` at once."""

    def __init__(
        self,
        providers: Providers,
        checkpoint: Checkpoint,
        *,
        preview: bool,
        parallel: int,
        emit: Callable[[Event], None],
        log: Callable[[Diagnostic], None],
        is_being_deleted: Callable[[str], bool],
    ) -> None:
        self.operations: list[Operation] = []
        self.summary: Counter[str] = Counter()
        self.failed = False
        self._providers = providers
        self._checkpoint = checkpoint
        self._preview = preview
        self._parallel = parallel
        self._slots = threading.BoundedSemaphore(parallel)
        self._emit = emit
        self._log = log
        self._is_being_deleted = is_being_deleted
        self._stopped = threading.Event()
        self._lock = threading.Lock()

    @property
    def stopped(self) -> bool:
        """Whether no new step may start."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Start no new step; running ones finish and are recorded."""
        self._stopped.set()

    def run_chain(self, chain: Sequence[Step]) -> None:
        """Execute steps one after the other.

        Raises:
            Stopped: The operation stopped before the chain was done.
            StepFailed: A step failed; it has been logged and the operation stopped.
        """
        with self._slots:
            for step in chain:
                if self.stopped:
                    raise Stopped("the operation stopped")
                self._run(step)

    def run_group(self, group: Sequence[Step], *, keep_going: bool = False) -> None:
        """Execute independent steps at once. Failures are logged and counted, not raised.

        Args:
            group: The steps.
            keep_going: Let the others run after a failure (refresh does).
        """

        def run(step: Step) -> None:
            try:
                if keep_going:
                    with self._slots:
                        self._run(step, stop_on_failure=False)
                else:
                    self.run_chain([step])
            except StepFailed:
                return

        if len(group) == 1:
            run(group[0])
            return
        with ThreadPoolExecutor(max_workers=max(1, min(self._parallel, len(group)))) as workers:
            list(workers.map(run, group))

    def _run(self, step: Step, *, stop_on_failure: bool = True) -> None:
        place = self._announce(step)
        if (word := steps.PENDING_WORD.get(step.op)) is not None and not self._preview:
            self._checkpoint.begin(step.state, word)
        started = time.monotonic()
        failure: StepFailed | None = None
        try:
            self._apply(step)
        except StepFailed as error:
            failure = error
        except EngineError as error:
            failure = StepFailed(str(error))
        finally:
            self._finish(step, failure)
        self._record(step, place, failure, time.monotonic() - started)
        if failure is not None:
            self.failed = True
            if stop_on_failure and not isinstance(failure, DeleteProtected):
                self.stop()
            raise failure

    def _announce(self, step: Step) -> int:
        """Tell that a step starts; its place among the operations, which stand in the order of their start."""
        if step.is_internal or step.op == steps.REPLACE:
            return -1
        operation = step.operation()
        with self._lock:
            self.operations.append(operation)
            place = len(self.operations) - 1
        self._emit(StepStarted(operation, self._preview))
        return place

    def _finish(self, step: Step, failure: StepFailed | None) -> None:
        """Mark secrets and bring the checkpoint up to date."""
        old, new = step.old, step.new
        partial = isinstance(failure, PartialFailure)
        if new is not None and new is not old and step.op != steps.REPLACE:
            new.outputs = mark_outputs(new.outputs, new.inputs, new.additional_secret_outputs)
        if partial and step.op == steps.UPDATE and new is not None and old is not None:
            new.inputs = old.inputs
        self._checkpoint.end(step.state)
        if failure is not None and not partial:
            return
        if step.op in (steps.SAME, steps.UPDATE, steps.READ) and new is not None:
            self._checkpoint.keep(new, old)
        elif step.op in (steps.CREATE, steps.CREATE_REPLACEMENT, steps.READ_REPLACEMENT) and new is not None:
            self._checkpoint.keep(new, old if old is not None and old.pending_replacement else None)
        elif old is not None and (step.op == steps.REMOVE_PENDING_REPLACE or _deletes(step)):
            self._checkpoint.drop(old)

    def _record(self, step: Step, place: int, failure: StepFailed | None, seconds: float) -> None:
        operation = step.operation(failed=failure is not None, message=str(failure or ""), seconds=seconds)
        if failure is not None:
            self._log(Diagnostic("" if step.is_internal else step.state.urn, "error", str(failure)))
            failure.logged = True
        if step.is_internal:
            return
        with self._lock:
            if place >= 0:
                self.operations[place] = operation
            if failure is None and _is_counted(step):
                self.summary[step.result_op or ("delete" if step.op == steps.READ_DISCARD else step.op)] += 1
        if place >= 0:
            self._emit(StepFinished(operation, self._preview))

    def _apply(self, step: Step) -> None:
        handlers: dict[str, Callable[[Step], None]] = {
            steps.SAME: self._same,
            steps.CREATE: self._create,
            steps.CREATE_REPLACEMENT: self._create,
            steps.UPDATE: self._update,
            steps.READ: self._read,
            steps.READ_REPLACEMENT: self._read,
            steps.REFRESH: lambda refreshed: read_state(refreshed, self._providers, self._log),
        }
        if (apply := handlers.get(step.op)) is not None:
            apply(step)
        elif step.op in (steps.DELETE, steps.DELETE_REPLACED, steps.READ_DISCARD, steps.DISCARD_REPLACED):
            self._delete(step)

    def _same(self, step: Step) -> None:
        old, new = _both(step)
        new.id, new.outputs = old.id, old.outputs
        if is_provider_type(new.type):
            self._providers.register(new)

    def _create(self, step: Step) -> None:
        new = step.state
        failure: PartialFailure | None = None
        if is_provider_type(new.type):
            new.id = UNKNOWN_STRING if self._preview else str(uuid.uuid4())
            new.outputs = new.inputs
            self._providers.register(new)
        elif new.custom:
            try:
                new.id, new.outputs = self._providers.client(new.provider).create(new, preview=self._preview)
            except PartialFailure as error:
                failure = error
                new.id, new.outputs, new.init_errors = error.id, error.properties, error.reasons
        new.created = new.modified = now()
        if step.keeps_old and step.old is not None:
            step.old.delete = True
        if failure is not None:
            raise failure

    def _update(self, step: Step) -> None:
        old, new = _both(step)
        new.id, new.created, new.modified = old.id, old.created, old.modified
        if is_provider_type(new.type):
            new.outputs = new.inputs
            self._providers.register(new)
        elif new.custom:
            try:
                new.outputs = self._providers.client(new.provider).update(old, new, preview=self._preview)
            except PartialFailure as error:
                new.outputs, new.init_errors, new.modified = error.properties, error.reasons, now()
                raise
        new.modified = now()

    def _delete(self, step: Step) -> None:
        old = step.old
        assert old is not None
        if step.op == steps.DELETE and old.protect:
            raise DeleteProtected(
                f'resource "{old.urn}" cannot be deleted\nbecause it is protected. To unprotect the resource, either '
                "remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`, or use the "
                f"command:\n`pulumi state unprotect '{old.urn}'`"
            )
        ours = old.custom and not (old.external or old.retain_on_delete or is_provider_type(old.type))
        if ours and not self._preview and not (old.deleted_with and self._is_being_deleted(old.deleted_with)):
            self._providers.client(old.provider).delete(old)
        if step.pending_replacement:
            old.pending_replacement = True

    def _read(self, step: Step) -> None:
        new = step.state
        if new.id == UNKNOWN_STRING:
            new.outputs = {}
        else:
            found = self._ask(new)
            if found.init_errors:
                new.init_errors = found.init_errors
            if found.outputs is None:
                raise StepFailed(f"resource '{new.id}' does not exist")
            new.id, new.outputs = found.id or new.id, found.outputs
        if step.old is not None:
            new.created, new.modified = step.old.created, step.old.modified
            if step.keeps_old:
                step.old.delete = True
            elif not (equal(new.inputs, step.old.inputs) and equal(new.outputs, step.old.outputs)):
                new.modified = now()

    def _ask(self, state: ResourceState) -> Read:
        if self._providers.is_builtin(state.provider):
            return self._providers.builtin.read(state)
        return self._providers.client(state.provider).read(state, state.inputs)


def _both(step: Step) -> tuple[ResourceState, ResourceState]:
    assert step.old is not None
    assert step.new is not None
    return step.old, step.new


def _deletes(step: Step) -> bool:
    ends = (steps.DELETE, steps.DELETE_REPLACED, steps.READ_DISCARD, steps.DISCARD_REPLACED)
    return step.op in ends and not step.pending_replacement


def _is_counted(step: Step) -> bool:
    if step.op == steps.READ:
        old = step.old
        return old is not None and bool(old.outputs) and not equal(old.outputs, step.state.outputs)
    return step.op in steps.COUNTED or bool(step.result_op)
