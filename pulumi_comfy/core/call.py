"""What a handler is given besides its data: who calls, how long it may take, how to report, when to stop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Generic, TypeVar

from pulumi_comfy.core.errors import CancelledWaitError
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.names import Urn
from pulumi_comfy.core.secrecy import Secrecy

ClientT = TypeVar("ClientT")


class Level(IntEnum):
    """How a line is shown: live on the resource's row, or kept among the diagnostics."""

    PROGRESS = 0
    INFO = 1
    WARNING = 2


class Cancellation:
    """Set once, when the engine says stop; every wait of the process ends. Belongs to one event loop."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    @property
    def is_set(self) -> bool:
        """Whether the engine has said stop."""
        return self._event.is_set()

    def set(self) -> None:
        """End every wait; call it on the loop's own thread."""
        self._event.set()

    async def sleep(self, seconds: float, *, tried: str) -> None:
        """Sleep, or end early with an error when the engine says stop.

        Raises:
            CancelledWaitError: the engine said stop.
        """
        try:
            await asyncio.wait_for(self._event.wait(), timeout=seconds)
        except asyncio.TimeoutError:
            return
        raise CancelledWaitError("COMFY3003", tried=tried, got="stopped by Ctrl-C while waiting")


class Memory:
    """What one provider process has seen: the ids its stack holds, and which of them are about to be replaced.

    The protocol tells neither `create` nor `delete` of it, and both need it: a replacement must not mistake
    the object it replaces for a stranger, and a machine that is going away needs no rebuild.
    """

    def __init__(self) -> None:
        self._ids_by_urn: dict[str, set[str]] = {}
        self._checked: set[str] = set()
        self._declared: set[str] = set()
        self._replaced: set[str] = set()
        self._taken: set[str] = set()
        self._owners: dict[str, Urn] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}

    def checked(self, urn: Urn | None) -> None:
        """Note that the program declares this resource: the engine checks in no refresh and in no destroy."""
        if urn is not None:
            self._checked.add(urn.text)

    def is_checked(self, urn: Urn | None) -> bool:
        """Tell whether the program declares this resource; True where the shell cannot tell which one it is."""
        return urn is None or urn.text in self._checked

    def saw(self, urn: Urn | None, object_id: str, predecessors: Iterable[str] = (), *, replaces: bool) -> None:
        """Note what the engine asked to diff, a refresh does so too, and what it once replaced."""
        if self.is_checked(urn):
            self._declared.add(object_id)
        if urn is not None:
            self._ids_by_urn.setdefault(urn.text, set()).update((object_id, *predecessors))
        self.holds(urn, object_id)
        (self._replaced.add if replaces else self._replaced.discard)(object_id)

    def holds(self, urn: Urn | None, object_id: str) -> None:
        """Note whose an object is."""
        if urn is not None:
            self._owners[object_id] = urn

    def takes(self, urn: Urn | None, object_id: str) -> None:
        """Note that a create of this run takes over an object that exists."""
        if urn is not None:
            self.holds(urn, object_id)
            self._taken.add(object_id)

    def is_taken(self, object_id: str) -> bool:
        """Tell whether a create of this run took the object over."""
        return object_id in self._taken

    def ids_of(self, urn: Urn | None) -> frozenset[str]:
        """Give the ids that the stack is known to hold under a URN."""
        return frozenset(self._ids_by_urn.get(urn.text, ())) if urn else frozenset()

    def owner_of(self, object_id: str, urn: Urn | None) -> str | None:
        """Give the name of another resource than `urn` that is known to hold an object; None when none is."""
        owner = self._owners.get(object_id)
        return None if owner is None or owner == urn else owner.name

    def stays(self, object_id: str) -> bool:
        """Tell whether the program declares the object and keeps it."""
        return object_id in self._declared and object_id not in self._replaced

    def is_replaced(self, object_id: str) -> bool:
        """Tell whether the object is about to be replaced in this run."""
        return object_id in self._replaced

    def lock(self, token: str, natural_key: str | None) -> AbstractAsyncContextManager[Any]:
        """Let creates of the same natural key look and insert one after the other; None: there is none."""
        if natural_key is None:
            return nullcontext()
        return self._locks.setdefault((token, natural_key), asyncio.Lock())


@dataclass
class Call(Generic[ClientT]):
    """One operation of the engine on one resource.

    Attributes:
        client: the platform's typed client.
        scope: the account the key belongs to, e.g. `api.comfydeploy.com/org_123`.
        urn: who calls; None where the shell cannot tell.
        timeout: seconds from the program's `custom_timeouts`; None when it sets none.
        old_inputs: the inputs in the state; None where the shell cannot tell.
        checks_enabled: False when `comfy:inferenceChecks` is off.
        secrecy: which places of the inputs are secret: no line may tell what is there.
        show: shows a line; see `progress`, `inform` and `warn`.
        scratch: what `insert` hands to `complete` besides the id.
    """

    client: ClientT
    scope: str
    cancellation: Cancellation
    memory: Memory
    urn: Urn | None = None
    timeout: float | None = None
    old_inputs: Mapping[str, Json] | None = None
    checks_enabled: bool = True
    secrecy: Secrecy = field(default_factory=Secrecy)
    show: Callable[[str, Level], None] = lambda _text, _level: None
    scratch: dict[str, Any] = field(default_factory=dict)
    _started: float = field(default_factory=time.monotonic)

    @property
    def name(self) -> str:
        """The resource's logical name, for errors and lines."""
        return self.urn.name if self.urn else "the resource"

    def progress(self, text: str) -> None:
        """Show a line on the resource's own row while it waits."""
        self.show(text, Level.PROGRESS)

    def inform(self, text: str) -> None:
        """Leave a line among the diagnostics."""
        self.show(text, Level.INFO)

    def warn(self, text: str) -> None:
        """Leave a warning among the diagnostics."""
        self.show(text, Level.WARNING)

    def seconds_left(self, default_timeout: float) -> float:
        """Seconds until the operation's deadline: the program's timeout, or the resource's own default."""
        return (self.timeout or default_timeout) - (time.monotonic() - self._started)
