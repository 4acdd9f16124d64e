"""One good object of each kind that rules look at: a test changes one thing of it."""

from __future__ import annotations

from typing import Any

from pulumi_comfy.policy.kit import resource
from pulumi_comfy.policy.resources import Resource

COMMIT = "094306b626e9cf505690c5d8b445032b3b8a36fa"
DIGEST = "sha256:" + "0123456789abcdef" * 4
WORKFLOW = "11111111-1111-4111-8111-111111111111"
VERSION = "22222222-2222-4222-8222-222222222222"
MACHINE = "33333333-3333-4333-8333-333333333333"
SERVING = "44444444-4444-4444-8444-444444444444"


def node(**data: Any) -> dict[str, Any]:
    """A custom node that is pinned."""
    whole = {"url": "https://github.com/acme/nodes", "install_type": "git-clone", "hash": COMMIT, **data}
    return {"type": "custom-node", "data": {key: value for key, value in whole.items() if value is not None}}


def machine(name: str = "gpu", /, **values: Any) -> Resource:
    """A machine within every limit."""
    whole = {
        "name": "gpu-0123456",
        "gpu": "L4",
        "comfyuiVersion": COMMIT,
        "dockerCommandSteps": [node()],
        "baseDockerImage": f"debian@{DIGEST}",
        "concurrencyLimit": 2.0,
        "idleTimeout": 60.0,
        "keepWarm": 1.0,
        "of_environment": "production",
        **values,
    }
    return resource("comfydeploy:ServerlessMachine", name, **whole)


def proof(**values: Any) -> dict[str, Any]:
    """A proof of what serves, one day old."""
    return {
        "platform": "comfydeploy",
        "scope": "org_1",
        "target": SERVING,
        "workflowVersion": VERSION,
        "checkDigest": "d",
        "runId": "r",
        "startedAt": "2026-01-30T11:59:00Z",
        "endedAt": "2026-01-30T12:00:00Z",
        "packageVersion": "0.1.0",
        **values,
    }


def deployment(name: str = "serving", /, **given: Any) -> Resource:
    """A deployment in production that is checked, proved and protected."""
    whole = {
        "id": SERVING,
        "protect": True,
        "of_environment": "production",
        "workflowId": WORKFLOW,
        "environment": "production",
        "workflowVersionId": VERSION,
        "machineId": MACHINE,
        "inferenceCheck": {"inputs": {"prompt": "a cat"}},
        "proof": proof(),
        **given,
    }
    return resource("comfydeploy:Deployment", name, **whole)


def check(name: str = "probe", /, **given: Any) -> Resource:
    """An inference check by itself, of the deployment."""
    values = {"deploymentId": SERVING, "result": {"status": "passed"}, "proof": proof(), **given}
    return resource("comfydeploy:InferenceCheck", name, of_environment="production", **values)


def publication(name: str = "shown") -> Resource:
    """A link that everybody can follow."""
    return resource("comfycloud:Publication", name, workflowId=WORKFLOW, path="workflows/hero.json")


def runcomfy(name: str = "serving", /, **values: Any) -> Resource:
    """A deployment of another platform."""
    whole = {
        "name": "serving-0123456",
        "workflowId": WORKFLOW,
        "workflowVersion": "v1",
        "hardware": "AMPERE_24",
        "minInstances": 1.0,
        "maxInstances": 2.0,
        "keepWarmDurationInSeconds": 60.0,
        **values,
    }
    return resource("runcomfy:Deployment", name, of_environment="production", **whole)
