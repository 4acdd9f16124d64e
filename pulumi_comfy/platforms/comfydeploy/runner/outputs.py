"""What a run made, whatever shape its nodes gave it (3.2).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from pulumi_comfy.deploy_protocol.runs import items_in
from pulumi_comfy.inference.judge import Item
from pulumi_comfy.platforms.comfydeploy.api.rows import RunOutputRow, RunRow


def items_of(run: RunRow) -> list[Item]:
    """Flatten a run's outputs: each kind of each node's output holds a list of files or texts."""
    return [item for output in run.outputs for item in items_in(output.data, _node_of(output))]


def _node_of(output: RunOutputRow) -> str:
    told = output.node_meta.get("node_id") if isinstance(output.node_meta, dict) else None
    return str(output.node_id or told or "")
