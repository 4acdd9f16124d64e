"""Machines and their builds (5.4, 6.3).

Facts: docs/platforms/selfhosted.md.
"""

from __future__ import annotations

import json
from datetime import timezone
from typing import Any

from pulumi_comfy.emulator.build_plans import BuildPlans
from pulumi_comfy.emulator.callers import Caller
from pulumi_comfy.emulator.rows import Row
from pulumi_comfy.emulator.selfhosted.errors import AnsweredError, Json, failed
from pulumi_comfy.emulator.selfhosted.state import State, kept, kept_text

BUILT = "comfy-deploy-serverless"
TYPES = ("classic", "runpod-serverless", "modal-serverless", BUILT)
GPUS = ("T4", "A10G", "A100")
_OF_BUILDS = ("snapshot", "models", "gpu")
_DEFAULTS: Row = {
    "name": "My Machine",
    "endpoint": "http://127.0.0.1:8188",
    "disabled": False,
    "auth_token": None,
    "type": "classic",
    "status": "ready",
    "snapshot": None,
    "models": None,
    "gpu": None,
    "build_machine_instance_id": None,
    "build_log": None,
}


class Machines:
    """The rules of machines, and what tests planned for their builds."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.builds = BuildPlans()
        # Ids of those whose build is under way.
        self._building: set[str] = set()

    def create(self, caller: Caller, given: Row) -> Row:
        """A plain machine, ready at once and untested; one of the built kind begins to build."""
        columns = {**_DEFAULTS, **_kept(given), **caller.owner}
        is_built = columns["type"] == BUILT
        if is_built:
            columns.update(status="building", endpoint="not-ready", gpu=columns["gpu"] or "T4")
        row = self._state.insert("machines", columns)
        if is_built:
            self._build(row)
        return row

    def update(self, row: Row, given: Row) -> None:
        """Overwrite; a built one is built again when what it is made of reads otherwise, in the order of its keys.

        Raises:
            AnsweredError: 500, its build is still under way. It is in error then.
        """
        changed = [name for name in _OF_BUILDS if name in given and json.dumps(given[name]) != json.dumps(row[name])]
        row.update(_kept(given))
        if row["type"] == BUILT and changed:
            row.update(status="building", endpoint="not-ready")
            if row["id"] in self._building:
                told = '{"error":"Build already in progress."}'
                row.update(status="error", build_log=told)
                raise failed(f"Error: Bad Request {told}")
            self._build(row)

    def delete(self, row: Row) -> None:
        """For good; its runs stay.

        Raises:
            AnsweredError: 409, a deployment refers to it.
        """
        if any(one["machine_id"] == row["id"] for one in self._state["deployments"].values()):
            text = 'update or delete on table "machines" violates foreign key constraint on table "deployments"'
            raise AnsweredError(Json({"error": text}, 409))
        del self._state["machines"][row["id"]]
        self._building.discard(row["id"])
        for run in self._state["runs"].values():
            if run["machine_id"] == row["id"]:
                run["machine_id"] = None

    def built(self, machine_id: str, endpoint: str | None, build_log: str | None) -> None:
        """What the builder calls back; of a machine that there is not it is ignored."""
        row = self._state["machines"].get(machine_id)
        if row is None:
            return
        if endpoint:
            row["endpoint"] = endpoint
        row["status"] = "ready" if endpoint else "error"
        if build_log is not None:
            row["build_log"] = build_log

    def clear(self) -> None:
        """Forget plans and builds."""
        self.builds.clear()
        self._building.clear()

    def _build(self, row: Row) -> None:
        settings, machine_id = self._state.world.settings, row["id"]
        content = json.dumps([row["snapshot"], row["models"]])
        plan = self.builds.take(row["name"], content)
        outcome = "ready" if plan is None else plan.outcome
        if plan is None and any(marker in content for marker in settings.build_breaking_markers):
            outcome = "error"
        row["build_machine_instance_id"] = f"bm-{self._state.world.randomness.hexadecimal(12)}"
        self._building.add(machine_id)
        if outcome != "hang":
            seconds = settings.build_seconds if plan is None or plan.seconds is None else plan.seconds
            lines = ["Building image", *(() if plan is None else plan.log)]
            self._state.scheduler.after(seconds, lambda: self._end(machine_id, outcome, lines))

    def _end(self, machine_id: str, outcome: str, lines: list[str]) -> None:
        if machine_id not in self._building:
            return
        self._building.discard(machine_id)
        second = self._state.world.clock.now().replace(tzinfo=timezone.utc).timestamp()
        is_ready = outcome == "ready"
        written = [*lines, "App deployed" if is_ready else "Unable to build the app image."]
        log = json.dumps([{"logs": line, "timestamp": second} for line in written])
        self.built(machine_id, f"https://{machine_id}--comfyui-api.example" if is_ready else None, log)


def _kept(given: Row) -> Row:
    return {name: _kept_value(value) for name, value in given.items()}


def _kept_value(value: Any) -> Any:
    return kept_text(value) if isinstance(value, str) else kept(value)
