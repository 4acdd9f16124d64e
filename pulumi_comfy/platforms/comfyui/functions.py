"""What a program can ask a ComfyUI server: what it is, and which nodes, models and files it offers."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy.core.function import Function
from pulumi_comfy.core.model import Json, Model
from pulumi_comfy.platforms.comfyui.api import ComfyUIApi
from pulumi_comfy.platforms.comfyui.fields import ServerInputs


class ObjectInfoInputs(ServerInputs):
    """A question about the nodes."""

    node_classes: Annotated[
        list[str] | None, Field(description="The classes to tell of; unknown ones are left out. Default: every one.")
    ] = None


class ObjectInfo(Model):
    """The server's nodes."""

    classes: Annotated[
        dict[str, Json], Field(description="Each class as `GET /object_info` tells it: inputs, outputs, choices.")
    ]


class NoInputs(ServerInputs):
    """A question about the server."""


class SystemStats(Model):
    """What the server is. Its command line is left out: it may hold paths and secrets."""

    comfyui_version: Annotated[str, Field(description="Version of ComfyUI; empty where it is not told.")]
    python_version: Annotated[str, Field(description="Version of Python.")]
    pytorch_version: Annotated[str, Field(description="Version of PyTorch.")]
    os: Annotated[str, Field(description="Operating system, in the server's word.")]
    devices: Annotated[list[str], Field(description="Names of what it renders on, e.g. a GPU.")]


async def _object_info(asked: ObjectInfoInputs, client: ComfyUIApi) -> ObjectInfo:
    classes = await client.object_info()
    wanted = classes if asked.node_classes is None else asked.node_classes
    return ObjectInfo(classes={name: classes[name] for name in wanted if name in classes})


async def _system_stats(_asked: NoInputs, client: ComfyUIApi) -> SystemStats:
    body = await client.system_stats()
    told = body.get("system")
    system: dict[str, Any] = told if isinstance(told, dict) else {}
    devices = body.get("devices")
    return SystemStats(
        **{
            name: str(system.get(name) or "") for name in ("comfyui_version", "python_version", "pytorch_version", "os")
        },
        devices=[
            str(one.get("name")) for one in (devices if isinstance(devices, list) else ()) if isinstance(one, dict)
        ],
    )


FUNCTIONS = {
    function.token.partition(":")[2]: function
    for function in (
        Function(
            "comfyui:getObjectInfo",
            "The nodes of the server, with the models and files that it offers.",
            ObjectInfoInputs,
            ObjectInfo,
            _object_info,
        ),
        Function("comfyui:getSystemStats", "What the server is.", NoInputs, SystemStats, _system_stats),
    )
}
"""The functions of this platform, by name."""
