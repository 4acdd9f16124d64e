"""The handlers of this platform, by resource name."""

from __future__ import annotations

from typing import Any

from pulumi_comfy.comfydeploy.deployment import DeploymentHandler
from pulumi_comfy.comfydeploy.secret import SecretHandler
from pulumi_comfy.comfydeploy.serverless_machine import ServerlessMachineHandler
from pulumi_comfy.comfydeploy.workflow import WorkflowHandler
from pulumi_comfy.core.resource import Handler

HANDLERS: dict[str, Handler[Any, Any, Any]] = {
    handler.token.partition(":")[2]: handler
    for handler in (DeploymentHandler(), SecretHandler(), ServerlessMachineHandler(), WorkflowHandler())
}
