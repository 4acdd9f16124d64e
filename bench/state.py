"""What a resource costs in the stack's state."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator

from bench.service import PROMPT, a_workflow, platform

MEGABYTE = 1_000_000


def state_rows() -> Iterator[tuple[str, str, str, bool]]:
    """Measure the provider's text, and how often a large workflow is stored."""
    large = copy.deepcopy(PROMPT)
    large["4"]["inputs"]["text"] = "x" * MEGABYTE
    with platform(lambda: a_workflow(large) and None) as (_emulator, stack):
        stack.up()
        row = stack.resource("workflow")
        stored = len(json.dumps(row)) / MEGABYTE
        provider = len(row["outputs"]["__provider"])
    yield "bytes of the provider in the state, per resource", str(provider), "< 100", provider < 100
    yield "state of a 1 MB workflow, in MB", f"{stored:.2f}", "< 1.1", stored < 1.1
