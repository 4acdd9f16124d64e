"""What one ComfyUI has on its disk: node classes, models, folders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from pulumi_comfy.emulator.comfyui.folders import Folders
from pulumi_comfy.emulator.comfyui.node_classes import CLASSES, NEWER
from pulumi_comfy.emulator.comfyui.node_specs import NodeClass, Spec
from pulumi_comfy.emulator.settings import Adjustable
from pulumi_comfy.emulator.world import World

_ALWAYS_THERE = {"vae": ("pixel_space",)}


class InstallationSettings(Adjustable):
    """What every platform that shows its ComfyUI lets a test turn."""

    # Folder to names of model files: {"checkpoints": ["a.safetensors"]}.
    models: dict[str, list[str]] = {}
    # Of these only the name is right.
    corrupt_models: list[str] = []
    # Whether what the last prompt did is taken again.
    keeps_results: bool = True
    # How long a job goes on after it was interrupted.
    interrupt_seconds: float = Field(default=0.0, ge=0)

    @property
    def is_newer(self) -> bool:
        """Whether it is of late 2025 or after."""
        return True


class Installation:
    """One ComfyUI, without its queue.

    Args:
        world: What it shares with everything else.
        settings: Its own.
        more_classes: Classes of node packs.
    """

    def __init__(
        self, world: World, settings: InstallationSettings, more_classes: dict[str, NodeClass] | None = None
    ) -> None:
        self.world = world
        self.settings = settings
        self.folders = Folders()
        self.more_classes: dict[str, NodeClass] = {} if more_classes is None else more_classes

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
