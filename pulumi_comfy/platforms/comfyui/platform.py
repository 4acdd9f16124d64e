"""A ComfyUI server as the engine sees it. It asks for no key: its address, and the user on it, are the scope."""

from __future__ import annotations

from pulumi_comfy.core.platform import Kinds, Platform
from pulumi_comfy.platforms.comfyui.api import ComfyUIApi
from pulumi_comfy.platforms.comfyui.dialect import ComfyUIDialect
from pulumi_comfy.platforms.comfyui.fields import SETTINGS
from pulumi_comfy.platforms.comfyui.functions import FUNCTIONS


async def _question(client: ComfyUIApi) -> object:
    return await client.system_stats()


PLATFORM = Platform(
    key="comfyui",
    name="ComfyUI",
    settings=SETTINGS,
    client=ComfyUIApi,
    question=_question,
    dialect=ComfyUIDialect(),
    handlers=Kinds(__package__, "InferenceCheck", "Workflow"),
    functions=FUNCTIONS,
)
