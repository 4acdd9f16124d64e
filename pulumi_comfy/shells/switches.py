"""What a stack switches on and off."""

from __future__ import annotations

from pulumi_comfy.configuration import COSTS, INFERENCE_CHECKS, Setting
from pulumi_comfy.core.connection import Configured
from pulumi_comfy.core.errors import InputError


def checks_enabled(configured: Configured) -> bool:
    """Tell whether inference checks run.

    Raises:
        InputError: the value is neither `on` nor `off`.
    """
    return _is_on(INFERENCE_CHECKS, configured)


def costs_told(configured: Configured) -> bool:
    """Tell whether previews say what a change costs; raises as `checks_enabled` does."""
    return _is_on(COSTS, configured)


def _is_on(setting: Setting, configured: Configured) -> bool:
    value = (setting.value(configured) or "").lower()
    if value not in ("on", "off"):
        raise InputError(
            "COMFY1104",
            tried="read the configuration",
            got=f"comfy:{setting.key} is {value!r}",
            todo=f"Set it, or {setting.environment}, to `on` or `off`.",
        )
    return value == "on"
