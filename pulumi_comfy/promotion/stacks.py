"""What promotion asks of a project's stacks: what they hold, and that they are deployed.

`CliStacks` asks the user's own `pulumi` through the Automation API's command, with the user's own backend, environment
and passphrase. It selects no stack: which one is selected in the folder stays the user's business.
"""

from __future__ import annotations

import json
import os
import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pulumi_comfy.core.errors import ComfyError
from pulumi_comfy.promotion.holder import is_running
from pulumi_comfy.promotion.stack_names import short_name

if TYPE_CHECKING:
    from pulumi.automation import CommandResult, PulumiCommand

Say = Callable[[str], None]
"""Takes one line of what Pulumi prints."""

_LOCKED_BY = re.compile(r"created by \S+?@(?P<host>\S+) \(pid (?P<pid>\d+)\)")
_ERROR = re.compile(r"^\s*(?:stderr: )?error: (?P<text>.+)$", re.MULTILINE)
_VIOLATION = re.compile(r"^ +- \[mandatory\](?: \[.+?\])?  (?P<rule>\S+).*\n(?P<said>(?: {10}.+\n?)+)", re.MULTILINE)


class PulumiError(ComfyError):
    """The `pulumi` command failed."""


class NoStackError(PulumiError):
    """There is no such stack in the backend."""


class DeployError(PulumiError):
    """A deployment began and failed."""


class LockedError(PulumiError):
    """Another command holds the stack's lock.

    Attributes:
        is_left: whether it is known that the command is gone: it ran on this machine, and no such process is left.
    """

    is_left = False


class Stacks(Protocol):
    """The stacks of one project."""

    project: str

    def settings_file(self, stack: str) -> Path:
        """Give the stack's `Pulumi.<stack>.yaml`, which may not exist."""

    def export(self, stack: str) -> dict[str, Any]:
        """Give the stack's document as `pulumi stack export` writes it, secrets as they are stored.

        Raises:
            NoStackError: there is none.
            PulumiError: it cannot be read.
        """

    def preview(self, stack: str, say: Say) -> None:
        """Show what `up` would do.

        Raises:
            PulumiError: the preview failed.
        """

    def up(self, stack: str, say: Say, *, refresh: bool = False) -> None:
        """Deploy it.

        Args:
            stack: its name.
            say: takes each line that Pulumi prints.
            refresh: whether the platform is read first, so that what nobody knows of is found.

        Raises:
            LockedError: another command holds it; nothing was done.
            DeployError: it failed.
        """

    def unlock(self, stack: str) -> None:
        """Take away the lock of a command that is gone, as `pulumi cancel` does."""


@dataclass(frozen=True)
class Project:
    """A folder with a `Pulumi.yaml`.

    Attributes:
        name: the project's.
        folder: where that file is.
        settings: where the settings files of its stacks are.
        suffix: how they end: as the project's own file does.
    """

    name: str
    folder: Path
    settings: Path
    suffix: str

    @classmethod
    def of(cls, folder: Path) -> Project:
        """Find the project that a folder belongs to, as the CLI does: in it or above it.

        Raises:
            PulumiError: there is none, or its file makes no sense.
        """
        import yaml

        for place in (folder.resolve(), *folder.resolve().parents):
            for file in (place / "Pulumi.yaml", place / "Pulumi.yml"):
                if not file.is_file():
                    continue
                try:
                    said = yaml.safe_load(file.read_text(encoding="utf-8"))
                    older = said.get("config")  # a text there is the former spelling of the folder
                    below = said.get("stackConfigDir") or (older if isinstance(older, str) else None) or "."
                    return cls(str(said["name"]), place, place / str(below), file.suffix)
                except (yaml.YAMLError, KeyError, TypeError, AttributeError, UnicodeDecodeError) as fault:
                    got = f"it makes no sense: {type(fault).__name__}: {fault}"
                    raise PulumiError("COMFY5105", tried=f"read {file}", got=got) from None
        raise PulumiError(
            "COMFY5105",
            tried=f"find the Pulumi project of {folder}",
            got="neither it nor a folder above it has a Pulumi.yaml",
            todo="Go to the project's folder, or name it with --cwd.",
        )


class CliStacks:
    """The stacks of the project in a folder, through the `pulumi` on PATH.

    Args:
        folder: the project's folder, or one below it.

    Raises:
        PulumiError: it is none.
    """

    def __init__(self, folder: Path) -> None:
        self._project = Project.of(folder)
        self.project = self._project.name

    def settings_file(self, stack: str) -> Path:
        """Give the stack's settings file."""
        return self._project.settings / f"Pulumi.{short_name(stack)}{self._project.suffix}"

    def export(self, stack: str) -> dict[str, Any]:
        """Give the stack's document."""
        try:
            ended = run(["stack", "export", "--stack", stack], self._project.folder)
        except NoStackError as failed:
            raise self._with_those_there_are(failed) from None
        document: dict[str, Any] = json.loads(ended.stdout)
        return document

    def _with_those_there_are(self, failed: NoStackError) -> NoStackError:
        """Say which stacks the project has, where it can be asked."""
        try:
            listed = json.loads(run(["stack", "ls", "--json"], self._project.folder).stdout)
        except PulumiError:
            return failed
        names = sorted(one["name"] for one in listed)
        got = f"there is no such stack of the project {self.project}; it has {', '.join(names) or 'none yet'}"
        return NoStackError(failed.code, tried=failed.tried, got=got, todo=failed.todo)

    def preview(self, stack: str, say: Say) -> None:
        """Show what `up` would do."""
        run(["preview", "--stack", stack, *_look()], self._project.folder, say)

    def up(self, stack: str, say: Say, *, refresh: bool = False) -> None:
        """Deploy it."""
        asked = ["up", "--yes", "--skip-preview", "--stack", stack, *_look()]
        run([*asked, "--refresh"] if refresh else asked, self._project.folder, say)

    def unlock(self, stack: str) -> None:
        """Take away the lock."""
        run(["cancel", "--yes", "--stack", stack], self._project.folder)


def _look() -> list[str]:
    return ["--color", "never", "--suppress-outputs"]


def run(
    arguments: Sequence[str], folder: Path, say: Say | None = None, env: dict[str, str] | None = None
) -> CommandResult:
    """Run `pulumi` to its end, also through Ctrl-C: it hears that as well, and ends in order.

    Raises:
        NoStackError: it says that there is no such stack.
        LockedError: it says that another holds it.
        DeployError: an `up` failed.
        PulumiError: another command failed.
        KeyboardInterrupt: Ctrl-C came, and the command has ended.
    """
    from pulumi import automation

    given = {"PULUMI_SKIP_UPDATE_CHECK": "true", **(env or {})}
    result = _through_interrupts(lambda: _command().run(list(arguments), str(folder), given, on_output=say))
    if isinstance(result, automation.CommandError):
        raise _told(result, arguments)
    if isinstance(result, Exception):
        raise PulumiError("COMFY5105", tried=f"run `pulumi {arguments[0]}`", got=str(result))
    return result


def _through_interrupts(do: Callable[[], CommandResult]) -> CommandResult | Exception:
    """Wait for it to end, whatever comes; give what it gave or raised, and raise Ctrl-C only then."""
    ended: list[CommandResult | Exception] = []
    is_over = threading.Event()

    def work() -> None:
        try:
            ended.append(do())
        except Exception as failed:  # noqa: BLE001  (told by the thread that waits)
            ended.append(failed)
        finally:
            is_over.set()

    threading.Thread(target=work, name="pulumi").start()
    interrupted = False
    while not is_over.is_set():  # no `join`: one that Ctrl-C stops takes the thread for ended (Python < 3.13)
        try:
            is_over.wait(1.0)
        except KeyboardInterrupt:
            interrupted = True
    (result,) = ended
    if interrupted:
        raise KeyboardInterrupt
    return result


@cache
def _command() -> PulumiCommand:
    from pulumi import automation

    return automation.PulumiCommand(skip_version_check=True)  # once: it asks for the version


def _told(failed: Exception, arguments: Sequence[str]) -> PulumiError:
    from pulumi.automation import ConcurrentUpdateError, StackNotFoundError

    stack = arguments[arguments.index("--stack") + 1] if "--stack" in arguments else ""
    command = f"pulumi {' '.join(arguments[:2] if arguments[0] == 'stack' else arguments[:1])}"
    text = str(failed)
    tried = f"run `{command}` of the stack {stack!r}"
    if isinstance(failed, StackNotFoundError):
        todo = f"Correct the name, or make the stack with `pulumi stack init {stack}`."
        return NoStackError("COMFY5105", tried=tried, got="there is no such stack", todo=todo)
    if isinstance(failed, ConcurrentUpdateError):
        return _locked(text, tried, stack)
    if arguments[0] == "up":
        return DeployError("COMFY5102", tried=tried, got=said_by(text))
    return PulumiError("COMFY5105", tried=tried, got=said_by(text))


def _locked(text: str, tried: str, stack: str) -> LockedError:
    found = _LOCKED_BY.search(text)
    who = f" of process {found['pid']} on {found['host']}" if found else ""
    if found is None or not _is_gone(found["host"], int(found["pid"])):
        return LockedError("COMFY5101", tried=tried, got=f"another command{who} holds the stack's lock")
    todo = f"Take its lock away with `pulumi cancel --stack {stack}`, then try again."
    locked = LockedError("COMFY5101", tried=tried, got=f"a command{who} left the stack locked and is gone", todo=todo)
    locked.is_left = True
    return locked


def _is_gone(host: str, pid: int) -> bool:
    return host == socket.gethostname() and os.name == "posix" and not is_running(pid)


def said_by(output: str) -> str:
    """Give what Pulumi complains about, of all that it printed: each error once."""
    errors = dict.fromkeys(_whole(found["text"].strip(), output[found.end() :]) for found in _ERROR.finditer(output))
    told = [one for one in errors if not one.startswith(("update failed", "preview failed"))]
    violated = dict.fromkeys(f"policy {one['rule']}: {_finding(one['said'])}" for one in _VIOLATION.finditer(output))
    return "; ".join([*told, *violated] or errors) or output.strip()[-500:]


def _finding(said: str) -> str:
    """Give what a policy found, without its description, which stands before it."""
    lines = [line.strip() for line in said.splitlines()]
    return " ".join(lines[1:] or lines)


def _whole(error: str, behind: str) -> str:
    """Give an error that goes on below with the end of that: of a traceback, what was raised."""
    block = behind.lstrip("\n").partition("\n\n")[0].split("\n")
    return f"{error} {block[-1].strip()}".strip() if error.endswith(":") else error
