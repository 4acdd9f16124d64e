"""ComfyDeploy, hosted: API V2, as the engine sees it.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from pulumi_comfy.core.http.dialect import Dialect
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.platform import Platform
from pulumi_comfy.core.resource import by_name
from pulumi_comfy.core.service import Accounts
from pulumi_comfy.deploy_protocol.accounts import account_in
from pulumi_comfy.platforms.comfydeploy.api import ComfyDeployApi
from pulumi_comfy.platforms.comfydeploy.api.gone import is_no_route, status_of
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


class ComfyDeployDialect(Dialect):
    """What differs from plain HTTP (1.2, 1.3, 6)."""

    def status_of(self, status: int, body: Json) -> int:
        """A catch-all makes a 500 of a 404."""
        return status_of(status, body)

    def is_no_route(self, body: Json) -> bool:
        """The platform has its own sentence for every kind of object."""
        return is_no_route(body)

    def code_of(self, status: int) -> str:
        """402 is no bill here: something uses the object."""
        return "COMFY2409" if status == 402 else super().code_of(status)


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
)
