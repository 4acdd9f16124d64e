"""Running the user's program in this process (docs/pulumi.md 5.1).

Each run has its own thread, context variables and event loop. A folder is run with `runpy` as the SDK's executor does:
it is the working directory and comes first on `sys.path`, and modules imported from it are forgotten afterwards, so an
edited file counts in the next run. What the program prints goes to this process's own output.

Environment, working directory and `sys.path` belong to the whole process: runs that need them wait for one another.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import os
import runpy
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi.runtime

_process = threading.RLock()
_HIDDEN = frozenset({"PYTEST_CURRENT_TEST"})


@dataclass(frozen=True)
class Run:
    """One run of a program.

    Attributes:
        program: The callable, or the folder or file to run.
        project: Project name.
        stack: Stack name.
        root: The project's folder, for `pulumi.get_root_directory`.
        preview: Whether it is a dry run.
        parallel: How many registrations may wait at once.
        config: All configuration, full keys.
        secret_keys: Which of it is secret.
        env: Environment variables for the time of the run.
        monitor: Takes registrations.
        engine: Takes log lines.
    """

    program: Callable[[], Any] | Path
    project: str
    stack: str
    root: str
    preview: bool
    parallel: int
    config: Mapping[str, str]
    secret_keys: frozenset[str]
    env: Mapping[str, str]
    monitor: object
    engine: object


def run_program(run: Run) -> BaseException | None:
    """Run a program to its end in a thread of its own; what it raised, if anything."""
    raised: list[BaseException] = []

    def body() -> None:
        try:
            contextvars.Context().run(_run_here, run)
        except BaseException as error:  # noqa: BLE001 - the caller reports it, SystemExit included
            raised.append(error)

    thread = threading.Thread(target=body, name="pulumi-program")
    with _surroundings(run):
        thread.start()
        _join(thread)
    return raised[0] if raised else None


def _join(thread: threading.Thread) -> None:
    """Join in slices, so that Ctrl-C reaches the caller."""
    while thread.is_alive():
        thread.join(1.0)


def _run_here(run: Run) -> None:
    settings = pulumi.runtime.Settings(
        project=run.project,
        stack=run.stack,
        monitor=run.monitor,
        engine=run.engine,
        parallel=run.parallel,
        dry_run=run.preview,
        organization="organization",
        root_directory=run.root,
    )
    pulumi.runtime.configure(settings)
    pulumi.runtime.set_all_config(dict(run.config), list(run.secret_keys))
    program = run.program
    body: Callable[[], Any] = (lambda: _run_path(program)) if isinstance(program, Path) else program
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # after a failure, futures stay unread on purpose
    workers = ThreadPoolExecutor(max_workers=max(run.parallel, 1) * 4, thread_name_prefix="pulumi-rpc")
    loop.set_default_executor(workers)
    tasks = _tasks_of(loop)
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(body))
    finally:
        _drain(loop, tasks)
        workers.shutdown(wait=True)
        asyncio.set_event_loop(None)
        loop.close()


def _tasks_of(loop: asyncio.AbstractEventLoop) -> weakref.WeakSet[asyncio.Task[Any]]:
    """Note the loop's tasks from now on: `asyncio.all_tasks` looks through those of all earlier programs too."""
    tasks: weakref.WeakSet[asyncio.Task[Any]] = weakref.WeakSet()

    def noted(loop: asyncio.AbstractEventLoop, coroutine: Any, **named: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **named)
        tasks.add(task)
        return task

    loop.set_task_factory(noted)
    return tasks


def _drain(loop: asyncio.AbstractEventLoop, tasks: weakref.WeakSet[asyncio.Task[Any]]) -> None:
    """Cancel what a failed program left behind, so that no coroutine dies unawaited."""
    left = [task for task in tasks if not task.done()]
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())


def _run_path(program: Path) -> None:
    runpy.run_path(str(program), run_name="__main__")


@contextlib.contextmanager
def _surroundings(run: Run) -> Iterator[None]:
    folder = _folder(run.program) if isinstance(run.program, Path) else None
    if not run.env and folder is None:
        yield
        return
    with _process, environment_during(run.env), _working_directory(folder):
        yield


def _folder(program: Path) -> Path:
    return program if program.is_dir() else program.parent


@contextlib.contextmanager
def environment_during(env: Mapping[str, str]) -> Iterator[None]:
    """This process's environment with some variables set, for the time of the block."""
    before = {key: os.environ.get(key) for key in env}
    os.environ.update(env)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


@contextlib.contextmanager
def _working_directory(folder: Path | None) -> Iterator[None]:
    if folder is None:
        yield
        return
    before, path, known = os.getcwd(), list(sys.path), set(sys.modules)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        os.chdir(before)
        sys.path[:] = path
        _forget_modules(folder, known)


def _forget_modules(folder: Path, known: set[str]) -> None:
    for name in set(sys.modules) - known:
        file = getattr(sys.modules[name], "__file__", None)
        if file and "site-packages" not in file and Path(file).is_relative_to(folder):
            del sys.modules[name]


def describe_failure(error: BaseException, program: Callable[[], Any] | Path) -> str:
    """The error diagnostic of a program that raised, traceback cut to the user's own frames."""
    if isinstance(error, pulumi.RunError):
        return str(error)
    if isinstance(error, SystemExit):
        return f"the program exited with code {error.code}"
    first = str(_folder(program)) if isinstance(program, Path) else inspect.getsourcefile(inspect.unwrap(program)) or ""
    frames = traceback.extract_tb(error.__traceback__)
    start = next((place for place, frame in enumerate(frames) if first and frame.filename.startswith(first)), 0)
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    if start and error.__cause__ is None and error.__context__ is None:
        lines = [
            "Traceback (most recent call last):\n",
            *traceback.format_list(frames[start:]),
            *traceback.format_exception_only(type(error), error),
        ]
    return "Program failed with an unhandled exception:\n" + "".join(lines).rstrip("\n")


def provider_environment(project: str, env: Mapping[str, str], *, python_path: bool) -> dict[str, str]:
    """The environment of a provider process: this process's own, plus what the CLI adds (1.3).

    Args:
        project: Project name.
        env: The stack's own variables.
        python_path: Pass this process's `sys.path` on, so that providers of a callable program can be imported.
    """
    merged = {key: value for key, value in os.environ.items() if key not in _HIDDEN}
    merged.update(env)
    merged.update({"PULUMI_PROJECT": project, "PULUMI_CONFIG": "{}"})
    if python_path:
        merged["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(entry or os.getcwd() for entry in sys.path))
    return merged
