"""Requests: queued, started on a cold or a warm instance, moved by the clock, ended by the prompt or by a plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from pulumi_comfy.emulator.comfyui.failures import failure_log
from pulumi_comfy.emulator.comfyui.graph import Graph
from pulumi_comfy.emulator.comfyui.outputs import CHANNELS, files_of, outputs_of
from pulumi_comfy.emulator.comfyui.scripts import RunScript, RunScripts
from pulumi_comfy.emulator.runcomfy.state import Row, State

RunOutcome = Literal["success", "failed", "cancelled", "hang", "no_outputs"]

_FILES_LIVE_SECONDS = 7 * 24 * 3600
_ENDED = ("completed", "cancelled")


@dataclass
class Runs:
    """The runner, and what tests planned for it."""

    _state: State
    _scripts: RunScripts = field(default_factory=lambda: RunScripts(get_args(RunOutcome)))
    # Deployment to instance to the moment since which it has had nothing to do.
    _idle: dict[str, dict[str, datetime]] = field(default_factory=dict)

    def script(
        self,
        outcome: RunOutcome = "success",
        *,
        times: int | None = None,
        deployment_id: str | None = None,
        workflow_id: str | None = None,
        seconds: float | None = None,
        log: Sequence[str] = (),
        outputs: Sequence[str] | None = None,
        image_size: tuple[int, int] | None = None,
    ) -> None:
        """Plan how the next requests go; the latest fitting plan wins over what the prompt itself would do.

        Args:
            outcome: `success`, `failed`, `cancelled` (by the platform), `hang` (never ends), or `no_outputs`.
            times: For so many requests (None: until `clear`).
            deployment_id: Only requests of this deployment.
            workflow_id: Only requests of deployments of this workflow.
            seconds: How long the run takes instead of `settings.run_seconds`.
            log: What the errors of a failure say, one text each.
            outputs: Kinds instead of what the prompt makes: image, text, video, file, empty (an empty list).
            image_size: Width and height of the pictures instead of the prompt's.

        Raises:
            ValueError: An unknown outcome or kind, or values that make no sense.
        """
        targets = {"deployment_id": deployment_id, "workflow_id": workflow_id}
        self._scripts.add(
            outcome, targets, times=times, seconds=seconds, log=log, outputs=outputs, image_size=image_size
        )

    def clear(self) -> None:
        """Forget the plans, not the requests."""
        self._scripts.clear()

    def reset(self) -> None:
        """Forget the plans and the instances."""
        self._scripts.clear()
        self._idle.clear()

    def submit(self, deployment: Row, graph: Graph, overrides: dict[str, Any], extra_data: dict[str, Any]) -> Row:
        """Queue a request; `graph` is the prompt with the overrides in it."""
        request: Row = {
            "id": self._state.new_id(),
            "account": deployment["account"],
            "deployment_id": deployment["id"],
            "workflow_id": deployment["workflow_id"],
            "status": "in_queue",
            "verdict": None,
            "instance_id": None,
            "created_at": self._state.world.clock.now(),
            "finished_at": None,
            "overrides": overrides,
            "extra_data_keys": sorted(extra_data),
            "outputs": None,
            "errors": [],
            "_graph": graph,
            "_seed": self._state.world.randomness.integer(2**31),
            "_is_taken": False,
        }
        request["_script"] = self._scripts.take(request)
        self._state.requests[request["id"]] = request
        self._take_next(deployment)
        return request

    def position(self, request: Row) -> int:
        """How many requests of the deployment wait before this one."""
        queued = [row["id"] for row in self._of(request["deployment_id"]) if row["status"] == "in_queue"]
        return queued.index(request["id"])

    def cancel(self, request: Row) -> bool:
        """Whether it could still be cancelled; it may go on for some seconds."""
        if request["status"] in _ENDED:
            return False
        seconds = self._state.settings.cancel_seconds
        if seconds:
            self._state.scheduler.after(seconds, lambda: self._end(request, "cancelled", "cancelled"))
        else:
            self._end(request, "cancelled", "cancelled")
        return True

    def _of(self, deployment_id: str) -> list[Row]:
        return [row for row in self._state.requests.values() if row["deployment_id"] == deployment_id]

    def _take_next(self, deployment: Row) -> None:
        """Hand waiting requests to instances, as many as there may be."""
        unfinished = [row for row in self._of(deployment["id"]) if row["status"] not in _ENDED]
        busy = sum(row["_is_taken"] for row in unfinished)
        waiting = [row for row in unfinished if not row["_is_taken"]]
        for number, request in enumerate(waiting[: max(0, deployment["max_instances"] - busy)]):
            self._hand_over(deployment, request, busy + number)

    def _hand_over(self, deployment: Row, request: Row, busy: int) -> None:
        instance_id, is_warm = self._instance(deployment, busy)
        request["_is_taken"] = True
        settings, script = self._state.world.settings, request["_script"]
        seconds = settings.run_seconds if script is None or script.seconds is None else script.seconds
        wait = 0.0 if is_warm else settings.cold_start_seconds
        self._state.scheduler.after(wait + seconds / 4, lambda: self._begin(request, instance_id))
        if script is None or script.outcome != "hang":
            self._state.scheduler.after(wait + seconds, lambda: self._finish(request, script))

    def _instance(self, deployment: Row, busy: int) -> tuple[str, bool]:
        """An instance that is still warm, else a new one; the ones that are always there are warm too."""
        idle, now = self._idle.setdefault(deployment["id"], {}), self._state.world.clock.now()
        while idle:
            instance_id, since = idle.popitem()
            if (now - since).total_seconds() <= deployment["keep_warm_duration_in_seconds"]:
                return instance_id, True
        return self._state.world.randomness.uuid(), busy < deployment["min_instances"]

    def _begin(self, request: Row, instance_id: str) -> None:
        if request["status"] == "in_queue":
            request.update(status="in_progress", instance_id=instance_id)

    def _finish(self, request: Row, script: RunScript | None) -> None:
        if request["status"] in _ENDED:
            return
        outcome = "success" if script is None else script.outcome
        errors = (
            failure_log(request["_graph"], None, self._state.world.settings) if script is None else list(script.log)
        )
        if outcome == "cancelled":
            self._end(request, "cancelled", "cancelled")
        elif outcome == "failed" or (script is None and errors):
            self._end(request, "completed", "failed", errors=errors or ["The prompt failed"])
        else:
            outputs = {} if outcome == "no_outputs" else self._outputs(request, script)
            self._end(request, "completed", "succeeded", outputs=outputs)

    def _end(self, request: Row, status: str, verdict: str, **columns: Any) -> None:
        if request["status"] in _ENDED:
            return
        now, deployment = self._state.world.clock.now(), self._state.deployments[request["deployment_id"]]
        if request["instance_id"] is not None:
            self._idle.setdefault(deployment["id"], {})[request["instance_id"]] = now
        request.update(status=status, verdict=verdict, finished_at=now, **columns)
        self._take_next(deployment)

    def _outputs(self, request: Row, script: RunScript | None) -> dict[str, Any]:
        """Node to channel to items, the files of all nodes numbered as ComfyUI numbers them."""
        found: dict[str, Any] = {}
        numbers: Counter[str] = Counter()
        for output in outputs_of(request["_graph"], request["_seed"], script):
            items: list[Any] = [output.text] if output.kind == "text" else []
            for file in files_of(output, first=numbers[output.filename_prefix] + 1):
                numbers[output.filename_prefix] += 1
                key = f"deployment_requests/{request['id']}/{output.folder}/{file.name}"
                self._state.world.files.put(key, file.content_type, file.make)
                url = self._state.world.files.signed_url(key, _FILES_LIVE_SECONDS)
                items.append({"url": url, "filename": file.name, "subfolder": "", "type": output.folder})
            found.setdefault(output.node_id, {}).setdefault(CHANNELS[output.kind], []).extend(items)
        return found
