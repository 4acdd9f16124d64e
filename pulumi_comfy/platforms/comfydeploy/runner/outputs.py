"""What a run made, whatever shape its nodes gave it (3.2).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from pulumi_comfy.core.model import Json
from pulumi_comfy.inference.judge import Item
from pulumi_comfy.platforms.comfydeploy.api.rows import RunOutputRow, RunRow


def items_of(run: RunRow) -> list[Item]:
    """Flatten a run's outputs: each kind of each node's output holds a list of files or texts."""
    items = []
    for output in run.outputs:
        node = _node_of(output)
        for kind, values in output.data.items():
            for value in values if isinstance(values, list) else [values]:
                if value:
                    items.append(_item(node, kind, value))
    return items


def _node_of(output: RunOutputRow) -> str:
    told = output.node_meta.get("node_id") if isinstance(output.node_meta, dict) else None
    return str(output.node_id or told or "")


def _item(node: str, kind: str, value: Json) -> Item:
    """A file has a name and an address; what else an output holds, a text or a number, counts all the same."""
    file = value if isinstance(value, dict) else {}
    name, url = file.get("filename"), file.get("url")
    return Item(node, kind, name if isinstance(name, str) else "", None if url is None else str(url))
