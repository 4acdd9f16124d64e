"""What a run's result tells: its files and texts, how long it took, and why it failed.

Facts: docs/platforms/runcomfy.md 4.3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pulumi_comfy.core.http.answers import detail_of
from pulumi_comfy.inference.judge import Item
from pulumi_comfy.platforms.runcomfy.api import ResultRow


def items_of(result: ResultRow) -> list[Item]:
    """Flatten outputs: by node and channel, each a list of files or of texts, which may be nested."""
    return [
        Item(node, kind, _text(value, "filename"), _text(value, "url") or None)
        for node, channels in result.outputs.items()
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


def _text(value: Any, name: str) -> str:
    told = value.get(name) if isinstance(value, Mapping) else None
    return told if isinstance(told, str) else ""


def seconds_of(result: ResultRow) -> float | None:
    """Give the time from the request to its end, the wait included: the platform tells no other."""
    try:
        begun, ended = map(_moment, (result.created_at, result.finished_at))
        return max(0.0, (ended - begun).total_seconds())
    except (TypeError, ValueError):
        return None


def _moment(told: str | None) -> datetime:
    return datetime.fromisoformat((told or "").replace("Z", "+00:00"))


def reasons(error: Any) -> str:
    """Give the end of a sentence with what failed: a list, an object or a text."""
    rows = error if isinstance(error, list) else [error] if error else []
    words = [detail_of({"detail": _reason(row)}) for row in rows]
    return f": {'; '.join(words)}" if words else ""


def _reason(row: Any) -> str:
    told = next(filter(None, (_text(row, name) for name in ("error", "message", "debugInfo"))), None)
    return told or str(row)


def host_of(url: str) -> str:
    """Give the host of a URL; empty where it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
