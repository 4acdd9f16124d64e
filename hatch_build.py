"""Puts the quickstart into the wheel, so that `pulumi-comfy demo` works without a checkout.

Only into a real wheel: an editable install would list nothing but the quickstart among its files, and pytest would take
its `__main__.py` for a plugin module.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class QuickstartHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the example to a standard wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the folder and its place in the wheel."""
        if version == "standard":
            build_data["force_include"]["examples/comfydeploy-quickstart"] = "pulumi_comfy/cli/quickstart"
