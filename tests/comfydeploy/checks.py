"""What the tests of inference checks share."""

from __future__ import annotations

from typing import Any

import kinds
from test_waits import eventually

QUEUE = ("POST", "/run/deployment/queue")


def a_checked_deployment(lone: Any, emulator: Any) -> Any:
    """A deployment with a check whose seed is left open, not yet made."""
    made = lone("Deployment", inference_check={"inputs": {"prompt": "a cat"}})
    made.arguments.pop("gpu")
    eventually(lambda: emulator.comfydeploy.dump()["machines"][0]["status"] == "ready")  # else a run has no app: 500
    return made


def statuses(emulator: Any) -> list[str]:
    return [run["status"] for run in emulator.comfydeploy.dump()["runs"]]


def result(it: Any) -> dict[str, Any]:
    """What the state holds of the last check."""
    found: dict[str, Any] = it.outputs["lastCheck"]
    return found


def a_second_version(it: Any, platform: Any) -> dict[str, str]:
    """Append a version to the deployment's workflow; the arguments that deploy it."""
    body = {**kinds.documents(30), "comment": "second"}
    made = platform.post(f"/workflow/{it.arguments['workflow_id']}/version", json=body).raise_for_status()
    return {"workflow_version_id": made.json()["id"]}
