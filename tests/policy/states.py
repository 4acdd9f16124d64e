"""A stack's exported state, made by hand: one machine, one deployment, the stack and the dynamic provider."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

from good import COMMIT, MACHINE, SERVING, VERSION, WORKFLOW, proof

PREFIX = "urn:pulumi:live::shop"
SIGNATURE = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


def urn(token: str, name: str) -> str:
    return f"{PREFIX}::pulumi-python:{token}::{name}"


def record(token: str, name: str, inputs: dict[str, Any], outputs: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {
        "urn": urn(token, name),
        "custom": True,
        "type": f"pulumi-python:{token}",
        "inputs": inputs,
        "outputs": outputs,
        **others,
    }


def state(
    environment: str | None = "production", machine: dict[str, Any] | None = None, protect: bool = True, **serving: Any
) -> dict[str, Any]:
    """Give the state; what is given is changed in the inputs of the machine, and in the deployment's outputs."""
    declared = {"comfy:environment": environment} if environment else {}
    values = {"gpu": "L4", "comfyuiVersion": COMMIT, "keepWarm": 1, "concurrencyLimit": 2, **(machine or {})}
    facts = {"workflowId": WORKFLOW, "environment": "production", "workflowVersionId": VERSION, "machineId": MACHINE}
    checked = {**facts, "inferenceCheck": {}}
    outputs = {**checked, "proof": proof(endedAt=datetime.now(timezone.utc).isoformat()), **serving}
    resources = [
        {"urn": f"{PREFIX}::pulumi:pulumi:Stack::shop-live", "custom": False, "type": "pulumi:pulumi:Stack"},
        {
            "urn": f"{PREFIX}::pulumi:providers:pulumi-python::default",
            "custom": True,
            "type": "pulumi:providers:pulumi-python",
            "inputs": declared,
            "outputs": declared,
        },
        record("comfydeploy:ServerlessMachine", "gpu", values, {**values, "status": "ready"}, id=MACHINE),
        record(
            "comfydeploy:Deployment",
            "serving",
            checked,
            outputs,
            id=SERVING,
            protect=protect,
            propertyDependencies={"machineId": [urn("comfydeploy:ServerlessMachine", "gpu")]},
        ),
    ]
    return {"version": 3, "deployment": {"manifest": {}, "resources": resources}}


def plaintext(value: Any) -> dict[str, Any]:
    """A secret as `pulumi stack export --show-secrets` writes it."""
    return {**SIGNATURE, "plaintext": json.dumps(value)}


def ciphertext() -> dict[str, Any]:
    """A secret as `pulumi stack export` writes it."""
    return {**SIGNATURE, "ciphertext": "v1:abc"}
