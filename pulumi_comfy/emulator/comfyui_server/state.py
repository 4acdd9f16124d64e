"""What is on the server's disk and in its configuration: users, files, models, node classes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pulumi_comfy.emulator.comfyui.node_classes import CLASSES, NEWER
from pulumi_comfy.emulator.comfyui.node_specs import NodeClass, Spec
from pulumi_comfy.emulator.comfyui_server.folders import Folders
from pulumi_comfy.emulator.comfyui_server.settings import ComfyUISettings
from pulumi_comfy.emulator.comfyui_server.userdata import UserData
from pulumi_comfy.emulator.world import World

_ALWAYS_THERE = {"vae": ("pixel_space",)}


class State:
    """Everything but the queue."""

    def __init__(self, world: World, settings: ComfyUISettings) -> None:
        self.world = world
        self.settings = settings
        self.folders = Folders()
        self.userdata = UserData(world.clock)
        # Id to name, of a server with several users.
        self.users: dict[str, str] = {}
        # Classes of node packs.
        self.more_classes: dict[str, NodeClass] = {}

    def new_user(self, name: str) -> str:
        """Give somebody a profile, and return its id: the name in lower case, and what nobody guesses."""
        slug = re.sub(r"[^a-z0-9_-]+", "-", name.strip().lower())
        user = f"{slug}_{self.world.randomness.uuid()}"
        self.users[user] = name
        return user

    def classes(self) -> dict[str, NodeClass]:
        """What it knows, with today's files in the lists."""
        gone = set(self.world.settings.missing_node_classes) | (set() if self.settings.is_newer else NEWER)
        known = {**{name: told for name, told in CLASSES.items() if name not in gone}, **self.more_classes}
        return {name: self.filled_in(told) for name, told in known.items() if name not in gone}

    def filled_in(self, told: NodeClass) -> NodeClass:
        """A class with the lists of files that its inputs offer."""
        inputs = {
            kind: {name: self._listed(spec) for name, spec in ones.items()} for kind, ones in told["input"].items()
        }
        return {**told, "input": inputs}

    def _listed(self, spec: Spec | str) -> Spec | str:
        if isinstance(spec, str):
            return spec
        kind = self.files(spec[0][1:]) if isinstance(spec[0], str) and spec[0].startswith("@") else spec[0]
        options = dict(spec[1]) if len(spec) > 1 else {}
        if isinstance(options.get("options"), str):
            options["options"] = self.files(options["options"][1:])
        return [kind, options] if len(spec) > 1 else [kind]

    def files(self, folder: str) -> list[str]:
        """What a list offers: uploads, or models."""
        if folder == "input":
            return self.folders.top_level()
        missing = self.world.settings.missing_models
        found = [name for name in self.settings.models.get(folder, ()) if name not in missing]
        return [*sorted(found), *_ALWAYS_THERE.get(folder, ())]

    def add_classes(self, object_info: Mapping[str, Mapping[str, Any]]) -> None:
        """Install node classes, or replace them.

        Raises:
            ValueError: One does not say what it takes and gives.
        """
        for name, told in object_info.items():
            if not isinstance(told.get("input"), Mapping) or not isinstance(told.get("output"), (list, tuple)):
                raise ValueError(f"{name} is no class as object_info has it: it needs input and output")
        self.more_classes.update({name: {"output_node": False, **told} for name, told in object_info.items()})

    def clear(self) -> None:
        """Empty everything."""
        self.folders.clear()
        self.userdata.profiles.clear()
        self.users.clear()
        self.more_classes.clear()
