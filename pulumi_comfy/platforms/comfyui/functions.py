"""What a program can ask a ComfyUI server: what it is, and which nodes, models and files it offers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pulumi_comfy.comfyui_protocol.questions import NodesAsked, ObjectInfo, object_info, texts_of_system
from pulumi_comfy.core.function import Function
from pulumi_comfy.core.model import Model
from pulumi_comfy.platforms.comfyui.api import ComfyUIApi
from pulumi_comfy.platforms.comfyui.fields import ServerInputs


class ObjectInfoInputs(ServerInputs, NodesAsked):
    """A question about the nodes."""


class NoInputs(ServerInputs):
    """A question about the server."""


class SystemStats(Model):
    """What the server is. Its command line is left out: it may hold paths and secrets."""

    comfyui_version: Annotated[str, Field(description="Version of ComfyUI; empty where it is not told.")]
    python_version: Annotated[str, Field(description="Version of Python.")]
    pytorch_version: Annotated[str, Field(description="Version of PyTorch.")]
    os: Annotated[str, Field(description="Operating system, in the server's word.")]
    devices: Annotated[list[str], Field(description="Names of what it renders on, e.g. a GPU.")]


async def _system_stats(_asked: NoInputs, client: ComfyUIApi) -> SystemStats:
    stats = await client.system_stats()
    listed = stats.get("devices")
    devices = [str(one.get("name")) for one in (listed if isinstance(listed, list) else ()) if isinstance(one, dict)]
    return SystemStats(**texts_of_system(stats, SystemStats.model_fields.keys() - {"devices"}), devices=devices)


FUNCTIONS = {
    function.token.partition(":")[2]: function
    for function in (
        Function(
            "comfyui:getObjectInfo",
            "The nodes of the server, with the models and files that it offers.",
            ObjectInfoInputs,
            ObjectInfo,
            object_info,
        ),
        Function("comfyui:getSystemStats", "What the server is.", NoInputs, SystemStats, _system_stats),
    )
}
"""The functions of this platform, by name."""
