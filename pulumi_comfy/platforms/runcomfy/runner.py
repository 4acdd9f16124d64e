"""Runs of a deployment: submitted to its queue, polled, judged by the result.

Facts: docs/platforms/runcomfy.md.
"""

from __future__ import annotations

import json
import random
import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy import workflows
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import ComfyError, LostAnswerError, OutcomeError
from pulumi_comfy.core.model import SECRET, Json, Model, public
from pulumi_comfy.inference import settings
from pulumi_comfy.inference.judge import Item
from pulumi_comfy.inference.prove import FAILED
from pulumi_comfy.inference.runner import Phase, Progress, Run, Runner
from pulumi_comfy.platforms.runcomfy.api import ResultRow, RunComfyApi
from pulumi_comfy.platforms.runcomfy.fields import SETTINGS, queue_of

_PHASES = {
    "in_queue": Phase.WAITING,
    "in_progress": Phase.RUNNING,
    "completed": Phase.DONE,
    "succeeded": Phase.DONE,
}
_SUCCESS = frozenset({"succeeded", "completed"})
_UNFINISHED = frozenset({"in_queue", "in_progress"})
_SEEDS = 2**31


class GivenOverrides(Model):
    """How a run of RunComfy is given its inputs."""

    overrides: Annotated[
        dict[str, dict[str, Json]],
        Field(
            description="Inputs of nodes by the node's id, e.g. `{'6': {'text': 'a lighthouse'}}`; all else stays as "
            "it was saved. Whole numbers beyond 2^53 are given as text."
        ),
    ] = {}
    extra_data: Annotated[
        dict[str, str] | None,
        SECRET,
        Field(description="What partner nodes need, e.g. `{'api_key_comfy_org': '...'}`; never shown. Default: none."),
    ] = None


@public("runcomfy:InferenceCheck")
class InferenceCheck(settings.InferenceCheck, GivenOverrides):
    """A real run after each deploy: `pulumi up` fails when it renders nothing. Each check costs GPU time."""


class DeploymentRunner(Runner[RunComfyApi]):
    """A deployment that can be run.

    Args:
        call: the call that checks it.
        deployment_id: which one.
        graph: the API prompt that it serves, as far as the platform tells it.
        connection: the name of the connection.
    """

    target = "deployment"

    def __init__(
        self, call: Call[RunComfyApi], deployment_id: str, graph: dict[str, Any] | None, connection: str | None
    ) -> None:
        super().__init__(call)
        self._id = deployment_id
        self._graph = _nodes_of(graph or {})
        self._connection = connection
        self._queue = queue_of(call)

    @property
    def target_id(self) -> str:
        """The deployment's."""
        return self._id

    def problems(self, check: settings.CheckSettings) -> Sequence[str]:
        """Compare the overrides with the graph that it serves."""
        return list(_unknown(_given(check), self._graph)) if self._graph else ()

    def given(self, check: settings.CheckSettings) -> Mapping[str, Json]:
        """Give the overrides, with a fresh seed wherever the program leaves one open."""
        overrides = {node: dict(inputs) for node, inputs in _given(check).items()}
        for node, name in workflows.seed_places(self._graph):
            overrides.setdefault(node, {}).setdefault(name, random.randrange(_SEEDS))
        return dict(overrides)

    async def start(self, given: Mapping[str, Json], check: settings.CheckSettings) -> str:
        """Submit it, unless the balance is known to be used up: the platform would disable the deployment (7.11)."""
        await self._refuse_without_credit()
        body: dict[str, Json] = {"overrides": {node: {"inputs": inputs} for node, inputs in given.items()}}
        extra = getattr(check, "extra_data", None)
        if extra:
            body["extra_data"] = dict(extra)
        try:
            return await self.call.client.submit(self._id, self._queue, body)
        except LostAnswerError as lost:
            todo = "Look at the deployment's requests on RunComfy, cancel what goes on, then run `pulumi up` again."
            got = f"{lost.got}; whether a run began cannot be told: the platform lists none"
            raise LostAnswerError(lost.code, tried=lost.tried, got=got, todo=todo) from None

    async def _refuse_without_credit(self) -> None:
        try:
            balance = await self.call.client.get_balance()
        except ComfyError:
            return  # what it is worth the run itself will show
        if balance.balance_usd <= 0:
            got = f"the account's balance is {balance.balance_usd:.2f} USD, and a run costs money"
            raise OutcomeError("COMFY2402", tried=f"run deployment {self._id}", got=got)

    async def look(self, run_id: str) -> Progress:
        """Read its status; what it says of the end is in the result alone (7.5)."""
        status = await self.call.client.get_status(self._id, self._queue, run_id)
        phase = _PHASES.get(status.status.lower(), Phase.FAILED)
        place = f", {status.queue_position} before it" if status.queue_position else ""
        if phase is not Phase.DONE:
            return Progress(phase, status.status, f"{status.status}{place}")
        result = await self.call.client.get_result(self._id, self._queue, run_id)
        if result.status.lower() in _UNFINISHED:  # it was asked for too early (4.3)
            return Progress(Phase.RUNNING, result.status, result.status)
        if result.status.lower() not in _SUCCESS:
            raise OutcomeError(FAILED, tried=f"run {run_id}", got=f"ended as {result.status}{_reasons(result.error)}")
        return Progress(phase, result.status, run=_run_of(run_id, result))

    async def cancel(self, run_id: str) -> str:
        """Cancel it; it ends some moments later (4.4)."""
        outcome = await self.call.client.cancel(self._id, self._queue, run_id)
        return "" if outcome.startswith(("cancel", "not_cancellable")) or not outcome else outcome

    def command(self, given: Mapping[str, Json]) -> str:
        """Give a request that submits it: any text among the overrides may be a secret of the program."""
        overrides = {
            node: {"inputs": {name: f"<{name}>" if isinstance(value, str) else value for name, value in inputs.items()}}
            for node, inputs in given.items()
            if isinstance(inputs, dict)
        }
        body = shlex.quote(json.dumps({"overrides": overrides}))
        variable = SETTINGS.credential_of(self._connection).environment
        url = self.call.client.queue_url(self._id, self._queue)
        return (
            f"curl -X POST {url} -H 'Content-Type: application/json' -H \"Authorization: Bearer ${variable}\" -d {body}"
        )


def _nodes_of(graph: Mapping[str, Any]) -> dict[str, Any]:
    """Give the nodes of a graph that are nodes; what else a platform puts there is none of ours."""
    return {node: one for node, one in graph.items() if isinstance(one, dict) and isinstance(one.get("inputs"), dict)}


def _given(check: Any) -> dict[str, dict[str, Json]]:
    """Give the overrides of what is both: settings of a check, and overrides by node."""
    return dict(check.overrides)


def _unknown(overrides: Mapping[str, Mapping[str, Json]], graph: Mapping[str, Any]) -> Iterator[str]:
    """Say which nodes and inputs the graph does not have, with the nearest ones."""
    for node, inputs in overrides.items():
        if node not in graph:
            yield f"there is no node {node!r} (there are {', '.join(sorted(graph, key=_natural))})"
            continue
        known = graph[node].get("inputs") or {}
        for name in inputs:
            if name not in known:
                close = get_close_matches(name, known, n=1)
                hint = f"; did you mean {close[0]!r}?" if close else f" (it has {', '.join(sorted(known)) or 'none'})"
                yield f"node {node} ({graph[node].get('class_type')}) has no input {name!r}{hint}"


def _natural(node: str) -> tuple[int, str]:
    return (int(node), "") if node.isdigit() else (10**9, node)


def _run_of(run_id: str, result: ResultRow) -> Run:
    return Run(run_id, list(_items(result.outputs)), seconds=_seconds(result))


def _items(outputs: Mapping[str, Any]) -> Iterator[Item]:
    """Flatten outputs: by node and channel, each a list of files or of texts, which may be nested (4.3)."""
    for node, channels in outputs.items():
        for kind, values in channels.items() if isinstance(channels, dict) else ():
            for value in _flat(values):
                file = value if isinstance(value, dict) else {}
                name, url = file.get("filename"), file.get("url")
                yield Item(node, kind, name if isinstance(name, str) else "", None if url is None else str(url))


def _flat(values: Any) -> Iterator[Any]:
    for value in values if isinstance(values, list) else [values]:
        if isinstance(value, list):
            yield from _flat(value)
        elif value:
            yield value


def _seconds(result: ResultRow) -> float | None:
    """Give the time from the request to its end, the wait included: the platform tells no other."""
    try:
        begun, ended = map(_moment, (result.created_at, result.finished_at))
        return max(0.0, (ended - begun).total_seconds())
    except (TypeError, ValueError):
        return None


def _moment(told: str | None) -> datetime:
    return datetime.fromisoformat((told or "").replace("Z", "+00:00"))


def _reasons(error: Any) -> str:
    """Give the end of a sentence with what failed: a list, an object or a text (4.3)."""
    rows = error if isinstance(error, list) else [error] if error else []
    words = [str(row.get("error") or row.get("message") or row) if isinstance(row, dict) else str(row) for row in rows]
    return f": {'; '.join(words)}" if words else ""
