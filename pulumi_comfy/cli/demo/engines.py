"""The two engines that can run the demo's program: the real CLI, whose own output is shown, and the test engine."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from pulumi_comfy.cli.demo.place import QUICKSTART, STACK, Place
from pulumi_comfy.cli.extras import CLI_PAGE, INSTALL_CLI
from pulumi_comfy.cli.terminal import Terminal
from pulumi_comfy.testing import Result, Stack, TestEngine
from pulumi_comfy.testing.cli_events import EventCollector
from pulumi_comfy.testing.display import Display

_LOOK_EVERY_SECONDS = 0.1


class Runner(ABC):
    """Runs `up` on the demo's project and shows it."""

    def __init__(self, place: Place, env: Mapping[str, str], terminal: Terminal) -> None:
        self.place = place
        self.env = dict(env)
        self.terminal = terminal

    @abstractmethod
    def introduction(self) -> list[str]:
        """Say what this engine is; the demo's first lines."""

    @abstractmethod
    def up(self) -> Result:
        """Run `pulumi up`, show it as it goes, and give what happened."""

    @abstractmethod
    def resources(self) -> list[dict[str, Any]]:
        """All records of the state."""

    @abstractmethod
    def close(self) -> None:
        """End what is still running."""


class TestEngineRunner(Runner):
    """The embedded test engine."""

    __test__ = False

    def __init__(self, place: Place, env: Mapping[str, str], terminal: Terminal, *, is_wish: bool) -> None:
        super().__init__(place, env, terminal)
        self._is_wish = is_wish
        self._engine = TestEngine()
        self._stack = Stack(self._engine, stack=STACK, program=place.project, env=env)
        self._outputs: dict[str, Any] = {}

    def introduction(self) -> list[str]:
        """Say what this engine is, and where the real one comes from."""
        why = "as asked" if self._is_wish else "because no `pulumi` is on PATH"
        return [
            f"Engine    pulumi_comfy's test engine, {why}",
            "          It runs the same program against the same providers, with its state in memory. The real CLI:",
            f"          {INSTALL_CLI}",
            f"          {CLI_PAGE}",
        ]

    def up(self) -> Result:
        """Run `up` on the test engine with its display."""
        display = Display(self._stack.project, STACK, "up", self._outputs)
        with self.terminal.showing(display) as on_event:
            result = self._stack.up(check=False, on_event=on_event)
        self._outputs = result.outputs
        return result

    def resources(self) -> list[dict[str, Any]]:
        """All records of the state."""
        return self._stack.resources()

    def close(self) -> None:
        """Stop the provider processes."""
        self._engine.close()


class CliRunner(Runner):
    """The `pulumi` on PATH, with a home and a backend of the demo's own."""

    def __init__(self, command: str, place: Place, env: Mapping[str, str], terminal: Terminal) -> None:
        super().__init__(place, env, terminal)
        self._command = command

    def introduction(self) -> list[str]:
        """Say which CLI this is."""
        version = self._ask("version")
        return [f"Engine    the Pulumi CLI {version}, {self._command}, with a home and a backend of the demo's own"]

    def up(self) -> Result:
        """Run the CLI's `up` and pass its own output on; its event log tells what happened."""
        if not list(self.place.backend.rglob(f"{STACK}.json")):
            self._ask("stack", "init", STACK)
        look = [] if self.terminal.is_interactive else ["--non-interactive"]
        look += [] if self.terminal.has_colours else ["--color", "never"]
        with tempfile.TemporaryDirectory(dir=self.place.home) as folder:
            log = Path(folder) / "events.jsonl"
            arguments = ["up", "--yes", "--skip-preview", "--stack", STACK, *look, "--event-log", str(log)]
            display = Display(QUICKSTART, STACK, "up")
            with _following(log, display) as collector:
                ok = self._stream(arguments) == 0
        result = collector.conclude(0)
        result.ok = ok and not result.errors
        if result.ok:
            result.outputs = json.loads(self._ask("stack", "output", "--json", "--stack", STACK))
        if not self.terminal.is_interactive and result.operations:
            # Without a terminal the CLI draws no tree.
            self.terminal.text(f"As a tree:\n\n{display.tree()}")
        return result

    def resources(self) -> list[dict[str, Any]]:
        """All records of the state."""
        document = json.loads(self._ask("stack", "export", "--stack", STACK))
        return list(document["deployment"].get("resources") or [])

    def close(self) -> None:
        """Nothing is left running: each command was waited for."""

    def _ask(self, *arguments: str) -> str:
        asked = subprocess.run(
            [self._command, *arguments, "--non-interactive", "--color", "never"],
            cwd=self.place.project,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.returncode:
            said = (asked.stderr or asked.stdout).strip()
            raise click.ClickException(f"`pulumi {' '.join(arguments)}` failed: {said}")
        return asked.stdout.strip()

    def _stream(self, arguments: list[str]) -> int:
        env = {**self.env, "PULUMI_DEBUG_COMMANDS": "true"}  # without it the CLI does not know --event-log
        command = [self._command, *arguments]
        if self.terminal.is_interactive:
            with subprocess.Popen(command, cwd=self.place.project, env=env) as on_terminal:
                return wait_for(on_terminal)
        with subprocess.Popen(
            command,
            cwd=self.place.project,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                self.terminal.text(line.rstrip())
            return wait_for(process)


def choose(engine: str, place: Place, env: Mapping[str, str], terminal: Terminal) -> Runner:
    """Make the runner for `auto`, `cli` or `test`.

    Raises:
        click.ClickException: the CLI is asked for and not there.
    """
    command = shutil.which("pulumi")
    if engine == "test" or (engine == "auto" and command is None):
        return TestEngineRunner(place, env, terminal, is_wish=engine == "test")
    if command is None:
        raise click.ClickException(f"no `pulumi` is on PATH; install it with: {INSTALL_CLI} ({CLI_PAGE})")
    return CliRunner(command, place, env, terminal)


def wait_for(process: subprocess.Popen[Any]) -> int:
    """Wait for a process, through Ctrl-C, which it has heard as well: the CLI ends in order."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            click.echo("waiting for pulumi to end", file=sys.stderr)


@contextlib.contextmanager
def _following(log: Path, display: Display) -> Iterator[EventCollector]:
    """Read the CLI's event log while it is written, one JSON object a line, so that steps have their durations.

    Yields:
        What collects the events; complete when the block has ended.
    """
    from pulumi.automation import EngineEvent

    collector = EventCollector("up", display)
    over = threading.Event()

    def follow() -> None:
        log.touch()
        with log.open(encoding="utf-8") as stream:
            rest = ""
            is_last = False
            while not is_last:
                is_last = over.wait(_LOOK_EVERY_SECONDS)  # one more look after the end
                *lines, rest = (rest + stream.read()).split("\n")
                for line in filter(None, lines):
                    collector(EngineEvent.from_json(json.loads(line)))

    thread = threading.Thread(target=follow, name="pulumi-events", daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        over.set()
        thread.join()
