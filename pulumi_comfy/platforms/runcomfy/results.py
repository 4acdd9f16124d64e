"""What a run's result tells: its files and texts, and why it failed.

Facts: docs/platforms/runcomfy.md 4.3.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pulumi_comfy.comfyui_protocol import outputs
from pulumi_comfy.comfyui_protocol.outputs import text_in
from pulumi_comfy.core.http.answers import detail_of
from pulumi_comfy.inference.judge import Item
from pulumi_comfy.platforms.runcomfy.api import ResultRow

_MOST_REASONS = 3
"""Errors of one run that are told."""


def items_of(result: ResultRow) -> list[Item]:
    """Flatten outputs."""
    return outputs.items_of(result.outputs, lambda file: text_in(file, "url") or None)


def reasons(error: Any) -> str:
    """Give the end of a sentence with what failed: a list, an object or a text."""
    rows = error if isinstance(error, list) else [error] if error else []
    words = [detail_of({"detail": _reason(row)}) for row in rows[:_MOST_REASONS]]
    more = f" and {len(rows) - _MOST_REASONS} more" if len(rows) > _MOST_REASONS else ""
    return f": {'; '.join(words)}{more}" if words else ""


def _reason(row: Any) -> str:
    told = next(filter(None, (text_in(row, name) for name in ("error", "message", "debugInfo"))), None)
    return told or str(row)


def host_of(url: str) -> str:
    """Give the host of a URL; empty where it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
