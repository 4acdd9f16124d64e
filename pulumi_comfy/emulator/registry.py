"""The platforms that are emulated: one row each, and nothing else has to hear of a new one."""

from __future__ import annotations

from typing import get_type_hints

from pulumi_comfy.emulator.comfycloud.emulated import EmulatedComfyCloud
from pulumi_comfy.emulator.comfydeploy.emulated import EmulatedComfyDeploy
from pulumi_comfy.emulator.comfyui_server.emulated import EmulatedComfyUI
from pulumi_comfy.emulator.platform import EmulatedPlatform
from pulumi_comfy.emulator.provenance import RouteInfo, routes_of
from pulumi_comfy.emulator.runcomfy.emulated import EmulatedRunComfy
from pulumi_comfy.emulator.selfhosted.emulated import EmulatedSelfhosted


class Platforms:
    """What has every platform under its name."""

    comfydeploy: EmulatedComfyDeploy
    runcomfy: EmulatedRunComfy
    comfyui: EmulatedComfyUI
    comfycloud: EmulatedComfyCloud
    selfhosted: EmulatedSelfhosted


PLATFORMS: dict[str, type[EmulatedPlatform]] = get_type_hints(Platforms)


def route_table() -> list[RouteInfo]:
    """Every emulated route with the evidence for its behaviour.

    Raises:
        LookupError: A route that does not say where it was read.
    """
    return [row for slug, kind in PLATFORMS.items() for row in routes_of(slug, kind.application())]
