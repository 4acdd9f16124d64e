"""What a run made, as items: by node and channel, each a list of files or of texts, which may be nested.

Facts: docs/comfyui-protocol.md 3.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from pulumi_comfy.inference.judge import Item


def items_of(outputs: Mapping[str, Any], url_of: Callable[[Mapping[str, Any]], str | None]) -> list[Item]:
    """Flatten outputs.

    Args:
        outputs: as the server tells them.
        url_of: gives the URL of a file's row.
    """
    return [
        Item(node, kind, text_in(value, "filename"), url_of(value) if isinstance(value, Mapping) else None)
        for node, channels in outputs.items()
        for kind, values in (channels.items() if isinstance(channels, dict) else ())
        for value in _flat(values)
    ]


def _flat(values: Any) -> Iterator[Any]:
    """Give files and texts at any depth; what is neither (ComfyUI's `animated`: true) is no output."""
    for value in values if isinstance(values, list) else [values]:
        if isinstance(value, list):
            yield from _flat(value)
        elif value and isinstance(value, dict | str):
            yield value


def text_in(value: Any, name: str) -> str:
    """Give a text of a row; empty where there is none."""
    told = value.get(name) if isinstance(value, Mapping) else None
    return told if isinstance(told, str) else ""


def view_path(file: Mapping[str, Any]) -> str | None:
    """Give the path and query by which a server shows a file; None where it has no name."""
    name = text_in(file, "filename")
    if not name:
        return None
    asked = {"filename": name, "subfolder": text_in(file, "subfolder"), "type": text_in(file, "type") or "output"}
    return f"/api/view?{urlencode(asked)}"
