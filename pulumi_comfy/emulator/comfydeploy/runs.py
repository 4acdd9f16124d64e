"""Runs: dispatched to a machine, moved through their statuses by the clock, ended by the prompt or by a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from pulumi_comfy.emulator.callers import Caller
from pulumi_comfy.emulator.comfydeploy.builds import Build, Builds
from pulumi_comfy.emulator.comfydeploy.declared import with_inputs
from pulumi_comfy.emulator.comfydeploy.errors import UnhandledError, refuse
from pulumi_comfy.emulator.comfydeploy.machines import SERVERLESS
from pulumi_comfy.emulator.comfydeploy.outputs import store_output
from pulumi_comfy.emulator.comfydeploy.state import Platform, Row
from pulumi_comfy.emulator.comfyui.failures import Image, failure_log
from pulumi_comfy.emulator.comfyui.outputs import outputs_of
from pulumi_comfy.emulator.comfyui.scripts import RunScript, RunScripts
from pulumi_comfy.emulator.jsonb import stored

RunOutcome = Literal["success", "failed", "timeout", "hang", "no_outputs"]

TERMINAL = ("success", "failed", "timeout", "cancelled")
_ON_THE_WAY = ("queued", "started", "running", "uploading")
_NULL_COLUMNS = (
    *("workflow_version_id", "modal_function_call_id", "webhook_status", "machine_id", "queued_at", "batch_id"),
    *("started_at", "model_id", "gpu_event_id", "live_status", "deployment_id", "gpu", "comfy_deploy_cold_start"),
    *("ended_at", "machine_version", "machine_type", "webhook"),
)


@dataclass
class Start:
    """What a run is started with."""

    machine: Row
    workflow_id: str
    graph: dict[str, Any]
    inputs: dict[str, Any]
    version_id: str | None = None
    deployment: Row | None = None
    gpu: str | None = None
    origin: str = "api"
    webhook: str | None = None
    webhook_intermediate_status: bool = False
    batch_id: str | None = None


@dataclass
class Runs:
    """The runner, and what tests planned for it."""

    _platform: Platform
    _builds: Builds
    _scripts: RunScripts = field(default_factory=lambda: RunScripts(get_args(RunOutcome)))

    def script(
        self,
        outcome: RunOutcome = "success",
        *,
        times: int | None = None,
        deployment_id: str | None = None,
        workflow_id: str | None = None,
        machine_id: str | None = None,
        statuses: Sequence[str] | None = None,
        seconds: float | None = None,
        log: Sequence[str] = (),
        outputs: Sequence[str] | None = None,
        image_size: tuple[int, int] | None = None,
    ) -> None:
        """Plan how the next runs go; the latest fitting plan wins over what the prompt itself would do.

        Args:
            outcome: `success`, `failed`, `timeout`, `hang` (never ends), or `no_outputs` (success without any).
            times: For so many runs (None: until `clear`).
            deployment_id: Only runs of this deployment.
            workflow_id: Only runs of this workflow.
            machine_id: Only runs on this machine.
            statuses: The statuses on the way instead of queued, started, running, uploading.
            seconds: How long the run takes instead of `settings.run_seconds`.
            log: Lines added to the run's log.
            outputs: Kinds instead of what the prompt makes: image, text, video, file, empty (an empty list).
            image_size: Width and height of the pictures instead of the prompt's.

        Raises:
            ValueError: An unknown outcome or kind, or values that make no sense.
        """
        targets = {"deployment_id": deployment_id, "workflow_id": workflow_id, "machine_id": machine_id}
        self._scripts.add(
            outcome,
            targets,
            times=times,
            seconds=seconds,
            log=log,
            outputs=outputs,
            image_size=image_size,
            statuses=statuses,
        )

    def clear(self) -> None:
        """Forget the plans, not the runs."""
        self._scripts.clear()

    def start(self, caller: Caller, start: Start) -> Row:
        """Create the run's row and hand it to its machine.

        Raises:
            HTTPException: 400, a machine that refuses the run. The row stays, failed.
            UnhandledError: No app to run on, or an endpoint that cannot be reached. The row stays, failed.
        """
        run = self._insert(caller, start)
        try:
            build = self._dispatch(run, start)
        except Exception:
            run["status"] = "failed"
            raise
        self._schedule(run, build)
        return run

    def set_status(self, run: Row, status: str) -> None:
        """What the runner reports; a terminal status is final."""
        if run["status"] in TERMINAL:
            return
        now = self._platform.world.clock.now()
        run.update(status=status, updated_at=now)
        if status == "queued":
            run["queued_at"] = now
        elif status == "started":
            run["started_at"] = now
        elif status in TERMINAL:
            run["ended_at"] = now

    def write_log(self, run: Row, *lines: str) -> None:
        """Append lines to the run's log."""
        now = self._platform.world.clock.now()
        run["_log"].extend((now, line) for line in lines)

    def status_of(self, run: Row) -> str:
        """The status as reported: a run nobody heard of for a day counts as timed out."""
        age = (self._platform.world.clock.real_now() - run["updated_at"]).total_seconds()
        is_stale = run["status"] not in TERMINAL and age > self._platform.world.settings.stale_run_seconds
        return "timeout" if is_stale else str(run["status"])

    def _insert(self, caller: Caller, start: Start) -> Row:
        now = self._platform.world.clock.now()
        run: Row = {**dict.fromkeys(_NULL_COLUMNS), **caller.owner}
        run.update(
            id=self._platform.new_id(),
            workflow_id=start.workflow_id,
            workflow_version_id=start.version_id,
            machine_id=start.machine["id"],
            machine_type=start.machine["type"],
            deployment_id=None if start.deployment is None else start.deployment["id"],
            workflow_inputs=stored(start.inputs),
            origin=start.origin,
            webhook=start.webhook,
            webhook_intermediate_status=start.webhook_intermediate_status,
            batch_id=start.batch_id,
            status="not-started",
            progress=0.0,
            is_realtime=False,
            created_at=now,
            updated_at=now,
            _graph=with_inputs(start.graph, start.inputs),
            _log=[],
            _served_by=None,
            _seed=self._platform.world.randomness.integer(2**31),
        )
        if start.machine["type"] == SERVERLESS:
            deployment_gpu = None if start.deployment is None else start.deployment["gpu"]
            run["gpu"] = deployment_gpu or start.gpu or start.machine["gpu"]
        self._platform.runs[run["id"]] = run
        return run

    def _dispatch(self, run: Row, start: Start) -> Build | None:
        """The build that serves the run; None on a self-hosted machine."""
        kind = start.machine["type"]
        if kind == SERVERLESS:
            build = self._serving(start)
            if build is None:
                raise UnhandledError
            run["_served_by"] = build.version_id
            run["modal_function_call_id"] = f"fc-{self._platform.world.randomness.hexadecimal(24).upper()}"
            return build
        if kind == "runpod-serverless" and not start.machine["auth_token"]:
            raise refuse(400, "Machine auth token not found")
        if kind not in {"classic", "runpod-serverless"}:
            raise refuse(400, "Invalid machine type")
        answer = self._platform.world.settings.endpoint_answers.get(start.machine["endpoint"])
        if answer == "refused":
            raise UnhandledError
        if answer is not None:
            raise refuse(400, f"Error creating run: {answer}")
        return None

    def _serving(self, start: Start) -> Build | None:
        """An ordinary deployment runs what its machine was last built to; a fluid one its pinned image."""
        if start.deployment is not None and start.deployment["modal_image_id"]:
            now = self._platform.world.clock.now()
            start.deployment["activated_at"] = start.deployment["activated_at"] or now
            start.deployment["modal_app_id"] = start.deployment["modal_app_id"] or f"ap-{start.deployment['id']}"
            return self._builds.of_version.get(start.deployment["machine_version_id"])
        return self._builds.serving.get(start.machine["id"])

    def _schedule(self, run: Row, build: Build | None) -> None:
        script = self._scripts.take(run)
        settings, scheduler = self._platform.world.settings, self._platform.scheduler
        is_endless = script is not None and script.outcome == "hang"
        statuses: Sequence[str] = _ON_THE_WAY[:3] if is_endless else _ON_THE_WAY
        if script is not None and script.statuses is not None:
            statuses = script.statuses
        seconds = settings.run_seconds if script is None or script.seconds is None else script.seconds
        for number, status in enumerate(statuses):
            cold_start = settings.cold_start_seconds if number else 0.0
            moment = cold_start + seconds * (number + 1) / (len(statuses) + 1)
            scheduler.after(moment, lambda status=status: self._progress(run, status))  # type: ignore[misc]
        if not is_endless:
            scheduler.after(settings.cold_start_seconds + seconds, lambda: self._finish(run, build, script))

    def _progress(self, run: Row, status: str) -> None:
        self.set_status(run, status)
        if run["status"] != status:
            return
        if status == "running":
            classes = [node.get("class_type", "") for node in run["_graph"].values() if isinstance(node, dict)]
            sampler = next((name for name in classes if "Sampler" in name), classes[0] if classes else None)
            run.update(progress=0.5, live_status=sampler and f"Executing {sampler}")
            self.write_log(run, "got prompt")
        elif status == "uploading":
            run.update(progress=0.9, live_status="Uploading outputs")

    def _finish(self, run: Row, build: Build | None, script: RunScript | None) -> None:
        if run["status"] in TERMINAL:
            return
        outcome = "success" if script is None else script.outcome
        if script is not None:
            self.write_log(run, *script.log)
        image = None if build is None else Image(build.commands, build.breaks_inference, build.is_plain)
        problems = failure_log(run["_graph"], image, self._platform.world.settings) if script is None else []
        if problems:
            self.write_log(run, *problems)
            outcome = "failed"
        if outcome == "success":
            for output in outputs_of(run["_graph"], run["_seed"], script):
                store_output(self._platform, run, output)
            self.write_log(run, "Prompt executed in 0.20 seconds")
        elif outcome == "timeout":
            self.write_log(run, "Run timed out")
        self.set_status(run, "success" if outcome == "no_outputs" else outcome)
