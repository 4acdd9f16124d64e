"""What a program can ask any ComfyUI: which nodes it has, and what it is.

Facts: docs/comfyui-protocol.md 4.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy.comfyui_protocol.api import PromptApi
from pulumi_comfy.core.model import Json, Model


class NodesAsked(Model):
    """Which nodes are asked for."""

    node_classes: Annotated[
        list[str] | None, Field(description="The node classes to tell of, e.g. `KSampler`. Default: every one.")
    ] = None


class ObjectInfo(Model):
    """What a server says of its nodes."""

    classes: Annotated[
        dict[str, Json], Field(description="Each class as `GET /object_info` tells it: inputs, outputs, choices.")
    ]
    missing: Annotated[list[str], Field(description="Those asked for that the server does not have.")]


async def object_info(asked: NodesAsked, client: PromptApi, **params: Any) -> ObjectInfo:
    """Give the classes that are asked for."""
    known = await client.object_info(**params)
    wanted = known if asked.node_classes is None else asked.node_classes
    return ObjectInfo(
        classes={name: known[name] for name in wanted if name in known},
        missing=[name for name in wanted if name not in known],
    )


def texts_of_system(stats: Mapping[str, Any], names: Collection[str]) -> dict[str, str]:
    """Give what `GET /system_stats` tells of a system, by name; empty where it is not told."""
    told = stats.get("system")
    system = told if isinstance(told, Mapping) else {}
    return {name: str(system.get(name) or "") for name in names}
