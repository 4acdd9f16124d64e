"""Machines and their builds (docs/platforms/comfydeploy.md 2.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pulumi_comfy.core.errors import StatusError
from pulumi_comfy.core.http.endpoints import Endpoints, parse
from pulumi_comfy.core.model import Json
from pulumi_comfy.platforms.comfydeploy.api import gone, rows
from pulumi_comfy.platforms.comfydeploy.api.lists import searchable


def _refuse_deleted(row: rows.MachineRow, tried: str) -> None:
    """A deleted machine accepts changes and even builds (6.11)."""
    if row.deleted:
        raise StatusError("COMFY2404", tried=tried, status=200, detail="the machine is deleted")


@dataclass
class BuildQueue:
    """The builds of one machine, one after the other.

    The platform builds side by side, and the build that ends last serves, whatever it was begun with (2.3.2).

    Attributes:
        lock: held from the start of a build to its end.
        asked: how many builds were asked for.
        served: how many of those the newest build serves: the ones that were asked for before it began.
        newest: that build.
    """

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    asked: int = 0
    served: int = 0
    newest: rows.MachineVersionRow | None = None


class MachinesApi(Endpoints):
    """Machines and their builds (2.3)."""

    @cached_property
    def _queues(self) -> dict[str, BuildQueue]:
        return {}

    @cached_property
    def _answers(self) -> dict[str, rows.MachineRow]:
        return {}

    def builds_of(self, machine_id: str) -> BuildQueue:
        """Give what lets this process build a machine once at a time."""
        return self._queues.setdefault(machine_id, BuildQueue())

    async def create_serverless_machine(self, fields: Mapping[str, Json]) -> rows.MachineRow:
        """`POST /machine/serverless`: the row, its first version building."""
        tried = f'create serverless machine "{fields["name"]}"'
        answer = await self.http.write("POST", "/machine/serverless", tried=tried, json=dict(fields))
        return parse(rows.MachineRow, answer.body, tried=tried, is_write=True)

    async def patch_serverless_machine(self, machine_id: str, fields: Mapping[str, Json]) -> rows.MachineRow:
        """`PATCH /machine/serverless/{id}`: what is sent and differs is changed; may start a build.

        The same fields again differ in nothing, so they may be repeated; a forced rebuild may not.
        """
        tried = f"update serverless machine {machine_id}"
        path, is_forced = f"/machine/serverless/{machine_id}", bool(fields.get("is_trigger_rebuild"))
        answer = await self.http.write("PATCH", path, tried=tried, json=dict(fields), repeatable=not is_forced)
        row = parse(rows.MachineRow, answer.body, tried=tried, is_write=True)
        _refuse_deleted(row, tried)
        self._answers[machine_id] = row
        return row

    def last_answer_of(self, machine_id: str) -> rows.MachineRow | None:
        """Give what the platform answered to this process's last change of a serverless machine."""
        return self._answers.get(machine_id)

    async def create_custom_machine(self, fields: Mapping[str, Json]) -> rows.MachineRow:
        """`POST /machine/custom`: all of name, type, endpoint and auth_token are required (2.4)."""
        tried = f'create custom machine "{fields["name"]}"'
        answer = await self.http.write("POST", "/machine/custom", tried=tried, json=dict(fields))
        return parse(rows.MachineRow, answer.body, tried=tried, is_write=True)

    async def patch_custom_machine(self, machine_id: str, fields: Mapping[str, Json]) -> rows.MachineRow:
        """`PATCH /machine/custom/{id}`: the row; null means unchanged."""
        tried = f"update custom machine {machine_id}"
        path = f"/machine/custom/{machine_id}"
        answer = await self.http.write("PATCH", path, tried=tried, json=dict(fields), repeatable=True)
        row = parse(rows.MachineRow, answer.body, tried=tried)
        _refuse_deleted(row, tried)
        return row

    async def get_machine(self, machine_id: str) -> rows.MachineRow | None:
        """`GET /machine/{id}`; None when missing, out of scope or deleted."""
        tried = f"read machine {machine_id}"
        row = await self.get_or_none(rows.MachineRow, f"/machine/{machine_id}", tried, gone.MACHINE)
        return None if row is None or row.deleted else row

    async def get_machine_version(self, machine_id: str, version_id: str) -> rows.MachineVersionRow:
        """`GET /machine/serverless/{id}/versions/{version_id}`: one build, its status and log."""
        path = f"/machine/serverless/{machine_id}/versions/{version_id}"
        tried = f"read build {version_id} of machine {machine_id}"
        return await self.get(rows.MachineVersionRow, path, tried)

    async def list_machines(self) -> list[rows.MachineRow]:
        """`GET /machines/all`: every machine, without most of its settings; read once for all who ask."""
        return await self.shared(list[rows.MachineRow], "/machines/all", "list machines")

    @property
    def has_machines_listed(self) -> bool:
        """Whether `list_machines` was called since the last write, so that it costs nothing now."""
        return self.is_shared("/machines/all")

    async def find_machines(self, name: str) -> list[rows.MachineRow]:
        """`GET /machines/all?search=`: every live machine of exactly this name."""
        search, tried = searchable(name), f'look for machine "{name}"'
        found = await self.get(list[rows.MachineRow], "/machines/all", tried, search=search)
        return [row for row in found if row.name == name and not row.deleted]

    async def delete_machine(self, machine_id: str, *, force: bool = False) -> None:
        """`DELETE /machine/{id}`: soft, repeatable; 402 while deployments use it, unless forced (2.3.3)."""
        tried = f"delete machine {machine_id}"
        params = {"force": "true"} if force else None
        path = f"/machine/{machine_id}"
        await self.remove(
            path,
            tried,
            gone=gone.MACHINE,
            is_done=gone.is_said,
            is_there=lambda: self.get_machine(machine_id),
            params=params,
            repeatable=True,
        )
