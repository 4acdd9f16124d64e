"""Where a program comes from: a Python callable, or a project folder as the CLI knows it.

A folder holds `Pulumi.yaml` (name, main, configuration defaults), `__main__.py`, and `Pulumi.<stack>.yaml` with the
stack's configuration.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any

from .errors import EngineError
from .yaml_files import mapping_in, read_mapping, value_text

Program = Callable[[], Any] | str | Path
"""A callable (sync or async) that declares resources, or the path of a project folder."""


class ProjectFolder:
    """A Pulumi project on disk."""

    def __init__(self, path: str | Path) -> None:
        """Read `Pulumi.yaml`.

        Raises:
            EngineError: It is no path, the folder has none, it makes no sense, or it names another runtime than Python.
        """
        if not isinstance(path, (str, os.PathLike)):
            raise EngineError(f"{path!r} is no program: give a function that declares resources, or a project's folder")
        self.path = Path(path).resolve()
        settings = self.path / "Pulumi.yaml"
        if not settings.is_file():
            raise EngineError(f"{self.path} is no Pulumi project: there is no Pulumi.yaml in it")
        self._settings = read_mapping(settings)
        if not self._settings.get("name"):
            raise EngineError(f"{settings} has no `name`, which is the project's; add it")
        runtime = self._settings.get("runtime", "python")
        runtime = runtime.get("name") if isinstance(runtime, Mapping) else runtime
        if runtime != "python":
            raise EngineError(f"{settings} has the runtime {runtime!r}; the test engine runs Python programs only")

    @property
    def name(self) -> str:
        """The project name."""
        return str(self._settings["name"])

    @property
    def program(self) -> Path:
        """What to run: the folder, or the file or folder that `main` names."""
        return (self.path / str(self._settings.get("main", "."))).resolve()

    def config(self, stack: str, given: Container[str] = ()) -> dict[str, str]:
        """The stack's configuration: project defaults, then `Pulumi.<stack>.yaml`.

        Args:
            stack: The stack's name.
            given: Full keys that the caller has values for; those on disk are not looked at.

        Raises:
            EngineError: A file makes no sense, or a value is encrypted; pass it in `secret_config`.
        """
        values: dict[str, Any] = {}
        for key, entry in mapping_in(self._settings, "config", self.path / "Pulumi.yaml").items():
            value = entry.get("value", entry.get("default")) if isinstance(entry, Mapping) else entry
            if value is not None:
                values[key] = value
        file = self.path / f"Pulumi.{stack}.yaml"
        if file.is_file():
            values.update(mapping_in(read_mapping(file), "config", file))
        full = {self._full(key): value for key, value in values.items()}
        return {key: self._text(key, value) for key, value in full.items() if key not in given}

    def _full(self, key: str) -> str:
        return key if ":" in key else f"{self.name}:{key}"

    def _text(self, key: str, value: Any) -> str:
        if isinstance(value, Mapping) and set(value) == {"secure"}:
            raise EngineError(f"the configuration value {key!r} is encrypted; pass it to Stack(secret_config=...)")
        return value_text(value)


def full_keys(project: str, config: Mapping[str, Any]) -> dict[str, str]:
    """Configuration with the project name in front of bare keys and every value as text."""
    return {
        key if ":" in key else f"{project}:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in config.items()
    }
