"""A self-hosted ComfyUI Deploy as the engine sees it. Its key names the account, as ComfyDeploy's does."""

from __future__ import annotations

from pulumi_comfy.core.platform import Kinds, Platform
from pulumi_comfy.core.service import Accounts
from pulumi_comfy.deploy_protocol.accounts import account_in
from pulumi_comfy.deploy_protocol.versions import read_document
from pulumi_comfy.platforms.selfhosted.api import SelfHostedApi
from pulumi_comfy.platforms.selfhosted.dialect import SelfHostedDialect
from pulumi_comfy.platforms.selfhosted.fields import SETTINGS


async def _question(client: SelfHostedApi) -> object:
    return await client.ask_with_key()


PLATFORM = Platform(
    key="selfhosted",
    name="ComfyUI Deploy",
    settings=SETTINGS,
    client=SelfHostedApi,
    question=_question,
    dialect=SelfHostedDialect(),
    accounts=Accounts(in_key=account_in),
    below="/api",
    handlers=Kinds(__package__, "ApiKey", "Deployment", "InferenceCheck", "Machine", "Workflow", "WorkflowVersion"),
    read_document=read_document,
)
