"""The handlers of this platform, by resource name."""

from __future__ import annotations

from typing import Any

from pulumi_comfy.comfydeploy.api_key import ApiKeyHandler
from pulumi_comfy.comfydeploy.custom_machine import CustomMachineHandler
from pulumi_comfy.comfydeploy.deployment import DeploymentHandler
from pulumi_comfy.comfydeploy.inference_check import InferenceCheckHandler
from pulumi_comfy.comfydeploy.model_file import ModelHandler
from pulumi_comfy.comfydeploy.secret import SecretHandler
from pulumi_comfy.comfydeploy.serverless_machine import ServerlessMachineHandler
from pulumi_comfy.comfydeploy.workflow import WorkflowHandler
from pulumi_comfy.comfydeploy.workflow_version import WorkflowVersionHandler
from pulumi_comfy.core.resource import Handler

HANDLERS: dict[str, Handler[Any, Any, Any]] = {
    handler.token.partition(":")[2]: handler
    for handler in (
        ApiKeyHandler(),
        CustomMachineHandler(),
        DeploymentHandler(),
        InferenceCheckHandler(),
        ModelHandler(),
        SecretHandler(),
        ServerlessMachineHandler(),
        WorkflowHandler(),
        WorkflowVersionHandler(),
    )
}
