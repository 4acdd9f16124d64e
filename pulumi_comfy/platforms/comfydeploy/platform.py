"""ComfyDeploy, hosted: API V2, as the engine sees it.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from pulumi_comfy.core.platform import Kinds, Platform
from pulumi_comfy.core.service import Accounts
from pulumi_comfy.deploy_protocol.accounts import account_in
from pulumi_comfy.deploy_protocol.versions import read_document
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.gone import ComfyDeployDialect
from pulumi_comfy.platforms.comfydeploy.facts import LIMITS, PRICES, ask_prices
from pulumi_comfy.platforms.comfydeploy.fields import SETTINGS
from pulumi_comfy.platforms.comfydeploy.functions import FUNCTIONS


async def _question(client: ComfyDeployApi) -> object:
    return await client.find_workflows("pulumi-comfy doctor")  # there is none


PLATFORM = Platform(
    key="comfydeploy",
    name="ComfyDeploy",
    settings=SETTINGS,
    client=ComfyDeployApi,
    question=_question,
    dialect=ComfyDeployDialect(),
    accounts=Accounts(in_key=account_in),
    handlers=Kinds(
        __package__,
        "ApiKey",
        "CustomMachine",
        "Deployment",
        "InferenceCheck",
        "Model",
        "Secret",
        "ServerlessMachine",
        "Workflow",
        "WorkflowVersion",
    ),
    functions=FUNCTIONS,
    prices=PRICES,
    ask_prices=ask_prices,
    limits=LIMITS,
    read_document=read_document,
)
