"""Runs: start, watch, cancel, logs (docs/platforms/comfydeploy.md 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pulumi_comfy.core.http.endpoints import Endpoints, parse
from pulumi_comfy.core.model import Json
from pulumi_comfy.platforms.comfydeploy.api import gone, rows

_QUEUE = "/run/deployment/queue"
_NEWEST = 20
"""Runs among which one is looked for that has just begun."""


class RunsApi(Endpoints):
    """Runs: start, watch, cancel, logs (3)."""

    @property
    def queue_url(self) -> str:
        """URL that runs of any deployment are posted to."""
        return f"{self.http.base_url}{_QUEUE}"

    async def queue_run(self, deployment_id: str, inputs: Mapping[str, Json]) -> str:
        """`POST /run/deployment/queue`: the run's id."""
        tried = f"run deployment {deployment_id}"
        body = {"deployment_id": deployment_id, "inputs": dict(inputs)}
        answer = await self.http.write("POST", _QUEUE, tried=tried, json=body)
        return parse(rows.StartedRunRow, answer.body, tried=tried, is_write=True).run_id

    async def get_run(self, run_id: str) -> rows.RunRow:
        """`GET /run/{id}`."""
        return await self.get(rows.RunRow, f"/run/{run_id}", f"read run {run_id}")

    async def newest_runs(self, deployment_id: str) -> list[str]:
        """`GET /deployment/{id}/runs`: the ids of its newest runs."""
        path, tried = f"/deployment/{deployment_id}/runs", f"list the runs of deployment {deployment_id}"
        return [row.id for row in (await self.get(rows.RunsRow, path, tried, limit=_NEWEST)).data]

    async def cancel_run(self, run_id: str) -> bool:
        """`POST /run/{id}/cancel`; whether it could be: a run without a serverless call is a 500 (3.3)."""
        path, tried = f"/run/{run_id}/cancel", f"cancel run {run_id}"
        answer = await self.http.write(
            "POST", path, tried=tried, json={}, expected={500}, gone=gone.RUN, repeatable=True
        )
        return answer.status < 400

    async def run_logs(self, run_id: str) -> Sequence[str]:
        """`GET /v2/clickhouse-run-logs/{id}`: the run's log lines, in order."""
        found = await self.get_or_none(
            list[rows.LogRow], f"/v2/clickhouse-run-logs/{run_id}", f"read the logs of run {run_id}", gone.RUN
        )
        return [str(row.log or "") for row in found or []]
