"""Runs: what they are given by name, and what they made, whatever shape its nodes gave it.

Facts: docs/platforms/comfydeploy.md 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_comfy.core.model import Json
from pulumi_comfy.inference.judge import Item


def inputs_of(check: Any) -> dict[str, Json]:
    """Give the run inputs of what is both: settings of a check, and inputs by name; none while not known."""
    return dict(check.inputs) if isinstance(check.inputs, Mapping) else {}


def items_in(data: Mapping[str, Json], node: str) -> Iterator[Item]:
    """Flatten one output: each kind holds a list of files or texts.

    A file has a name and an address; what else an output holds, a text or a number, counts all the same.
    """
    for kind, values in data.items():
        for value in values if isinstance(values, list) else [values]:
            if value:
                file = value if isinstance(value, dict) else {}
                name, url = file.get("filename"), file.get("url")
                yield Item(node, kind, name if isinstance(name, str) else "", None if url is None else str(url))
