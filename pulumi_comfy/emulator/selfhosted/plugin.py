"""What stands behind the machines: a ComfyUI with the web app's plugin at each endpoint (5.2, 5.3).

Facts: docs/platforms/selfhosted.md.
"""

from __future__ import annotations

import copy
import posixpath
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from pulumi_comfy.emulator.comfyui.graph import Graph, nodes
from pulumi_comfy.emulator.comfyui.installation import Installation
from pulumi_comfy.emulator.comfyui.jobs import Job
from pulumi_comfy.emulator.comfyui.prompt_check import PromptCheck, Verdict
from pulumi_comfy.emulator.comfyui.runs import Runs
from pulumi_comfy.emulator.comfyui.worker import Worker
from pulumi_comfy.emulator.selfhosted.errors import AnsweredError
from pulumi_comfy.emulator.selfhosted.plugin_nodes import PLUGIN_NODES
from pulumi_comfy.emulator.selfhosted.state import State


class Report(Protocol):
    """The callback of a run."""

    def __call__(self, run_id: str, status: str | None = None, output_data: Any = None) -> None:
        """What a machine says of a run."""


@dataclass(frozen=True)
class MachineAnswer:
    """What a machine says to a prompt."""

    status: int
    reason: str
    body: Mapping[str, Any]

    @property
    def is_accepted(self) -> bool:
        """Any 2xx."""
        return 200 <= self.status <= 299


class Plugin:
    """A queue of its own for each endpoint; all of them have the same classes, models and files."""

    def __init__(self, state: State, report: Report) -> None:
        self.runs = Runs()
        self.comfyui = Installation(state.world, state.settings, dict(PLUGIN_NODES))
        self._state = state
        self._report = report
        self._workers: dict[str, Worker] = {}
        self._number = 0

    def run(self, endpoint: str, graph: Graph, run_id: str) -> MachineAnswer:
        """Judge a prompt and queue what of it can run.

        An unknown class is no error of a node: the answer is 200 then, and nothing is queued.
        """
        seeds = [inputs["seed"] for _, _, inputs in nodes(graph) if "seed" in inputs]
        if self._state.settings.plugin == "2025" and not all(isinstance(one, list) for one in seeds):
            return MachineAnswer(500, "Internal Server Error", {})
        prompt = copy.deepcopy(graph)
        verdict = self._check()(prompt)
        answer = self._answer(run_id, verdict)
        if verdict.node_errors:
            self._tell(run_id, output_data={"error": answer})
        if verdict.error is None:
            self._queue(endpoint, Job(run_id, self._number, prompt, {}, verdict.outputs, self._now(), self.runs.take()))
        elif verdict.node_errors:
            self._tell(run_id, "failed")
        self._number += 1
        return MachineAnswer(400, "Bad Request", answer) if verdict.node_errors else MachineAnswer(200, "OK", answer)

    def clear(self) -> None:
        """New processes, with nothing on their disks."""
        self.comfyui.folders.clear()
        self.comfyui.more_classes = dict(PLUGIN_NODES)
        self._workers.clear()
        self.runs.clear()
        self._number = 0

    def _now(self) -> Any:
        return self._state.world.clock.now()

    def _check(self) -> PromptCheck:
        return PromptCheck(self.comfyui.classes(), True, lambda name: self.comfyui.folders.named(name) is not None)

    def _answer(self, run_id: str, verdict: Verdict) -> dict[str, Any]:
        if verdict.error is not None:
            return {"error": verdict.error, "node_errors": verdict.node_errors}
        return {"prompt_id": run_id, "number": self._number, "node_errors": verdict.node_errors}

    def _queue(self, endpoint: str, job: Job) -> None:
        if endpoint not in self._workers:
            self._workers[endpoint] = Worker(self.comfyui, self._state.scheduler, listener=self._hear)
        self._workers[endpoint].submit(job)

    def _tell(self, run_id: str, status: str | None = None, output_data: Any = None) -> None:
        with suppress(AnsweredError):  # a machine does not mind that its report is refused
            self._report(run_id, status, output_data)

    def _hear(self, job: Job, event: str) -> None:
        """What the plugin makes of ComfyUI's messages; an interrupted run is told in a word that is refused."""
        if event == "execution_start":
            self._tell(job.id, "running")
        if event not in ("execution_success", "execution_error"):
            return
        for node_id, shown in job.outputs.items():
            if job.graph[node_id]["class_type"] != "PreviewImage":
                self._upload(job.id, shown)
                self._tell(job.id, output_data=shown)
        if event == "execution_error":
            self._tell(job.id, output_data=job.error)
            self._tell(job.id, "failed")
            return
        if self._state.settings.plugin == "2025":
            times = [{"id": one, "class_type": job.graph[one]["class_type"]} for one in job.executed]
            self._tell(job.id, output_data=[{**one, "time": 0.1, "vram_used": 0} for one in times])
        self._tell(job.id, "success")

    def _upload(self, run_id: str, shown: Mapping[str, Any]) -> None:
        for item in (one for ones in shown.values() for one in ones if isinstance(one, dict)):
            file = self.comfyui.folders.get(item["type"], posixpath.join(item["subfolder"], item["filename"]))
            if file is not None:
                key = f"outputs/runs/{run_id}/{item['filename']}"
                self._state.world.files.put(key, file.content_type, partial(file.read), is_public=True)
