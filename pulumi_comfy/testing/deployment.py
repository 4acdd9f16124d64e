"""One operation on one stack, from start to result (docs/pulumi.md 5.8)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi.runtime.proto import resource_pb2

from . import steps
from .checkpoint import Checkpoint
from .engine_service import EngineCalls
from .errors import EngineError
from .events import DiagnosticLogged, Event, EventHandler, OperationEnded, OutputsKnown
from .executor import StepExecutor
from .generator import StepGenerator
from .monitor import Monitor
from .policies import PolicyRun
from .program import Run, describe_failure, run_program
from .providers import Providers
from .refresh import rebuild
from .results import Diagnostic, Result
from .state import Snapshot
from .steps import Step
from .urns import STACK_TYPE, is_provider_type
from .values import Properties, Secret, contains_secrets, to_python


@dataclass(frozen=True)
class Target:
    """The stack that an operation works on, as of its start."""

    project: str
    stack: str
    root: str
    program: Callable[[], Any] | Path
    config: Mapping[str, str]
    secret_keys: frozenset[str]
    env: Mapping[str, str]

    def package_config(self, package: str, *, whole: bool) -> Properties:
        """A default provider's inputs (1.3): all configuration, or a package's own without namespace."""
        return {
            key if whole else key.removeprefix(f"{package}:"): Secret(value) if key in self.secret_keys else value
            for key, value in sorted(self.config.items())
            if whole or key.startswith(f"{package}:")
        }


class Deployment:
    """Runs one preview, up, refresh or destroy. `cancel` and `kill` may be called from other threads."""

    def __init__(
        self,
        kind: str,
        target: Target,
        base: Snapshot,
        open_providers: Callable[[Callable[[Diagnostic], None]], Providers],
        *,
        parallel: int,
        on_event: EventHandler | None,
        replace: Sequence[str] = (),
        policies: PolicyRun | None = None,
    ) -> None:
        self.result = Result(kind)
        self._target = target
        self._preview = kind == "preview"
        self._parallel = parallel
        self._policies = policies
        self._on_event = on_event
        self._event_lock = threading.Lock()
        self._base = base.clone()
        self._checkpoint = Checkpoint(self._base)
        self._providers = open_providers(self._log)
        self._cancelled = self._killed = False
        self._generator = StepGenerator(
            self._base,
            self._providers,
            stack=target.stack,
            project=target.project,
            preview=self._preview,
            log=self._log,
            forced=replace,
        )
        self._executor = StepExecutor(
            self._providers,
            self._checkpoint,
            preview=self._preview,
            parallel=parallel,
            emit=self._emit,
            log=self._log,
            is_being_deleted=self._generator.is_being_deleted,
        )

    def run(self) -> tuple[Result, Snapshot]:
        """Do it; the result, and the state to keep (for a preview: of no use)."""
        started = time.monotonic()
        try:
            for state in self._base.resources:
                if is_provider_type(state.type):
                    self._providers.register(state)
            {"refresh": self._refresh, "destroy": self._destroy}.get(self.result.kind, self._update)()
        except EngineError as error:
            self._fail(str(error))
        finally:
            snapshot = self._checkpoint.snapshot()
            self._providers.close()
        if self.result.kind == "refresh" and not self._killed:
            snapshot = self._base
        self._conclude(snapshot, time.monotonic() - started)
        return self.result, snapshot

    def cancel(self) -> None:
        """First Ctrl-C: providers hear `Cancel`, running steps finish and are recorded, no new one starts."""
        self._cancelled = True
        self._executor.stop()
        self._providers.cancel()

    def kill(self, *, spares_provider: bool = False) -> None:
        """Second Ctrl-C: nothing is recorded any more and the provider processes die, unless they are spared."""
        self._killed = self._cancelled = True
        self._checkpoint.freeze()
        self._executor.stop()
        (self._providers.leave_alone if spares_provider else self._providers.kill)()

    def _emit(self, event: Event) -> None:
        if self._on_event is not None:
            with self._event_lock:
                self._on_event(event)

    def _log(self, diagnostic: Diagnostic) -> None:
        self.result.diagnostics.append(diagnostic)
        self._emit(DiagnosticLogged(diagnostic))

    def _fail(self, message: str) -> None:
        self.result.ok = False
        self._log(Diagnostic("", "error", message))

    def _update(self) -> None:
        self._warn_of_pending_operations()
        target = self._target
        info = resource_pb2.DeploymentInfo(
            project=target.project,
            stack=target.stack,
            organization="organization",
            config=dict(target.config),
            configSecretKeys=sorted(target.secret_keys),
            dryRun=self._preview,
            parallel=self._parallel,
        )
        monitor = Monitor(
            self._generator,
            self._executor,
            self._providers,
            info=info,
            default_config=self._default_config,
            log=self._log,
            on_outputs=lambda urn, outputs: self._emit(OutputsKnown(urn, to_python(outputs))),
            is_allowed=self._policies.of_resource if self._policies is not None else None,
        )
        raised = run_program(
            Run(
                program=target.program,
                project=target.project,
                stack=target.stack,
                root=target.root,
                preview=self._preview,
                parallel=self._parallel,
                config=target.config,
                secret_keys=target.secret_keys,
                env=target.env,
                monitor=monitor,
                engine=EngineCalls(self._log),
            )
        )
        if raised is not None and not self._executor.stopped:
            self._fail(describe_failure(raised, target.program))
        elif raised is None and not self._executor.stopped:
            self._run_deletes()
        if self._policies is not None and not (raised or self._executor.stopped):
            self._generator.errored |= not self._policies.of_stack(monitor.registered)
        monitor.finalize(errored=raised is not None or self._executor.failed or self._generator.errored)

    def _default_config(self, package: str) -> Properties:
        spec = self._providers.spec_of(package)
        return self._target.package_config(package, whole=spec is not None and spec.whole_config)

    def _run_deletes(self) -> None:
        for group in self._generator.deletes():
            if self._executor.stopped:
                return
            self._executor.run_group(group)

    def _destroy(self) -> None:
        self._warn_of_pending_operations()
        self._run_deletes()

    def _refresh(self) -> None:
        chain = [Step(steps.REFRESH, old=state) for state in self._base.resources]
        self._executor.run_group(chain, keep_going=True)
        rebuild(self._base, {id(step.old): step for step in chain if step.result_op})
        self._base.pending = [entry for entry in self._base.pending if entry.type == "creating"]

    def _warn_of_pending_operations(self) -> None:
        pending = self._base.pending
        if not pending or self._preview:
            return
        listing = "".join(f"  * {entry.resource.urn}, interrupted while {entry.type}\n" for entry in pending)
        self._log(
            Diagnostic(
                "",
                "warning",
                f"Attempting to deploy or update resources with {len(pending)} pending operations from previous "
                f"deployment.\n{listing}These resources are in an unknown state because the Pulumi CLI was interrupted "
                "while waiting for changes to these resources to complete.",
            )
        )

    def _conclude(self, snapshot: Snapshot, seconds: float) -> None:
        result = self.result
        result.seconds = seconds
        result.operations = self._executor.operations
        result.violations = self._policies.violations if self._policies is not None else []
        result.summary = self._executor.summary
        word = "preview" if self._preview else "update"
        if self._executor.failed or self._generator.errored:
            result.ok = False
            if self._executor.failed:
                self._fail(f"{word} failed")
        elif self._cancelled:
            self._fail(f"{word} canceled")
        self._rename(snapshot)
        stack = next((state for state in snapshot.resources if state.type == STACK_TYPE), None)
        outputs = stack.outputs if stack is not None else {}
        result.outputs = to_python(outputs)
        result.secret_output_names = frozenset(key for key, value in outputs.items() if contains_secrets(value))
        self._emit(OperationEnded(result))

    def _rename(self, snapshot: Snapshot) -> None:
        """References to resources that were found under an alias, brought to their new names."""
        renamed = self._generator.aliases.new_of_old
        if not renamed:
            return
        for state in snapshot.resources:
            state.parent = renamed.get(state.parent, state.parent)
            state.deleted_with = renamed.get(state.deleted_with, state.deleted_with)
            state.dependencies = [renamed.get(urn, urn) for urn in state.dependencies]
            state.property_dependencies = {
                key: [renamed.get(urn, urn) for urn in urns] for key, urns in state.property_dependencies.items()
            }
            for old, new in renamed.items():
                if state.provider.startswith(f"{old}::"):
                    state.provider = new + state.provider[len(old) :]
