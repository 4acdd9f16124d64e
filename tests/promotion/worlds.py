"""Stacks on the emulator that promotion works on: with the test engine in this process, or with the real `pulumi`.

Both are driven through the commands, so that a scenario is written once.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pulumi_comfy.cli import main
from pulumi_comfy.cli.promotion import shared
from pulumi_comfy.promotion.journal import MovedOnError
from pulumi_comfy.promotion.records import Record
from pulumi_comfy.promotion.stack_names import short_name
from pulumi_comfy.promotion.stacks import DeployError, LockedError, NoStackError, PulumiError, Say
from pulumi_comfy.testing import Stack, TestEngine

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PASSPHRASE = "of the tests"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    text: str
    """What it wrote to standard output."""
    aside: str = ""
    """What it wrote to standard error."""

    @property
    def all(self) -> str:
        return self.text + self.aside


class EngineStacks:
    """The stacks of a folder on the test engine."""

    def __init__(self, engine: TestEngine, folder: Path, env: Mapping[str, str]) -> None:
        self.project = Stack(engine, program=folder).project
        self.folder = folder
        self.stack = lambda name: Stack(engine, stack=short_name(name), program=folder, env=dict(env))
        self._held: dict[str, threading.Lock] = {}

    def settings_file(self, stack: str) -> Path:
        return self.folder / f"Pulumi.{short_name(stack)}.yaml"

    def export(self, stack: str) -> dict[str, Any]:
        state = self.stack(stack).state()
        if not state["deployment"].get("resources") and not self.settings_file(stack).exists():
            raise NoStackError("COMFY5105", tried=f"export {stack!r}", got="there is no such stack")
        return state

    def preview(self, stack: str, say: Say) -> None:
        result = self.stack(stack).preview(check=False)
        if not result.ok:
            raise PulumiError("COMFY5105", tried=f"preview {stack}", got=result.error)

    def up(self, stack: str, say: Say, *, refresh: bool = False) -> None:
        lock = self._held.setdefault(short_name(stack), threading.Lock())
        if not lock.acquire(blocking=False):
            raise LockedError("COMFY5101", tried=f"deploy {stack}", got="another command holds the stack's lock")
        with lock_released(lock):
            made = self.stack(stack)
            result = made.refresh(check=False) if refresh else None
            result = made.up(check=False) if result is None or result.ok else result
            if not result.ok:
                raise DeployError("COMFY5102", tried=f"deploy {stack}", got=result.error)

    def unlock(self, stack: str) -> None:
        raise AssertionError("there is nothing that could be left locked")


class lock_released:
    def __init__(self, lock: threading.Lock) -> None:
        self.lock = lock

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        self.lock.release()


class MemoryJournal:
    """A journal in this process."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._lock = threading.Lock()

    def read(self) -> list[Record]:
        return list(self.records)

    def append(self, record: Record) -> None:
        with self._lock:
            if record.seq != len(self.records) + 1:
                raise MovedOnError
            self.records.append(Record.read(json.loads(json.dumps(record.to_wire()))))


class World:
    """A copied example with its stacks."""

    is_cli = False

    def __init__(self, example: str, place: Path, env: Mapping[str, str]) -> None:
        self.folder = shutil.copytree(EXAMPLES / example, place / example)
        self.env = {**env, "PULUMI_COMFY_PACE": "0.05"}

    def make(self, *stacks: str) -> None:
        """Make empty stacks."""

    def up(self, stack: str, *, check: bool = True) -> None:
        """What a person does with `pulumi up`; it has to succeed, unless it is not checked."""
        raise NotImplementedError

    def command(self, *arguments: str, folder: Path | None = None) -> Ended:
        """Run `pulumi-comfy`."""
        raise NotImplementedError

    def promote(self, source: str, target: str, *arguments: str) -> Ended:
        return self.command("promote", "--from", source, "--to", target, "--yes", *arguments)

    def rollback(self, target: str, *arguments: str) -> Ended:
        return self.command("rollback", "--stack", target, "--reason", "too dark", "--yes", *arguments)

    def history(self, *arguments: str) -> list[dict[str, Any]]:
        told = self.command("history", "--json", *arguments)
        assert told.code == 0, told.all
        return json.loads(told.text)["records"]

    def file(self, stack: str) -> Path:
        return self.folder / f"Pulumi.{stack}.yaml"

    def tell(self, stack: str) -> None:
        """Outcomes so far, for a failing test."""


class EngineWorld(World):
    """On the test engine."""

    def __init__(
        self, example: str, place: Path, env: Mapping[str, str], engine: TestEngine, patch: pytest.MonkeyPatch
    ) -> None:
        super().__init__(example, place, env)
        self.stacks = EngineStacks(engine, self.folder, self.env)
        self.journal = MemoryJournal()
        patch.setattr(shared, "open_project", lambda _folder, _stack: (self.stacks, self.journal))

    def up(self, stack: str, *, check: bool = True) -> None:
        with contextlib.nullcontext() if check else contextlib.suppress(DeployError):
            self.stacks.up(stack, print)

    def command(self, *arguments: str, folder: Path | None = None) -> Ended:
        done = CliRunner().invoke(main, list(arguments))
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ended(done.exit_code, done.stdout, done.stderr)


class CliWorld(World):
    """On the real CLI, with a file backend and a home of its own."""

    is_cli = True

    def __init__(self, example: str, place: Path, env: Mapping[str, str]) -> None:
        super().__init__(example, place, env)
        (place / "backend").mkdir()
        self.env |= {
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
            "PULUMI_HOME": str(place / "home"),
            # Readable after any kill (docs/pulumi.md 7.1).
            "PULUMI_BACKEND_URL": (place / "backend").as_uri() + "?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }

    def make(self, *stacks: str) -> None:
        for stack in stacks:
            self.pulumi("stack", "init", "--no-select", "--stack", stack)

    def pulumi(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = ["pulumi", "--non-interactive", "--color", "never", *arguments]
        return self.run(command, self.folder, check=check)

    def run(self, command: list[str], folder: Path, *, check: bool) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, **self.env}
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def up(self, stack: str, *, check: bool = True) -> None:
        self.pulumi("up", "--yes", "--skip-preview", "--stack", stack, check=check)

    def command(self, *arguments: str, folder: Path | None = None) -> Ended:
        done = self.run([sys.executable, "-m", "pulumi_comfy.cli", *arguments], folder or self.folder, check=False)
        return Ended(done.returncode, done.stdout, done.stderr)
