"""What the tests of inference checks share."""

from __future__ import annotations

from typing import Any

import by_hand
from waiting import eventually

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
    return by_hand.a_second_version(platform, it.arguments["workflow_id"])
