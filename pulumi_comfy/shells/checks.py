"""Whether inference checks run in this stack."""

from __future__ import annotations

from pulumi_comfy.configuration import INFERENCE_CHECKS
from pulumi_comfy.core.connection import Configured
from pulumi_comfy.core.errors import InputError


def checks_enabled(configured: Configured) -> bool:
    """Tell whether inference checks run.

    Raises:
        InputError: the value is neither `on` nor `off`.
    """
    value = (INFERENCE_CHECKS.value(configured) or "").lower()
    if value not in ("on", "off"):
        raise InputError(
            "COMFY1104",
            tried="read the configuration",
            got=f"comfy:{INFERENCE_CHECKS.key} is {value!r}",
            todo=f"Set it, or {INFERENCE_CHECKS.environment}, to `on` or `off`.",
        )
    return value == "on"
