"""Facts of Comfy Cloud that change. It is paid by subscription: no price of a machine is known."""

from __future__ import annotations

from typing import Final

from pulumi_comfy.core.costs.prices import Limit

_PAGES = "Comfy Cloud's documentation, read in August 2026; a newer copy gives no numbers"

LIMITS: Final = (
    Limit("jobs at once", "1 on Standard, 3 on Creator, 5 on Pro", _PAGES),
    Limit("minutes of one run", "30 on Standard, in one copy of the page", _PAGES),
)
"""docs/platforms/comfycloud.md 3.4."""
