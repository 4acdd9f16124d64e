"""The same surface over the real `pulumi` command, through the SDK's Automation API (docs/pulumi.md 7).

Each `CliEngine` has a temporary home and a file backend of its own; nothing of the user's own Pulumi is touched.
Callable programs are run as inline programs; a project folder is copied first, so that no configuration is written
into it.
"""

from __future__ import annotations

import contextlib
import copy
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.automation._cmd import CommandResult, OnOutput
from pulumi.automation.errors import create_command_error

from .cli_connections import keep_connections_apart
from .cli_events import EventCollector
from .errors import EngineError
from .events import EventHandler
from .program import environment_during, provider_environment
from .results import Diagnostic, Result
from .stack import Stack
from .state import PASSPHRASE
from .urns import name_of

_logger = logging.getLogger(__name__)
_WHOLE = "?metadata=skip"
"""Keeps a file backend readable that is killed while it writes (docs/pulumi.md 7.1)."""
_NOT_COPIED = (".git", ".venv", "venv", "__pycache__", ".pulumi")


class CliEngine:
    """Runs stacks with the `pulumi` found on PATH.

    Args:
        pulumi: Path of the command; the one on PATH when None.

    Raises:
        EngineError: There is none.
    """

    def __init__(self, pulumi: str | None = None) -> None:
        command = pulumi or self.available()
        if command is None:
            raise EngineError("there is no `pulumi` on PATH")
        keep_connections_apart()
        self._command_path = command
        self._root = Path(tempfile.mkdtemp(prefix="pulumi-comfy-cli-"))
        self._reset()

    def _reset(self) -> None:
        self._place = Path(tempfile.mkdtemp(dir=self._root))
        (self._place / "backend").mkdir()
        self._stacks: dict[tuple[str, str], automation.Stack] = {}
        self._applied: dict[tuple[str, str], object] = {}
        self._commands: dict[tuple[str, str], _Command] = {}

    def fresh(self) -> CliEngine:
        """An engine without stacks that shares the home of this one, which stays in charge of it."""
        other = copy.copy(self)
        other._reset()
        return other

    @staticmethod
    def available() -> str | None:
        """The path of `pulumi` on PATH, or None."""
        return shutil.which("pulumi")

    def __enter__(self) -> CliEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the temporary home and backend, states included."""
        shutil.rmtree(self._root, ignore_errors=True)

    def run(
        self,
        stack: Stack,
        kind: str,
        *,
        parallel: int | None,
        on_event: EventHandler | None,
        replace: Sequence[str] = (),
    ) -> Result:
        """Run a preview, up, refresh or destroy to its end.

        Raises:
            EngineError: The stack cannot be prepared.
        """
        remote = self._open(stack)
        collector = EventCollector(kind, on_event)
        collector.result.summary.clear()
        options: dict[str, Any] = {"on_event": collector, "parallel": parallel, "color": "never"}
        if stack.policies is not None and kind in ("preview", "up"):
            options |= stack.policies.options(Path(tempfile.mkdtemp(dir=self._place)))
        if replace:
            options["replace"] = [one["urn"] for one in stack.resources() if name_of(one["urn"]) in replace]
        started = time.monotonic()
        outputs: Mapping[str, automation.OutputValue] | None = {} if kind in ("preview", "destroy") else None
        try:
            with environment_during(stack.env if callable(stack.program) else {}):
                ended = getattr(remote, kind)(**options)
            outputs = ended.outputs if kind == "up" else outputs
        except automation.CommandError as error:
            _logger.warning("pulumi %s failed: %s", kind, error)  # with its exit code, which no event tells
            collector.result.ok = False
            if not collector.result.errors:
                collector.result.diagnostics.append(Diagnostic("", "error", str(error)))
        finally:
            if self._commands[_key(stack)].killed:
                remote.cancel()
        outputs = remote.outputs() if outputs is None else outputs
        collector.result.outputs = {key: entry.value for key, entry in outputs.items()}
        collector.result.secret_output_names = frozenset(key for key, entry in outputs.items() if entry.secret)
        return collector.conclude(time.monotonic() - started)

    def _open(self, stack: Stack) -> automation.Stack:
        """The Automation API's stack, its program and configuration brought up to date."""
        key = _key(stack)
        work = self._place / "work" / f"{stack.project}-{stack.name}"
        if stack.folder is not None:  # the stack's file is the engine's own: the project's may be encrypted elsewhere
            left_out = shutil.ignore_patterns(*_NOT_COPIED, f"Pulumi.{stack.name}.yaml")
            shutil.copytree(stack.folder.path, work, dirs_exist_ok=True, ignore=left_out)
        work.mkdir(parents=True, exist_ok=True)
        if key not in self._stacks:
            self._commands[key] = _Command(self._command_path)
            self._stacks[key] = self._create(stack, work)
        remote = self._stacks[key]
        remote.workspace.env_vars = self._environment(stack)
        remote.workspace.program = _inline(stack)
        self._configure(key, stack, remote)
        return remote

    def _create(self, stack: Stack, work: Path) -> automation.Stack:
        options = automation.LocalWorkspaceOptions(
            work_dir=str(work),
            pulumi_home=str(self._root / "home"),
            env_vars=self._environment(stack),
            pulumi_command=self._commands[_key(stack)],
        )
        try:
            if (program := _inline(stack)) is not None:
                return automation.create_or_select_stack(
                    stack.name, project_name=stack.project, program=program, opts=options
                )
            return automation.create_or_select_stack(stack.name, work_dir=str(work), opts=options)
        except automation.CommandError as error:
            raise EngineError(f"cannot prepare the stack {stack.name!r}: {error}") from None

    def _environment(self, stack: Stack) -> dict[str, str]:
        env = provider_environment(stack.project, stack.env, python_path=callable(stack.program))
        added = {key: value for key, value in env.items() if os.environ.get(key) != value}
        added.pop("PULUMI_PROJECT", None)
        added.pop("PULUMI_CONFIG", None)
        return {
            **added,
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), env.get("PATH", os.defpath))),
            "PULUMI_BACKEND_URL": (self._place / "backend").as_uri() + _WHOLE,
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }

    def _configure(self, key: tuple[str, str], stack: Stack, remote: automation.Stack) -> None:
        plain = stack.plain_config()
        wanted = {name: automation.ConfigValue(value) for name, value in plain.items()}
        wanted |= {name: automation.ConfigValue(value, secret=True) for name, value in stack.secret_config.items()}
        token = (plain, dict(stack.secret_config))
        if self._applied.get(key, ({}, {})) == token:
            return
        present = set(remote.get_all_config())
        if gone := sorted(present - set(wanted)):
            remote.remove_all_config(gone)
        if wanted:
            remote.set_all_config(wanted)
        self._applied[key] = token

    def export_state(self, stack: Stack) -> dict[str, Any]:
        """The deployment document, secrets in plaintext."""
        remote = self._open(stack)
        text = self._pulumi(stack, remote, "stack", "export", "--show-secrets").stdout
        document: dict[str, Any] = json.loads(text)
        return document

    def _pulumi(self, stack: Stack, remote: automation.Stack, *arguments: str) -> CommandResult:
        workspace = remote.workspace
        env = {"PULUMI_HOME": str(workspace.pulumi_home), **workspace.env_vars}
        return self._commands[_key(stack)].run([*arguments, "--stack", stack.name], workspace.work_dir, env)

    def import_state(self, stack: Stack, document: Mapping[str, Any]) -> None:
        """Replace a stack's state; secrets in plaintext are encrypted with this engine's passphrase."""
        remote = self._open(stack)
        own = remote.export_stack().deployment or {}
        deployment = dict(document["deployment"])
        if "secrets_providers" in own:
            deployment["secrets_providers"] = own["secrets_providers"]
        remote.import_stack(automation.Deployment(version=document.get("version", 3), deployment=deployment))

    def cancel(self, stack: Stack) -> None:
        """Interrupt the CLI, as the first Ctrl-C does."""
        if (command := self._commands.get(_key(stack))) is not None:
            command.interrupt()

    def kill(self, stack: Stack, *, spares_provider: bool = False) -> None:
        """SIGKILL the CLI and the provider processes it started, unless they are spared."""
        if (command := self._commands.get(_key(stack))) is not None:
            command.kill(alone=spares_provider)


def _key(stack: Stack) -> tuple[str, str]:
    return stack.project, stack.name


def _inline(stack: Stack) -> Callable[[], Any] | None:
    return stack.program if callable(stack.program) else None


class _Command(automation.PulumiCommand):
    """Runs the CLI and remembers the process, so that it can be interrupted and killed."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.command = path
        self.killed = False
        self._process: subprocess.Popen[str] | None = None

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        """Run the CLI; signature of the SDK's own class."""
        env = {**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        self.killed = False
        with subprocess.Popen(
            [self.command, "--non-interactive", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=env,
            encoding="utf-8",
            start_new_session=True,
        ) as process:
            self._process = process
            chunks: tuple[list[str], list[str]] = ([], [])
            readers = [
                threading.Thread(target=_read, args=(stream, callback, into))
                for stream, callback, into in zip(
                    (process.stdout, process.stderr), (on_output, on_error), chunks, strict=True
                )
            ]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
        self._process = None
        result = CommandResult(stdout="\n".join(chunks[0]), stderr="\n".join(chunks[1]), code=process.returncode)
        if result.code:
            raise create_command_error(result)
        return result

    def interrupt(self) -> None:
        """First Ctrl-C."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)

    def kill(self, *, alone: bool) -> None:
        """SIGKILL the CLI, alone or with all that descends from it (plugins have process groups of their own)."""
        process = self._process
        if process is None:
            return
        self.killed = True
        for pid in [process.pid, *([] if alone else descendants(process.pid))]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _read(stream: Any, callback: OnOutput | None, into: list[str]) -> None:
    for line in stream:
        into.append(line.rstrip())
        if callback is not None:
            callback(line.rstrip())


def descendants(root: int) -> list[int]:
    """Processes that descend from one, read from /proc (nothing where there is no /proc)."""
    children: dict[int, list[int]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = file.read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(file.parent.name))
    found, waiting = [], [root]
    while waiting:
        offspring = children.get(waiting.pop(), [])
        found.extend(offspring)
        waiting.extend(offspring)
    return found
