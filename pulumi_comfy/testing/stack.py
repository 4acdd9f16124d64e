"""A stack under test: a program, its configuration, and its state."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from .errors import DeploymentFailed
from .events import EventHandler
from .policies import PolicyPack
from .project import Program, ProjectFolder, full_keys
from .results import Result
from .urns import STACK_TYPE, name_of


class Engine(Protocol):
    """What runs the operations of a stack: `TestEngine` or `CliEngine`."""

    def run(
        self,
        stack: Stack,
        kind: str,
        *,
        parallel: int | None,
        on_event: EventHandler | None,
        replace: Sequence[str] = (),
    ) -> Result:
        """Run a preview, up, refresh or destroy to its end."""

    def export_state(self, stack: Stack) -> dict[str, Any]:
        """The stack's deployment document, secrets in plaintext."""

    def import_state(self, stack: Stack, document: Mapping[str, Any]) -> None:
        """Replace the stack's state."""

    def cancel(self, stack: Stack) -> None:
        """First Ctrl-C for the running operation."""

    def kill(self, stack: Stack, *, spares_provider: bool = False) -> None:
        """Second Ctrl-C for the running operation."""


class Stack:
    """A Pulumi stack bound to an engine.

    Args:
        engine: `TestEngine` or `CliEngine`.
        project: Project name; of a project folder its own name.
        stack: Stack name.
        program: A callable that declares resources, or the path of a project folder. Assign another one to edit it.
        config: Configuration; keys without `:` belong to the project.
        secret_config: The same, secret.
        env: Environment variables of the program and of the provider processes.
        policies: The policy pack that each preview and up runs.

    Raises:
        EngineError: The path is no Python project.
    """

    def __init__(
        self,
        engine: Engine,
        project: str = "project",
        stack: str = "dev",
        program: Program | None = None,
        config: Mapping[str, Any] | None = None,
        secret_config: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        policies: PolicyPack | None = None,
    ) -> None:
        self.engine = engine
        self.policies = policies
        self.name = stack
        self.program: Program = program if program is not None else (lambda: None)
        folder = self.folder
        self.project = folder.name if folder is not None else project
        self.env: dict[str, str] = dict(env or {})
        self.config: dict[str, str] = full_keys(self.project, config or {})
        self.secret_config: dict[str, str] = full_keys(self.project, secret_config or {})

    @property
    def folder(self) -> ProjectFolder | None:
        """The project folder, when the program is a path."""
        return None if callable(self.program) else ProjectFolder(self.program)

    def plain_config(self) -> dict[str, str]:
        """The configuration in force that is not secret: the project folder's, and over it what was given here.

        Raises:
            EngineError: A file of the folder makes no sense, or holds an encrypted value that was not given.
        """
        given = {**self.config, **self.secret_config}
        folder = self.folder
        return {**(folder.config(self.name, given) if folder is not None else {}), **self.config}

    def set_config(self, key: str, value: Any, *, secret: bool = False) -> None:
        """Set one configuration value for the operations to come."""
        self.remove_config(key)
        (self.secret_config if secret else self.config).update(full_keys(self.project, {key: value}))

    def remove_config(self, key: str) -> None:
        """Unset a configuration value."""
        full = next(iter(full_keys(self.project, {key: ""})))
        self.config.pop(full, None)
        self.secret_config.pop(full, None)

    def preview(
        self, *, parallel: int | None = None, check: bool = True, on_event: EventHandler | None = None
    ) -> Result:
        """What `up` would do.

        Args:
            parallel: How many steps at once; the engine's default when None.
            check: Raise when it fails.
            on_event: Hears what happens as it happens.

        Raises:
            DeploymentFailed: It failed; `.result` holds the story.
        """
        return self._run("preview", parallel, check, on_event)

    def up(
        self,
        *,
        parallel: int | None = None,
        check: bool = True,
        on_event: EventHandler | None = None,
        replace: Sequence[str] = (),
    ) -> Result:
        """Make it so. Other arguments and errors as in `preview`.

        Args:
            parallel: How many steps at once.
            check: Raise when it fails.
            on_event: Hears what happens as it happens.
            replace: Logical names of resources to replace although nothing asks for it, as `--replace` does.
        """
        return self._run("up", parallel, check, on_event, replace)

    def refresh(
        self, *, parallel: int | None = None, check: bool = True, on_event: EventHandler | None = None
    ) -> Result:
        """Read every object; the state follows. Arguments and errors as in `preview`."""
        return self._run("refresh", parallel, check, on_event)

    def destroy(
        self, *, parallel: int | None = None, check: bool = True, on_event: EventHandler | None = None
    ) -> Result:
        """Delete everything. Arguments and errors as in `preview`."""
        return self._run("destroy", parallel, check, on_event)

    def _run(
        self, kind: str, parallel: int | None, check: bool, on_event: EventHandler | None, replace: Sequence[str] = ()
    ) -> Result:
        result = self.engine.run(self, kind, parallel=parallel, on_event=on_event, replace=replace)
        if check and not result.ok:
            raise DeploymentFailed(result)
        return result

    def cancel(self) -> None:
        """First Ctrl-C, from another thread: `Cancel` to the providers, running calls end and are recorded."""
        self.engine.cancel(self)

    def kill(self, *, spares_provider: bool = False) -> None:
        """SIGKILL, from another thread: what was under way stays in the state as a pending operation.

        Args:
            spares_provider: Kill the engine alone: its provider processes live on until they notice.
        """
        self.engine.kill(self, spares_provider=spares_provider)

    def state(self) -> dict[str, Any]:
        """The deployment document, in the shape of `pulumi stack export --show-secrets` (version 3)."""
        return self.engine.export_state(self)

    def export_text(self) -> str:
        """The deployment document as JSON text."""
        return json.dumps(self.state(), indent=4, ensure_ascii=False) + "\n"

    def import_state(self, document: Mapping[str, Any]) -> None:
        """Replace the state by such a document.

        Raises:
            StateError: It cannot be read.
        """
        self.engine.import_state(self, document)

    def resources(self) -> list[dict[str, Any]]:
        """All records of the state."""
        return list(self.state()["deployment"].get("resources") or [])

    def resource(self, name: str) -> dict[str, Any]:
        """The live record of that logical name.

        Raises:
            LookupError: None, or several, have it.
        """
        records = [entry for entry in self.resources() if entry["type"] != STACK_TYPE and not entry.get("delete")]
        found = [entry for entry in records if name_of(entry["urn"]) == name]
        if len(found) != 1:
            names = sorted(name_of(entry["urn"]) for entry in records)
            raise LookupError(f"{len(found)} resources named {name!r}; there are: {', '.join(names) or 'none'}")
        return found[0]

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs as stored, secrets in their wire form."""
        stack = next((entry for entry in self.resources() if entry["type"] == STACK_TYPE), {})
        return dict(stack.get("outputs") or {})
