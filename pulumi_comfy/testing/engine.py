"""The test engine: runs a real Pulumi program without the `pulumi` command.

It exists for tests and for a demonstration where there is no CLI. It is no second Pulumi: state is in memory, there is
no backend, and what it does not do it refuses by name.
"""

from __future__ import annotations

import atexit
import contextlib
import copy
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .deployment import Deployment, Target
from .errors import EngineError, StepFailed
from .events import EventHandler
from .policies import PolicyRun
from .program import provider_environment
from .project import ProjectFolder
from .provider_process import DYNAMIC, LaunchSpec, Processes, ProviderPool
from .providers import Providers
from .results import Diagnostic, Result
from .stack import Stack
from .state import Snapshot
from .urns import STACK_TYPE
from .values import Properties

DEFAULT_PARALLEL = 16


class TestEngine:
    """Keeps the states of its stacks in memory and runs their operations.

    Like the real engine it gives each operation provider processes of their own. They are forked from a template that
    has done the imports, so one costs a few hundredths of a second; the template belongs to one folder and one
    environment (variables that differ from test to test make new templates).

    Args:
        processes: `fork` as above (`new` where the system cannot fork); `new` starts each from nothing; `reuse` forks,
            and lends a process again to operations with the same folder, environment and configuration, with whatever
            the provider remembers.
        parallel: Steps at once, unless an operation says otherwise.
        preload: Modules that the template imports besides the SDK; they must not start threads.
        plugins: Further provider packages and how to start them.
    """

    __test__ = False  # no test class, whatever pytest thinks of the name

    def __init__(
        self,
        *,
        processes: Processes = "fork",
        parallel: int = DEFAULT_PARALLEL,
        preload: Sequence[str] = (),
        plugins: Iterable[LaunchSpec] = (),
    ) -> None:
        self.parallel = parallel
        self._specs = {spec.package: spec for spec in (DYNAMIC, *plugins)}
        self._pool = ProviderPool(processes, preload=preload)
        self._reset()
        atexit.register(self.close)

    def _reset(self) -> None:
        self._states: dict[tuple[str, str], Snapshot] = {}
        self._running: dict[tuple[str, str], Deployment] = {}
        self._lock = threading.Lock()

    def fresh(self) -> TestEngine:
        """An engine without stacks that shares the processes of this one, which stays in charge of them."""
        other = copy.copy(self)
        other._reset()
        return other

    def __enter__(self) -> TestEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop all provider processes and templates. The states stay."""
        atexit.unregister(self.close)
        self._pool.close()

    def run(
        self,
        stack: Stack,
        kind: str,
        *,
        parallel: int | None,
        on_event: EventHandler | None,
        replace: Sequence[str] = (),
    ) -> Result:
        """Run a preview, up, refresh or destroy to its end. Ctrl-C cancels, a second one kills.

        Raises:
            EngineError: The stack is busy, or its project cannot be read.
        """
        key = _key(stack)
        target = _target(stack)
        with self._lock:
            if key in self._running:
                raise EngineError(f"the stack {stack.project}/{stack.name} is currently locked by another operation")
            deployment = Deployment(
                kind,
                target,
                self._states.get(key, Snapshot()),
                self._opener(stack, target),
                parallel=parallel or self.parallel,
                on_event=on_event,
                replace=replace,
                policies=_policies(stack, kind),
            )
            self._running[key] = deployment
        try:
            result, snapshot = _run_interruptibly(deployment)
        finally:
            with self._lock:
                del self._running[key]
        if kind != "preview":
            self._states[key] = snapshot
        return result

    def _opener(self, stack: Stack, target: Target) -> Callable[[Callable[[Diagnostic], None]], Providers]:
        env = provider_environment(stack.project, stack.env, python_path=callable(stack.program))
        return lambda sink: Providers(
            self._pool, self._specs, cwd=target.root, env=env, sink=sink, read_stack=self._read_stack(stack)
        )

    def _read_stack(self, reader: Stack) -> Callable[[str], Properties]:
        def read(name: str) -> Properties:
            parts = name.split("/")
            project = parts[-2] if len(parts) > 1 else reader.project
            snapshot = self._states.get((project, parts[-1]))
            if snapshot is None or len(parts) > 3:
                raise StepFailed(f'unknown stack "{name}"')
            found = next((state for state in snapshot.resources if state.type == STACK_TYPE), None)
            return dict(found.outputs) if found is not None else {}

        return read

    def export_state(self, stack: Stack) -> dict[str, Any]:
        """The deployment document, secrets in plaintext."""
        return self._states.get(_key(stack), Snapshot()).to_json()

    def import_state(self, stack: Stack, document: Mapping[str, Any]) -> None:
        """Replace a stack's state.

        Raises:
            StateError: The document cannot be read.
        """
        self._states[_key(stack)] = Snapshot.from_json(dict(document))

    def cancel(self, stack: Stack) -> None:
        """Cancel the stack's running operation, if there is one."""
        if (deployment := self._running.get(_key(stack))) is not None:
            deployment.cancel()

    def kill(self, stack: Stack, *, spares_provider: bool = False) -> None:
        """Kill the stack's running operation, if there is one."""
        if (deployment := self._running.get(_key(stack))) is not None:
            deployment.kill(spares_provider=spares_provider)


def _key(stack: Stack) -> tuple[str, str]:
    return stack.project, stack.name


def _target(stack: Stack) -> Target:
    program: Callable[[], Any] | Path
    if callable(stack.program):
        root, program = Path.cwd(), stack.program
    else:
        folder = ProjectFolder(stack.program)
        root, program = folder.path, folder.program
    config = {**stack.plain_config(), **stack.secret_config}
    secret_keys = frozenset(stack.secret_config)
    return Target(stack.project, stack.name, str(root), program, config, secret_keys, dict(stack.env))


def _policies(stack: Stack, kind: str) -> PolicyRun | None:
    if stack.policies is None or kind not in ("preview", "up"):
        return None
    config = {**stack.plain_config(), **stack.secret_config}
    return PolicyRun(stack.policies, project=stack.project, stack=stack.name, config=config, preview=kind == "preview")


def _run_interruptibly(deployment: Deployment) -> tuple[Result, Snapshot]:
    """Run in a thread, so that Ctrl-C in this one can cancel, and a second one kill."""
    done: list[tuple[Result, Snapshot]] = []
    failed: list[BaseException] = []

    def body() -> None:
        try:
            done.append(deployment.run())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failed.append(error)

    thread = threading.Thread(target=body, name="pulumi-operation")
    with _interrupts_to(deployment):
        thread.start()
        while thread.is_alive():
            thread.join(1.0)
    if failed:
        raise failed[0]
    return done[0]


@contextlib.contextmanager
def _interrupts_to(deployment: Deployment) -> Iterator[None]:
    """Let Ctrl-C cancel and a second one kill; only the main thread can hear them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []

    def obey(number: int, _: object) -> None:
        pressed.append(number)
        (deployment.cancel if len(pressed) == 1 else deployment.kill)()

    before = signal.signal(signal.SIGINT, obey)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
