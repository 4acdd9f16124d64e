"""Comfy Cloud as the engine sees it. Its key names nobody: one question a process tells whose it is."""

from __future__ import annotations

from pulumi_comfy.core.platform import Platform
from pulumi_comfy.core.resource import by_name
from pulumi_comfy.core.service import Accounts
from pulumi_comfy.platforms.comfycloud.api import ComfyCloudApi
from pulumi_comfy.platforms.comfycloud.dialect import ComfyCloudDialect
from pulumi_comfy.platforms.comfycloud.facts import LIMITS
from pulumi_comfy.platforms.comfycloud.fields import SETTINGS
from pulumi_comfy.platforms.comfycloud.functions import FUNCTIONS
from pulumi_comfy.platforms.comfycloud.inference_check import InferenceCheckHandler
from pulumi_comfy.platforms.comfycloud.publication import PublicationHandler
from pulumi_comfy.platforms.comfycloud.workflow.handler import WorkflowHandler
from pulumi_comfy.platforms.comfycloud.workflow_version import WorkflowVersionHandler


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
    handlers=by_name(WorkflowHandler(), WorkflowVersionHandler(), PublicationHandler(), InferenceCheckHandler()),
    functions=FUNCTIONS,
    limits=LIMITS,
)
