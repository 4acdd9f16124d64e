"""Exported states for tests of what decides: like those in `tests/baselines`, with the few things that matter here."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from pulumi_comfy.core import redaction
from pulumi_comfy.promotion.pins import Release, release_of

NOW = datetime(2026, 11, 26, 12, 0, 0, tzinfo=timezone.utc)
WORKFLOW = "40212ef7-cca5-45a1-9e4d-6e3c1846d424"
V1, V2, V3 = (f"17e0aa3c-0398-4ca8-aa7e-9d498c778ea{n}" for n in (1, 2, 3))
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
PROMPT = {"name": "prompt", "type": "string", "hasDefault": True}


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test knows another one's secrets. Autouse where it is imported."""
    monkeypatch.setattr(redaction, "_known", redaction.Known())


def hidden(value: Any = None) -> dict[str, str]:
    """A secret as a state holds it: in the clear as `--show-secrets` writes it, or not."""
    if value is None:
        return {SIGNATURE: SECRET, "ciphertext": "v1:AAAA"}
    return {SIGNATURE: SECRET, "plaintext": json.dumps(value)}


def resource(
    token: str, name: str, object_id: str, inputs: dict[str, Any], outputs: dict[str, Any], **more: Any
) -> dict:
    """One row of a state."""
    return {
        "urn": f"urn:pulumi:any::shop::pulumi-python:{token}::{name}",
        "custom": True,
        "type": f"pulumi-python:{token}",
        "id": object_id,
        "inputs": inputs,
        "outputs": {**inputs, **outputs},
        **more,
    }


def proof(target: str, version: str | None, **more: Any) -> dict[str, Any]:
    """What a passed check has shown."""
    return {
        "platform": "comfydeploy",
        "scope": "api.example/org",
        "target": target,
        "workflowVersion": version,
        "workflowDigest": None if version is None else digest_of(version),
        "machineDigest": "build-1",
        "gpu": "L40S",
        "checkDigest": "e3b0",
        "runInputs": [PROMPT],
        "runId": "run-1",
        "sha256": ["9f86"],
        "seconds": 4.2,
        "startedAt": "2026-11-26T10:00:00Z",
        "endedAt": "2026-11-26T10:01:00Z",
        "packageVersion": "0.1.0",
        **more,
    }


def digest_of(version: str) -> str:
    return f"document-of-{version}"


PASSED, FAILED = {"status": "passed", "runId": "run-1"}, {"status": "failed", "runId": "run-9"}


def deployment(
    version: str = V1,
    name: str = "portrait",
    *,
    object_id: str = "deployment-1",
    machine: str = "machine-1",
    proved: dict[str, Any] | None = None,
    last: dict[str, Any] | None = PASSED,
    inputs: dict[str, Any] | None = None,
    **more: Any,
) -> dict:
    """A deployment that serves `version`, checked and proved unless it is said otherwise."""
    shown = proof(object_id, version) if proved is None else proved
    given = {
        "workflowId": WORKFLOW,
        "workflowVersionId": version,
        "machineId": machine,
        "machineBuildDigest": "build-1",
        "environment": "production",
        **(inputs or {}),
    }
    return resource(
        "comfydeploy:Deployment",
        name,
        object_id,
        given,
        {key: one for key, one in {"proof": shown, "lastCheck": last}.items() if one},
        **{"propertyDependencies": {"machineId": ["urn:m"], "machineBuildDigest": ["urn:m"]}, **more},
    )


def machine(object_id: str = "machine-1", name: str = "gpu", *, build: str = "build-1", **inputs: Any) -> dict:
    """A serverless machine."""
    return resource(
        "comfydeploy:ServerlessMachine",
        name,
        object_id,
        {"gpu": "L4", **inputs},
        {"buildDigest": build, "status": "ready"},
    )


def version(object_id: str, number: int, steps: int = 20) -> dict:
    """A version of the workflow, whose document the state holds."""
    prompt = {
        "7": {"class_type": "KSampler", "inputs": {"steps": steps}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["7", 0]}},
    }
    row = resource(
        "comfydeploy:WorkflowVersion",
        f"v{number}",
        object_id,
        {"workflowId": WORKFLOW, "workflow": json.dumps(prompt)},
        {"versionNumber": number, "workflowDigest": digest_of(object_id)},
    )
    del row["outputs"]["workflow"]  # documents stand in the inputs alone
    return row


def runcomfy(label: str = "v1", name: str = "portrait", *, object_id: str = "rc-1", **more: Any) -> dict:
    """A RunComfy deployment."""
    given = {"workflowId": WORKFLOW, "workflowVersion": label, "hardware": "AMPERE_24", **more}
    shown = proof(object_id, label, platform="runcomfy", machineDigest=None)
    return resource("runcomfy:Deployment", name, object_id, given, {"proof": shown, "lastCheck": PASSED})


def state(*resources: dict, pending: tuple[str, ...] = (), operation: str = "updating") -> dict[str, Any]:
    """What `pulumi stack export` writes."""
    stack = {"urn": "urn:pulumi:any::shop::pulumi:pulumi:Stack::shop", "type": "pulumi:pulumi:Stack", "custom": False}
    operations = [{"resource": {"urn": urn}, "type": operation} for urn in pending]
    return {"version": 3, "deployment": {"resources": [stack, *resources], "pending_operations": operations}}


def release(*resources: dict, stack: str = "staging", **more: Any) -> Release:
    return release_of(state(*resources, **more), stack=stack)
