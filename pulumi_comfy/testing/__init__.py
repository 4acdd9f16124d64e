"""Testing Pulumi programs without the `pulumi` command: the test engine, the same over the real CLI, and a display.

Nothing is imported before it is used: pytest loads the plugin of this package wherever the package is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cli_engine import CliEngine
    from .engine import TestEngine
    from .errors import DeploymentFailed, EngineError, StateError, UnsupportedFeature
    from .policies import PolicyPack
    from .results import Diagnostic, Operation, Result, Violation
    from .stack import Stack

__all__ = [
    "CliEngine",
    "DeploymentFailed",
    "Diagnostic",
    "EngineError",
    "Operation",
    "PolicyPack",
    "Result",
    "Stack",
    "StateError",
    "TestEngine",
    "UnsupportedFeature",
    "Violation",
]

_HOMES = {
    "CliEngine": "cli_engine",
    "DeploymentFailed": "errors",
    "Diagnostic": "results",
    "EngineError": "errors",
    "Operation": "results",
    "PolicyPack": "policies",
    "Result": "results",
    "Stack": "stack",
    "StateError": "errors",
    "TestEngine": "engine",
    "UnsupportedFeature": "errors",
    "Violation": "results",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
