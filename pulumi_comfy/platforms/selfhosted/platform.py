"""A self-hosted ComfyUI Deploy as the engine sees it. Its key names the account, as ComfyDeploy's does."""

from __future__ import annotations

from pulumi_comfy.core.platform import DocumentTexts, Platform
from pulumi_comfy.core.resource import by_name
from pulumi_comfy.core.service import Accounts
from pulumi_comfy.deploy_protocol.accounts import account_in
from pulumi_comfy.platforms.selfhosted.api import SelfHostedApi
from pulumi_comfy.platforms.selfhosted.api_key import ApiKeyHandler
from pulumi_comfy.platforms.selfhosted.deployment.handler import DeploymentHandler
from pulumi_comfy.platforms.selfhosted.dialect import SelfHostedDialect
from pulumi_comfy.platforms.selfhosted.fields import SETTINGS
from pulumi_comfy.platforms.selfhosted.inference_check import InferenceCheckHandler
from pulumi_comfy.platforms.selfhosted.machine import MachineHandler
from pulumi_comfy.platforms.selfhosted.workflow import WorkflowHandler
from pulumi_comfy.platforms.selfhosted.workflow_version import WorkflowVersionHandler


async def _question(client: SelfHostedApi) -> object:
    return await client.ask_with_key()


async def _read_document(client: SelfHostedApi, object_id: str, version: str) -> DocumentTexts | None:  # noqa: ARG001
    row = await client.get_version(version)
    return row.texts if row else None


PLATFORM = Platform(
    key="selfhosted",
    name="ComfyUI Deploy",
    settings=SETTINGS,
    client=SelfHostedApi,
    question=_question,
    dialect=SelfHostedDialect(),
    accounts=Accounts(in_key=account_in),
    below="/api",
    handlers=by_name(
        ApiKeyHandler(),
        DeploymentHandler(),
        InferenceCheckHandler(),
        MachineHandler(),
        WorkflowHandler(),
        WorkflowVersionHandler(),
    ),
    read_document=_read_document,
)
