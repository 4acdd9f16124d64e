"""Comfy Cloud as the engine sees it. Its key names nobody: one question a process tells whose it is."""

from __future__ import annotations

from pulumi_comfy.core.platform import Kinds, Platform
from pulumi_comfy.core.service import Accounts
from pulumi_comfy.platforms.comfycloud.api import ComfyCloudApi
from pulumi_comfy.platforms.comfycloud.dialect import ComfyCloudDialect
from pulumi_comfy.platforms.comfycloud.facts import LIMITS
from pulumi_comfy.platforms.comfycloud.fields import SETTINGS
from pulumi_comfy.platforms.comfycloud.functions import FUNCTIONS


async def _question(client: ComfyCloudApi) -> object:
    return await client.get_user()


async def _account(client: ComfyCloudApi) -> str:
    return (await client.get_user()).id


PLATFORM = Platform(
    key="comfycloud",
    name="Comfy Cloud",
    settings=SETTINGS,
    client=ComfyCloudApi,
    question=_question,
    dialect=ComfyCloudDialect(),
    accounts=Accounts(asked=_account),
    handlers=Kinds(__package__, "Workflow", "WorkflowVersion", "Publication", "InferenceCheck"),
    functions=FUNCTIONS,
    limits=LIMITS,
)
