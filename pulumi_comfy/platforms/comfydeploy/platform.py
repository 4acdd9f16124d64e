"""ComfyDeploy, hosted: API V2, as the engine sees it.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from pulumi_comfy.core.platform import Platform
from pulumi_comfy.core.resource import by_name
from pulumi_comfy.core.service import Accounts
from pulumi_comfy.deploy_protocol.accounts import account_in
from pulumi_comfy.deploy_protocol.versions import read_document
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.gone import ComfyDeployDialect
from pulumi_comfy.platforms.comfydeploy.api_key import ApiKeyHandler
from pulumi_comfy.platforms.comfydeploy.custom_machine import CustomMachineHandler
from pulumi_comfy.platforms.comfydeploy.deployment.handler import DeploymentHandler
from pulumi_comfy.platforms.comfydeploy.facts import LIMITS, PRICES, ask_prices
from pulumi_comfy.platforms.comfydeploy.fields import SETTINGS
from pulumi_comfy.platforms.comfydeploy.functions import FUNCTIONS
from pulumi_comfy.platforms.comfydeploy.inference_check import InferenceCheckHandler
from pulumi_comfy.platforms.comfydeploy.model.handler import ModelHandler
from pulumi_comfy.platforms.comfydeploy.secret.handler import SecretHandler
from pulumi_comfy.platforms.comfydeploy.serverless_machine.handler import ServerlessMachineHandler
from pulumi_comfy.platforms.comfydeploy.workflow.handler import WorkflowHandler
from pulumi_comfy.platforms.comfydeploy.workflow_version import WorkflowVersionHandler


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
    handlers=by_name(
        ApiKeyHandler(),
        CustomMachineHandler(),
        DeploymentHandler(),
        InferenceCheckHandler(),
        ModelHandler(),
        SecretHandler(),
        ServerlessMachineHandler(),
        WorkflowHandler(),
        WorkflowVersionHandler(),
    ),
    functions=FUNCTIONS,
    prices=PRICES,
    ask_prices=ask_prices,
    limits=LIMITS,
    read_document=read_document,
)
