"""A ComfyUI server as the engine sees it. It asks for no key: its address, and the user on it, are the scope."""

from __future__ import annotations

from pulumi_comfy.core.platform import Platform
from pulumi_comfy.core.resource import by_name
from pulumi_comfy.platforms.comfyui.api import ComfyUIApi
from pulumi_comfy.platforms.comfyui.dialect import ComfyUIDialect
from pulumi_comfy.platforms.comfyui.fields import SETTINGS
from pulumi_comfy.platforms.comfyui.functions import FUNCTIONS
from pulumi_comfy.platforms.comfyui.inference_check import InferenceCheckHandler
from pulumi_comfy.platforms.comfyui.workflow.handler import WorkflowHandler


async def _question(client: ComfyUIApi) -> object:
    return await client.system_stats()


PLATFORM = Platform(
    key="comfyui",
    name="ComfyUI",
    settings=SETTINGS,
    client=ComfyUIApi,
    question=_question,
    dialect=ComfyUIDialect(),
    handlers=by_name(InferenceCheckHandler(), WorkflowHandler()),
    functions=FUNCTIONS,
)
