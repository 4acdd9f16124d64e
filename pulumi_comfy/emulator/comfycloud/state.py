"""The platform's contents in memory: keys, and what each workspace holds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pulumi_comfy.emulator.clock import Scheduler
from pulumi_comfy.emulator.comfycloud.settings import CloudSettings
from pulumi_comfy.emulator.comfyui.installation import Installation
from pulumi_comfy.emulator.comfyui.node_specs import NodeClass
from pulumi_comfy.emulator.comfyui.userdata import UserData
from pulumi_comfy.emulator.comfyui.worker import Worker
from pulumi_comfy.emulator.world import World

# Column name to value; moments are datetimes in columns that end with `_at`.
Row = dict[str, Any]


@dataclass(frozen=True)
class Account:
    """Who asks: a user in one workspace, to which the key belongs."""

    user: str
    workspace: str


class Workspace:
    """One workspace's queue, files and documents of the editor."""

    def __init__(self, state: State) -> None:
        self.comfyui = Installation(state.world, state.settings, state.more_classes)
        self.worker = Worker(self.comfyui, state.scheduler, lambda: state.settings.run_limit_seconds)
        self.userdata = UserData(state.world.clock)


class State:
    """All tables."""

    def __init__(self, world: World, scheduler: Scheduler, settings: CloudSettings) -> None:
        self.world = world
        self.scheduler = scheduler
        self.settings = settings
        self.more_classes: dict[str, NodeClass] = {}
        # Key to whose it is; keys outlive a reset.
        self.keys: dict[str, Account] = {}
        self.workspaces: dict[str, Workspace] = {}
        self.workflows: dict[str, Row] = {}
        # Versions of workflows, oldest first.
        self.versions: list[Row] = []
        # By share id.
        self.publications: dict[str, Row] = {}
        self.assets: dict[str, Row] = {}
        # Job id to workspace, user, and the saved workflow and version that it was submitted for.
        self.jobs: dict[str, Row] = {}

    def new_key(self, account: Account) -> str:
        """A key, which says nothing of its workspace."""
        key = f"comfyui-{self.world.randomness.opaque(account, len(self.keys))}"
        self.keys[key] = account
        return key

    def of(self, workspace: str) -> Workspace:
        """A workspace, empty at first."""
        return self.workspaces.setdefault(workspace, Workspace(self))

    def content_name(self, content: bytes, suffix: str) -> str:
        """What an upload is called: by what it holds."""
        return f"{hashlib.sha256(content).hexdigest()}{suffix}"

    def new_id(self) -> str:
        """A fresh UUID."""
        versions = {row["id"] for row in self.versions}
        return self.world.randomness.new_id(self.workflows, self.jobs, self.publications, versions)

    def clear(self) -> None:
        """Empty all tables; keys stay."""
        tables: tuple[dict[str, Any], ...] = (
            self.workspaces,
            self.workflows,
            self.publications,
            self.assets,
            self.jobs,
        )
        for table in (*tables, self.more_classes):
            table.clear()
        self.versions.clear()


def spelled(moment: datetime) -> str:
    """A moment as the platform writes it."""
    return moment.isoformat(timespec="microseconds") + "Z"
