"""The platforms on your own machine: served on a loopback port, in memory, with real pictures, delays and faults."""

from __future__ import annotations

from pulumi_comfy.emulator.application import route_table
from pulumi_comfy.emulator.client import EmulatorClient
from pulumi_comfy.emulator.emulator import Emulator, serve
from pulumi_comfy.emulator.provenance import RouteInfo
from pulumi_comfy.emulator.request_log import LoggedRequest
from pulumi_comfy.emulator.settings import PlanLimits, Settings

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
