"""What only the engine can tell a program, and only a program can hand to its provider: whose an object is.

The engine's default provider has an id that is random, is in the state before our first object is made, and lives as
long as the state holds any of ours: it tells two states apart, whatever their stacks are called. And a program may ask
for the outputs in its own stack's last state. Both are asked once a run and sent along as one hidden input, which the
provider keeps in its memory only. Three built-in calls answer; where one does not (an older CLI, mocks, default
providers switched off), nothing is proved and the provider takes nothing over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import invoke_async, mocks, rpc, settings

from pulumi_comfy.address import LOOKUP, type_tokens

_PROVIDER_TYPE = "pulumi:providers:pulumi-python"

_Row = Mapping[str, Any]


@dataclass(frozen=True)
class _Asked:
    """What the engine told: who this state is (None: it does not tell), and its outputs (None: it cannot be read)."""

    identity: str | None
    outputs: Mapping[str, Any] | None
    _rows: dict[tuple[str, ...], list[_Row]] = field(default_factory=dict)

    def rows(self, kinds: tuple[str, ...]) -> list[_Row]:
        """Give what the state holds of some types, looked through once. What the program only looks at is nobody's."""
        if kinds not in self._rows:
            held = {urn: one["outputs"] for urn, one in (self.outputs or {}).items() if one["type"] in kinds}
            self._rows[kinds] = [_row(urn, told) for urn, told in held.items() if not told.get(LOOKUP)]
        return self._rows[kinds]


_runs: WeakKeyDictionary[Any, asyncio.Future[_Asked]] = WeakKeyDictionary()
"""By the monitor of the run: one process may run several programs."""


def facts_for(token: str, resource_name: str, parent: pulumi.Resource | None) -> pulumi.Output[dict[str, Any]] | None:
    """Give what the provider must know to tell this resource's objects; None where nobody could be asked.

    Args:
        token: `<platform>:<Resource>`.
        resource_name: the logical name.
        parent: of the resource; None where it has none but the stack.
    """
    monitor = settings.get_monitor()
    if monitor is None or isinstance(monitor, mocks.MockMonitor):
        return None
    if monitor not in _runs:
        _runs[monitor] = asyncio.ensure_future(_ask())
    asked = _runs[monitor]

    async def tell() -> dict[str, Any]:
        told = await asked
        facts: dict[str, Any] = {"identity": told.identity} if told.identity else {}
        if told.outputs is not None:
            kinds = (*type_tokens(token), f"comfy:{token}")  # whichever shell and version wrote the state
            urns = [pulumi.create_urn(resource_name, kind, parent).future() for kind in kinds]
            facts["held"] = _that_matter(told.rows(kinds), await asyncio.gather(*urns))
        return facts

    return pulumi.Output.from_input(tell())


async def _ask() -> _Asked:
    stack, project = pulumi.get_stack(), pulumi.get_project()
    try:
        organization = pulumi.get_organization()
        # The dynamic provider has no functions, so this fails; it makes the engine register the provider.
        await asyncio.gather(invoke_async("pulumi-python:index:wake", {}), return_exceptions=True)
        urn = f"urn:pulumi:{stack}::{project}::{_PROVIDER_TYPE}::default"
        own_id = (await invoke_async("pulumi:pulumi:getResource", {"urn": urn}))["id"]
    except Exception as silent:  # noqa: BLE001  (whatever it is, nothing is proved then)
        pulumi.log.debug(f"pulumi_comfy: no identity of this state: {silent}")
        return _Asked(None, None)
    # Before the first update the id is not known.
    known = isinstance(own_id, str) and own_id != rpc.UNKNOWN
    identity = f"{organization}/{own_id}" if known else rpc.UNKNOWN
    try:
        name = f"{organization}/{project}/{stack}"
        answer = await invoke_async("pulumi:pulumi:readStackResourceOutputs", {"stackName": name})
        return _Asked(identity, answer["outputs"])
    except Exception as silent:  # noqa: BLE001  (the same)
        pulumi.log.debug(f"pulumi_comfy: cannot read what this state holds: {silent}")
        return _Asked(identity, None)


def _that_matter(rows: Sequence[_Row], urns: Sequence[str | None]) -> list[dict[str, Any]]:
    """Choose from the state what a create of this resource could mistake for something else.

    A resource that is in the state is created anew only to be replaced: then its own objects matter, and those of its
    name. For a new one all of the kind do. So a run without changes sends each resource no more than itself.
    """
    own = [row for row in rows if row["owner"] in urns]
    names = {row["name"] for row in own} - {None}
    chosen = [row for row in rows if row["owner"] in urns or row["name"] in names] if own else rows
    return [{key: value for key, value in row.items() if key != "name" and value is not None} for row in chosen]


def _row(urn: str, outputs: Mapping[str, Any]) -> _Row:
    def text(key: str) -> str | None:
        value = outputs.get(key)
        value = rpc.unwrap_rpc_secret(value) if rpc.is_rpc_secret(value) else value
        return value if isinstance(value, str) else None

    before = outputs.get("predecessors")
    return {
        "owner": urn,
        "id": text("__id"),
        "scope": text("scope"),
        "name": text("name"),
        "before": list(before) if isinstance(before, (list, tuple)) else [],
    }
