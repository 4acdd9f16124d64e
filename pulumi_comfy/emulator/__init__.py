"""The platforms on your own machine: served on a loopback port, in memory, with real pictures, delays and faults."""

from __future__ import annotations

try:
    from pulumi_comfy.emulator.client import EmulatorClient
    from pulumi_comfy.emulator.emulator import Emulator, serve
    from pulumi_comfy.emulator.provenance import RouteInfo
    from pulumi_comfy.emulator.registry import route_table
    from pulumi_comfy.emulator.request_log import LoggedRequest
    from pulumi_comfy.emulator.settings import PlanLimits, Settings
except ModuleNotFoundError as missing:
    if (missing.name or "").startswith("pulumi_comfy"):
        raise
    needed = f"the emulator is not installed ({missing.name} missing): pip install 'pulumi-comfy[emulator]'"
    raise ModuleNotFoundError(needed, name=missing.name) from None

__all__ = [
    "Emulator",
    "EmulatorClient",
    "LoggedRequest",
    "PlanLimits",
    "RouteInfo",
    "Settings",
    "route_table",
    "serve",
]
