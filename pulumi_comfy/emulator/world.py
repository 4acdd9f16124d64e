"""What all emulated platforms share: settings, time, randomness, the files they hand out."""

from __future__ import annotations

from dataclasses import dataclass, field

from pulumi_comfy.emulator.clock import Clock, Scheduler
from pulumi_comfy.emulator.faults import Faults
from pulumi_comfy.emulator.files import FileStore
from pulumi_comfy.emulator.randomness import Randomness
from pulumi_comfy.emulator.request_log import RequestLog
from pulumi_comfy.emulator.settings import Settings


@dataclass
class World:
    """One emulator's surroundings."""

    randomness: Randomness
    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=Clock)
    faults: Faults = field(default_factory=Faults)
    log: RequestLog = field(default_factory=RequestLog)
    url: str = ""
    scheduler: Scheduler = field(init=False)
    files: FileStore = field(init=False)

    def __post_init__(self) -> None:
        """Tie the parts together."""
        self.scheduler = Scheduler(self.clock)
        self.files = FileStore(self.clock, self.settings, lambda: self.url)

    def reset(self) -> None:
        """Forget everything but the keys' signature, the address and the passing of time."""
        self.randomness.restart()
        self.scheduler.clear()
        self.faults.clear()
        self.log.clear()
        self.files.clear()
        defaults = Settings()
        for name in Settings.model_fields:
            setattr(self.settings, name, getattr(defaults, name))
