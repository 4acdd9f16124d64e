"""What a server answers about prompts and jobs, in the words of newer servers (jobs) and of older ones (history).

Facts: docs/comfyui-protocol.md 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BeforeValidator

from pulumi_comfy.core.http.endpoints import Id, Row
from pulumi_comfy.inference.runner import Phase

Outputs = Annotated[dict[str, Any], BeforeValidator(lambda told: told or {})]
"""By node; null is none."""

_PHASES = {"pending": Phase.WAITING, "in_progress": Phase.RUNNING, "completed": Phase.DONE}
_FAILED = frozenset({"failed", "cancelled"})


class PromptRow(Row):
    """A prompt that was taken. What its `node_errors` name was left out of it (2.2)."""

    prompt_id: Id
    node_errors: Outputs = {}


class StatusRow(Row):
    """How a job ended, with what happened on the way (3.2)."""

    status_str: str = ""
    completed: bool = False
    messages: list[Any] = []


class JobRow(Row):
    """A job as newer servers tell it; what is null is left out (3.1)."""

    status: str
    create_time: float | None = None
    execution_start_time: float | None = None
    execution_end_time: float | None = None
    outputs: Outputs = {}
    execution_error: Any = None
    execution_status: StatusRow | None = None

    def state(self) -> JobState:
        """Give it in our words. A status that nobody knows yet is none that ends (3.1)."""
        phase = Phase.FAILED if self.status in _FAILED else _PHASES.get(self.status, Phase.RUNNING)
        messages = self.execution_status.messages if self.execution_status else []
        begun, ended = self.execution_start_time, self.execution_end_time
        return JobState(
            phase,
            self.status,
            self.outputs,
            self.execution_error,
            cached_in(messages),
            queue_seconds=_seconds(self.create_time, begun),
            seconds=_seconds(begun, ended),
        )


class HistoryRow(Row):
    """A job that has ended, as every server tells it (3.2)."""

    outputs: Outputs = {}
    status: StatusRow | None = None

    def state(self) -> JobState:
        """Give it in our words: an interrupted one is an error whose last message says so."""
        status = self.status or StatusRow()
        told = dict(_events(status.messages))
        moments = [one.get("timestamp") for _, one in _events(status.messages)]
        is_good = status.status_str == "success" and status.completed
        word = "completed" if is_good else "cancelled" if "execution_interrupted" in told else "failed"
        return JobState(
            Phase.DONE if is_good else Phase.FAILED,
            word,
            self.outputs,
            told.get("execution_error"),
            cached_in(status.messages),
            seconds=_seconds(moments[0], moments[-1]) if moments else None,
        )


@dataclass(frozen=True)
class JobState:
    """How far a job is.

    Attributes:
        phase: how far.
        word: the server's word for it, of the newer vocabulary.
        outputs: what it made, by node and channel.
        error: what broke it, as the server tells it.
        cached: nodes that were answered from what an earlier job had left.
        queue_seconds: how long it waited; None where it is not told.
        seconds: how long it took.
    """

    phase: Phase
    word: str
    outputs: Mapping[str, Any] = field(default_factory=dict)
    error: Any = None
    cached: frozenset[str] = frozenset()
    queue_seconds: float | None = None
    seconds: float | None = None


def cached_in(messages: object) -> frozenset[str]:
    """Give the nodes that were answered from the cache."""
    nodes = dict(_events(messages)).get("execution_cached", {}).get("nodes")
    return frozenset(map(str, nodes)) if isinstance(nodes, list) else frozenset()


def _events(messages: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for one in messages if isinstance(messages, list) else ():
        if isinstance(one, list) and len(one) == 2 and isinstance(one[0], str) and isinstance(one[1], Mapping):
            yield one[0], one[1]


def _seconds(begun: object, ended: object) -> float | None:
    """Give the seconds between two moments in milliseconds."""
    if not isinstance(begun, int | float) or not isinstance(ended, int | float):
        return None
    return max(0.0, min((ended - begun) / 1000, 2.0**53))
