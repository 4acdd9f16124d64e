"""Runs: inserted, handed to their machine, and moved by what it reports (3, 5.1, 5.6).

Facts: docs/platforms/selfhosted.md.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse

from pulumi_comfy.emulator.callers import Caller
from pulumi_comfy.emulator.comfyui.graph import Graph
from pulumi_comfy.emulator.rows import Row
from pulumi_comfy.emulator.selfhosted.errors import AnsweredError, Json, crashed, failed, require_uuid
from pulumi_comfy.emulator.selfhosted.plugin import MachineAnswer, Plugin
from pulumi_comfy.emulator.selfhosted.state import State, kept, shown

STATUSES = ("not-started", "running", "uploading", "success", "failed")
_COLUMNS = (
    *("id", "workflow_version_id", "workflow_inputs", "workflow_id", "machine_id", "origin", "status", "ended_at"),
    *("created_at", "started_at"),
)
_WITH_URLS = ("images", "files", "gifs")
_WANTED_BY_BUILDER = [
    {"type": "missing", "loc": ["body", "input", "workflow_api"], "msg": "Field required"},
]


class RunRules:
    """The rules of runs."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.plugin = Plugin(state, self.report)

    async def start(self, caller: Caller, deployment_id: str, inputs: Mapping[str, Any] | None) -> Row:
        """Insert the row and hand it to the machine.

        Raises:
            AnsweredError: 500, no such deployment, or another's; 500, the machine does not take it, whose row is
                failed then and whose id nobody is told; 504, the machine takes too long.
        """
        deployment = self._state["deployments"].get(require_uuid(deployment_id))
        if deployment is None:
            raise failed("Deployment not found")
        version = self._state["versions"][deployment["workflow_version_id"]]
        if not sees_runs_of(caller, self._state["workflows"][version["workflow_id"]]):
            raise failed("Workflow not found")
        machine = self._state["machines"][deployment["machine_id"]]
        run = self._insert(version, machine, inputs)
        await self._wait()
        try:
            self._hand_over(machine, with_inputs(version["workflow_api"], inputs or {}), run["id"])
        except AnsweredError:
            run["status"] = "failed"
            raise
        run["started_at"] = self._state.world.clock.now()
        return run

    def report(self, run_id: str, status: str | None = None, output_data: Any = None) -> None:
        """What a machine says: an output is kept, and a status beside it ignored.

        Raises:
            AnsweredError: 500 without a word, of an output of a run that there is not, or of what is no UUID.
        """
        run = self._state["runs"].get(run_id)
        if isinstance(output_data, (dict, list)) or output_data:
            if run is None:
                raise crashed()
            self._state.insert("outputs", {"run_id": run_id, "data": kept(output_data)})
        elif status and run is not None:
            has_ended = status in ("success", "failed")
            run.update(status=status, ended_at=self._state.world.clock.now() if has_ended else None)

    def shown(self, caller: Caller, run_id: str) -> Row:
        """A run as the API gives it.

        Raises:
            AnsweredError: 400, unknown or another's; 500, no UUID.
        """
        run = self._state["runs"].get(require_uuid(run_id))
        workflow = {} if run is None else self._state["workflows"][run["workflow_id"]]
        if run is None or not sees_runs_of(caller, workflow):
            raise AnsweredError(Json({"code": 400, "message": "Workflow not found"}, 400))
        outputs = [row["data"] for row in self._state["outputs"].values() if row["run_id"] == run["id"]]
        if run["status"] == "success":
            outputs = [self._with_urls(run["id"], data) for data in outputs]
        owner = {"org_id": workflow["org_id"], "user_id": workflow["user_id"]}
        return {**shown(run, _COLUMNS), "workflow": owner, "outputs": [{"data": data} for data in outputs]}

    def _insert(self, version: Row, machine: Row, inputs: Mapping[str, Any] | None) -> Row:
        columns = {
            "workflow_version_id": version["id"],
            "workflow_inputs": None if inputs is None else kept(inputs),
            "workflow_id": version["workflow_id"],
            "machine_id": machine["id"],
            "origin": "api",
            "status": "not-started",
            "ended_at": None,
            "started_at": None,
        }
        return self._state.insert("runs", columns)

    async def _wait(self) -> None:
        settings = self._state.settings
        if settings.machine_answer_seconds:
            await self._state.scheduler.passed(min(settings.machine_answer_seconds, settings.request_limit_seconds))
        if settings.machine_answer_seconds > settings.request_limit_seconds:
            raise AnsweredError(PlainTextResponse("FUNCTION_INVOCATION_TIMEOUT", 504))

    def _hand_over(self, machine: Row, graph: Graph, run_id: str) -> None:
        endpoint, is_classic = machine["endpoint"], machine["type"] == "classic"
        is_local = "localhost" in endpoint or "127.0.0.1" in endpoint
        if machine["type"] == "runpod-serverless" and not machine["auth_token"] and not is_local:
            raise failed("Machine auth token not found")
        if not urlsplit(endpoint).scheme:
            raise failed(f"Failed to parse URL from {endpoint}{'/comfyui-deploy' if is_classic else ''}/run")
        answer = self._answer_of(machine, graph, run_id)
        if not answer.is_accepted:
            raise failed(f"Error creating run, {answer.reason}{_told(answer, is_classic=is_classic)}")

    def _answer_of(self, machine: Row, graph: Graph, run_id: str) -> MachineAnswer:
        planned = self._state.world.settings.endpoint_answers.get(machine["endpoint"])
        if planned == "refused":
            raise failed("fetch failed")
        if planned is not None:
            status, _, reason = planned.partition(" ")
            return MachineAnswer(int(status), reason, {})
        is_of_builder = machine["type"] in ("modal-serverless", "comfy-deploy-serverless")
        if is_of_builder and not self._state.settings.built_machines_run:
            return MachineAnswer(422, "Unprocessable Entity", {"detail": _WANTED_BY_BUILDER})
        answer = self.plugin.run(machine["endpoint"], graph, run_id)
        return answer if machine["type"] == "classic" else MachineAnswer(200, "OK", {})

    def _with_urls(self, run_id: str, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        files = self._state.world.files
        urls = {
            name: [
                {**one, "url": files.public_url(f"outputs/runs/{run_id}/{one.get('filename')}")} for one in data[name]
            ]
            for name in _WITH_URLS
            if isinstance(data.get(name), list) and all(isinstance(one, dict) for one in data[name])
        }
        return {**data, **urls}


def sees_runs_of(caller: Caller, workflow: Row) -> bool:
    """A personal key is kept from others' personal workflows only (7.4)."""
    if caller.org_id is not None:
        return bool(caller.org_id == workflow["org_id"])
    return bool(caller.user_id == workflow["user_id"] or workflow["org_id"] is not None)


def with_inputs(graph: Graph, given: Mapping[str, Any]) -> Graph:
    """The prompt with a run's inputs written in, one after the other; unknown names are ignored (3.2)."""
    applied = copy.deepcopy(graph)
    for name, value in given.items():
        for node in applied.values():
            if node["inputs"].get("input_id") == name:
                node["inputs"]["input_id"] = value
                if node.get("class_type") == "ComfyUIDeployExternalText":
                    node["inputs"]["default_value"] = value
    return applied


def _told(answer: MachineAnswer, *, is_classic: bool) -> str:
    """What the web app makes of the body: of a classic machine's it shows an object's name, and only if it is whole."""
    if is_classic:
        return " [object Object]" if "prompt_id" in answer.body else ""
    return f" {json.dumps(answer.body, separators=(',', ':'))}" if answer.body else " "
