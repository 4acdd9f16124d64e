"""RunComfy as the engine sees it. Its token names no account, so the host alone is the scope."""

from __future__ import annotations

from pulumi_comfy.core.platform import Platform
from pulumi_comfy.core.resource import by_name
from pulumi_comfy.platforms.runcomfy.api import RunComfyApi
from pulumi_comfy.platforms.runcomfy.deployment.handler import DeploymentHandler
from pulumi_comfy.platforms.runcomfy.dialect import RunComfyDialect
from pulumi_comfy.platforms.runcomfy.facts import LIMITS, PRICES
from pulumi_comfy.platforms.runcomfy.fields import SETTINGS
from pulumi_comfy.platforms.runcomfy.functions import FUNCTIONS
from pulumi_comfy.platforms.runcomfy.inference_check import InferenceCheckHandler


async def _question(client: RunComfyApi) -> object:
    return await client.get_balance()


PLATFORM = Platform(
    key="runcomfy",
    name="RunComfy",
    settings=SETTINGS,
    client=RunComfyApi,
    question=_question,
    dialect=RunComfyDialect(),
    handlers=by_name(DeploymentHandler(), InferenceCheckHandler()),
    functions=FUNCTIONS,
    prices=PRICES,
    limits=LIMITS,
)
