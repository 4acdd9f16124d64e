"""Workflow documents that no stack's state holds, read from their platforms for the words of a plan.

Nothing but words depends on it: where there is no key at hand, or no answer, the plan tells the digests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from pulumi_comfy import workflows
from pulumi_comfy.core.connection import address_of, connect
from pulumi_comfy.core.errors import ComfyError
from pulumi_comfy.core.http.retrying import RetryPolicy
from pulumi_comfy.core.platform import DocumentTexts, platform_of
from pulumi_comfy.promotion.pins import Pin, Release

_AT_MOST_SECONDS = 20.0
"""A person waits, and nothing is decided by it."""


def read_documents(
    before: Mapping[str, Pin], after: Mapping[str, Pin], configured: Mapping[str, str], releases: Sequence[Release]
) -> dict[str, workflows.Document]:
    """Read what no release holds of the documents of pins that differ, by digest; nothing of what a program hides.

    Args:
        before: what serves, by name.
        after: what may come in its place.
        configured: the target's configuration that is not secret; the environment wins.
        releases: the stacks that are looked at.
    """
    pairs = [(before[name], pin) for name, pin in after.items() if name in before and not before[name].is_same(pin)]
    held = {digest for one in releases for digest in one.documents}
    hidden = frozenset().union(*(one.hidden for one in releases))
    missing = [pin for pair in pairs for pin in pair if _digest(pin) not in {None, *held} and not _is_of(pin, hidden)]
    return asyncio.run(_read_all([pin for pin in missing if pin.is_version], configured)) if missing else {}


def _is_of(pin: Pin, hidden: frozenset[str]) -> bool:
    return not hidden.isdisjoint(map(str, (*pin.of.values(), *pin.values.values())))


async def _read_all(pins: Iterable[Pin], configured: Mapping[str, str]) -> dict[str, workflows.Document]:
    found = {}
    for pin in pins:
        try:
            texts = await asyncio.wait_for(_read(pin, configured), _AT_MOST_SECONDS)
            document = workflows.parse(*texts) if texts else None
        except (ComfyError, workflows.WorkflowError, asyncio.TimeoutError):
            continue
        if document is not None and document.digest == _digest(pin):
            found[document.digest] = document
    return found


async def _read(pin: Pin, configured: Mapping[str, str]) -> DocumentTexts | None:
    platform = platform_of(pin.token)
    if platform.read_document is None:
        return None
    connection = connect(platform, address_of(platform, configured.get, pin.connection), retry=RetryPolicy(attempts=1))
    async with connection.client.http:
        return await platform.read_document(connection.client, pin.object_id, pin.version)


def _digest(pin: Pin) -> str | None:
    return pin.digests.get("workflowDigest")
