"""One queued prompt from its submission to its end, and the two ways in which the server tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timezone
from typing import Any, Literal

from pulumi_comfy.emulator.comfyui.graph import Graph
from pulumi_comfy.emulator.comfyui.scripts import RunScript

Status = Literal["pending", "in_progress", "completed", "failed", "cancelled"]
SENSITIVE = ("api_key_comfy_org", "auth_token_comfy_org")
"""Keys of `extra_data` that the server keeps out of its history."""


def milliseconds(moment: datetime) -> int:
    """Since the epoch, as the server counts."""
    return int(moment.replace(tzinfo=timezone.utc).timestamp() * 1000)


@dataclass
class Job:
    """A prompt in the queue, at work or in the history; `executed` are the nodes that it did itself."""

    id: str
    number: float
    graph: Graph
    extra_data: dict[str, Any] | None
    outputs_to_execute: list[str]
    created_at: datetime
    script: RunScript | None = None
    status: Status = "pending"
    started_at: datetime | None = None
    ended_at: datetime | None = None
    steps: list[str] = field(default_factory=list)
    executed: list[str] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    messages: list[list[Any]] = field(default_factory=list)

    def say(self, event: str, moment: datetime, **told: Any) -> None:
        """Add a message to the job's status."""
        self.messages.append([event, {**told, "prompt_id": self.id, "timestamp": milliseconds(moment)}])

    def row(self, *, shows_keys: bool) -> list[Any]:
        """As the queue and the history have it."""
        extra = self.extra_data
        if isinstance(extra, dict) and not shows_keys:
            extra = {name: value for name, value in extra.items() if name not in SENSITIVE}
        return [self.number, self.id, self.graph, extra, self.outputs_to_execute]

    def status_told(self) -> dict[str, Any]:
        """How it ended."""
        is_good = self.status == "completed"
        return {"status_str": "success" if is_good else "error", "completed": is_good, "messages": self.messages}

    def history(self) -> dict[str, Any]:
        """Its entry in the history."""
        row = self.row(shows_keys=False)
        return {"prompt": row, "outputs": self.outputs, "status": self.status_told(), "meta": self.meta}

    @property
    def workflow_id(self) -> str | None:
        """The id of the editor's document, if the client sent one."""
        sent: Any = self.extra_data
        for name in ("extra_pnginfo", "workflow", "id"):
            sent = sent.get(name) if isinstance(sent, dict) else None
        return sent if isinstance(sent, str) else None

    @property
    def error(self) -> dict[str, Any] | None:
        """What broke it."""
        return next((told for event, told in self.messages if event == "execution_error"), None)

    def summary(self) -> dict[str, Any]:
        """As the list of jobs has it, without what is null."""
        items = [(node, channel, one) for node, told in self.outputs.items() for channel, one in _items(told)]
        previews = [(node, channel, one) for node, channel, one in items if isinstance(one, dict)]
        shown = {
            "id": self.id,
            "status": self.status,
            "priority": self.number,
            "create_time": milliseconds(self.created_at),
            "execution_start_time": None if self.started_at is None else milliseconds(self.started_at),
            "execution_end_time": None if self.ended_at is None else milliseconds(self.ended_at),
            "execution_error": self.error,
            "outputs_count": len(items),
            "previewable_outputs_count": len(previews),
            "preview_output": _preview(*previews[-1]) if previews else None,
            "workflow_id": self.workflow_id,
        }
        return {name: value for name, value in shown.items() if value is not None}

    def details(self) -> dict[str, Any]:
        """As the answer for one job has it."""
        row = self.row(shows_keys=False)
        more = {"outputs": self.outputs, "workflow": {"prompt": row[2], "extra_data": row[3]}}
        ended = {} if self.ended_at is None else {"execution_status": self.status_told()}
        return {**self.summary(), **more, **ended}


def _items(told: dict[str, Any]) -> list[tuple[str, Any]]:
    """The outputs of one node by channel; `animated` is a flag."""
    return [(channel, one) for channel, ones in told.items() if channel != "animated" for one in ones]


def _preview(node: str, channel: str, item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "nodeId": node, "mediaType": channel}


def row_of(job: Job, *, shows_keys: bool) -> dict[str, Any]:
    """A job for a dump."""
    shown = {one.name: getattr(job, one.name) for one in fields(job) if one.name != "script"}
    shown["extra_data"] = job.row(shows_keys=shows_keys)[3]
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in shown.items()}


def job_of(row: Mapping[str, Any]) -> Job:
    """A job from a dump."""
    moments = {name for name in row if name.endswith("_at") and row[name] is not None}
    columns: dict[str, Any] = {
        name: datetime.fromisoformat(one) if name in moments else one for name, one in row.items()
    }
    return Job(**columns)
