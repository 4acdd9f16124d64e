"""What all emulated platforms share: settings, time, randomness, the files they hand out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pulumi_comfy.emulator.clock import Clock
from pulumi_comfy.emulator.faults import Faults
from pulumi_comfy.emulator.files import FileStore
from pulumi_comfy.emulator.randomness import Randomness
from pulumi_comfy.emulator.request_log import RequestLog
from pulumi_comfy.emulator.settings import Settings

T = TypeVar("T")


@dataclass
class World:
    """One emulator's surroundings."""

    randomness: Randomness
    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=Clock)
    faults: Faults = field(default_factory=Faults)
    log: RequestLog = field(default_factory=RequestLog)
    url: str = ""
    files: FileStore = field(init=False)
    # Runs something where the requests are handled; None while nothing is served.
    caller: Callable[[Callable[[], Any]], Any] | None = None

    def __post_init__(self) -> None:
        """Tie the parts together."""
        self.files = FileStore(self.clock, self.settings, lambda: self.url)

    def inside(self, action: Callable[[], T]) -> T:
        """Run `action` between two requests, never during one, and return what it returns."""
        if self.caller is None:
            return action()
        answer: T = self.caller(action)
        return answer

    def reset(self) -> None:
        """Forget everything but the keys' signature, the address and the passing of time."""
        self.randomness.restart()
        self.faults.clear()
        self.log.clear()
        self.files.clear()
        self.settings.put_back()
