"""Jobs as the platform tells of them, which is not quite how a server of one's own does."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pulumi_comfy.emulator.comfycloud.errors import coded, malformed, not_found
from pulumi_comfy.emulator.comfycloud.state import Account, Row, State
from pulumi_comfy.emulator.comfyui.jobs import Job, milliseconds
from pulumi_comfy.emulator.comfyui.outputs import CHANNELS

_ENDED = ("completed", "failed", "cancelled")
_RAW = {
    "pending": "queued_waiting",
    "in_progress": "executing",
    "completed": "success",
    "failed": "error",
    "cancelled": "cancelled",
}
_TYPES = {"image": ("images",), "video": (CHANNELS["video"], "video"), "audio": ("audio",), "3d": ("3d", "result")}


class Jobs:
    """Finds them and shows them."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, account: Account, job: Job, links: Row) -> None:
        """Queue a job of the workspace."""
        self._state.jobs[job.id] = {"workspace": account.workspace, "user_id": account.user, **links}
        self._state.of(account.workspace).worker.submit(job)

    def find(self, account: Account, job_id: str) -> Job:
        """The workspace's job.

        Raises:
            RefusedError: 400, this is no id; 404, there is none; 403, it is another workspace's.
        """
        if not is_uuid(job_id):
            has_code = self._state.settings.binding_errors == "coded"
            raise malformed(f"Invalid format for parameter job_id: {job_id}", has_code=has_code)
        row = self._state.jobs.get(job_id)
        job = None if row is None else self._state.of(row["workspace"]).worker.find(job_id)
        if row is None or job is None:
            raise not_found("Job")
        if row["workspace"] != account.workspace:
            raise coded(403, "FORBIDDEN", "The job belongs to another workspace")
        return job

    def all_of(self, account: Account) -> list[Job]:
        """The workspace's, in no order."""
        worker = self._state.of(account.workspace).worker
        return [*worker.pending, *([worker.running] if worker.running else ()), *worker.history.values()]

    def cancel(self, account: Account, job: Job) -> bool:
        """Whether it could still be cancelled; one that waited is kept as cancelled."""
        worker = self._state.of(account.workspace).worker
        if job not in worker.pending:
            return worker.interrupt(job.id)
        worker.drop([job.id])
        job.status, job.ended_at = "cancelled", self._state.world.clock.now()
        worker.history[job.id] = job
        return True

    def delete(self, account: Account, job: Job) -> None:
        """With everything that it made."""
        self.cancel(account, job)
        workspace = self._state.of(account.workspace)
        workspace.worker.history.pop(job.id, None)
        for told in job.outputs.values():
            for items in told.values():
                for item in items:
                    if isinstance(item, dict):
                        path = "/".join(filter(None, (item["subfolder"], item["filename"])))
                        workspace.comfyui.folders.delete(path, item["type"])
        del self._state.jobs[job.id]

    def shown(self, job: Job) -> dict[str, Any]:
        """As the list has it."""
        links = self._state.jobs[job.id]
        shown: dict[str, Any] = {
            "id": job.id,
            "status": job.status,
            "create_time": self._time(job.created_at),
            "workflow_id": links.get("workflow_id") or job.workflow_id,
        }
        if job.status in _ENDED:
            told = job.summary()
            names = ("outputs_count", "preview_output", "execution_start_time", "execution_end_time")
            shown |= {name: told.get(name) for name in names}
            shown["execution_error"] = _error(job)
        return {name: value for name, value in shown.items() if value is not None}

    def details(self, job: Job) -> dict[str, Any]:
        """As the answer for one has it."""
        links, row = self._state.jobs[job.id], job.row(shows_keys=False)
        latest = job.ended_at or job.started_at or job.created_at
        shown = {**self.shown(job), "update_time": self._time(latest), "workspace_id": links["workspace"]}
        shown |= {"user_id": links["user_id"], "workflow": {"prompt": row[2], "extra_data": row[3]}}
        if links.get("workflow_version_id"):
            shown["workflow_version_id"] = links["workflow_version_id"]
        if job.status in _ENDED:
            shown |= {"outputs": job.outputs, "execution_status": job.status_told(), "execution_meta": job.meta}
        if job.status == "pending":
            queue = [one.id for one in self._state.of(links["workspace"]).worker.queue]
            shown |= {"queue_reason": "concurrency_limit", "queue_position": queue.index(job.id) + 1}
        return shown

    def raw(self, job: Job) -> dict[str, Any]:
        """As the deprecated status route has it, in words of its own."""
        moments = {"created_at": job.created_at, "updated_at": job.ended_at or job.started_at or job.created_at}
        told = {name: one.isoformat() + "Z" for name, one in moments.items()}
        error = _error(job)
        message = None if error is None else error["exception_message"]
        return {"id": job.id, "status": _RAW[job.status], **told, "error_message": message}

    def _time(self, moment: datetime) -> int:
        counted = milliseconds(moment)
        return counted if self._state.settings.job_times == "milliseconds" else counted // 1000


def makes(job: Job, output_type: Literal["image", "video", "audio", "3d"] | None) -> bool:
    """Whether a job made something of a kind; any does of none."""
    channels = {channel for told in job.outputs.values() for channel in told}
    return output_type is None or not channels.isdisjoint(_TYPES[output_type])


def _error(job: Job) -> dict[str, Any] | None:
    """What broke it, with the platform's own name for a machine without memory."""
    told = job.error
    if told is None:
        return None
    names = ("node_id", "node_type", "exception_message", "traceback", "current_inputs")
    kind = "OOMError" if told["exception_type"].endswith("OutOfMemoryError") else told["exception_type"]
    return {**{name: told[name] for name in names}, "exception_type": kind, "current_outputs": {}}


def is_uuid(text: str) -> bool:
    """Whether it could be an id of the platform."""
    return len(text) == 36 and [len(part) for part in text.split("-")] == [8, 4, 4, 4, 12]
