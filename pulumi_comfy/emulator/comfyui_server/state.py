"""What is on the server's disk: users and their files beside what every ComfyUI has."""

from __future__ import annotations

import re

from pulumi_comfy.emulator.comfyui.installation import Installation
from pulumi_comfy.emulator.comfyui.userdata import UserData
from pulumi_comfy.emulator.comfyui_server.settings import ComfyUISettings
from pulumi_comfy.emulator.world import World


class State(Installation):
    """Everything but the queue."""

    settings: ComfyUISettings

    def __init__(self, world: World, settings: ComfyUISettings) -> None:
        super().__init__(world, settings)
        self.userdata = UserData(world.clock)
        # Id to name, of a server with several users.
        self.users: dict[str, str] = {}

    def new_user(self, name: str) -> str:
        """Give somebody a profile, and return its id: the name in lower case, and what nobody guesses."""
        slug = re.sub(r"[^a-z0-9_-]+", "-", name.strip().lower())
        user = f"{slug}_{self.world.randomness.uuid()}"
        self.users[user] = name
        return user

    def clear(self) -> None:
        """Empty everything."""
        self.folders.clear()
        self.userdata.profiles.clear()
        self.users.clear()
        self.more_classes.clear()
