"""RunComfy as the engine sees it. Its token names no account, so the host alone is the scope."""

from __future__ import annotations

import json

from pulumi_comfy.comfyui_protocol.overrides import nodes_of
from pulumi_comfy.core.platform import DocumentTexts, Kinds, Platform
from pulumi_comfy.platforms.runcomfy.api import RunComfyApi
from pulumi_comfy.platforms.runcomfy.dialect import RunComfyDialect
from pulumi_comfy.platforms.runcomfy.facts import LIMITS, PRICES
from pulumi_comfy.platforms.runcomfy.fields import SETTINGS
from pulumi_comfy.platforms.runcomfy.functions import FUNCTIONS


async def _question(client: RunComfyApi) -> object:
    return await client.get_balance()


async def _read_document(client: RunComfyApi, object_id: str, version: str) -> DocumentTexts | None:
    row = await client.get_deployment(object_id, with_payload=True)  # no route reads a saved version by itself
    graph = nodes_of((row.graph if row and row.workflow_version == version else None) or {})
    return (json.dumps(graph), None) if graph else None


PLATFORM = Platform(
    key="runcomfy",
    name="RunComfy",
    settings=SETTINGS,
    client=RunComfyApi,
    question=_question,
    dialect=RunComfyDialect(),
    handlers=Kinds(__package__, "Deployment", "InferenceCheck"),
    functions=FUNCTIONS,
    prices=PRICES,
    limits=LIMITS,
    read_document=_read_document,
)
