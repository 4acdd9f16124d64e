"""What a handler is given besides its data: who calls, how long it may take, how to report, when to stop."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Generic, TypeVar

from pulumi_comfy.configuration import Setting
from pulumi_comfy.core.attempts import Attempts, Note
from pulumi_comfy.core.cancellation import Cancellation
from pulumi_comfy.core.connection import Configured, Connection
from pulumi_comfy.core.costs.ledger import Ledger
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.memory import Facts, Memory
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.names import Urn, automatic_name
from pulumi_comfy.core.secrecy import Secrecy

ClientT = TypeVar("ClientT")


class Level(IntEnum):
    """How a line is shown: live on the resource's row, or kept among the diagnostics."""

    PROGRESS = 0
    INFO = 1
    WARNING = 2


@dataclass
class Call(Generic[ClientT]):
    """One question of the engine about one resource: a check, a diff, a create, ...

    Attributes:
        connection: the platform and the credential.
        urn: who calls; None where the shell cannot tell.
        timeout: seconds from the program's `custom_timeouts`; None when it sets none.
        old_inputs: the inputs in the state; None where the shell cannot tell.
        ignored: the inputs, and places in them, whose changes the program ignores, by their names on the wire.
        stored_scope: the account that the state tells, where this process has not asked for it yet.
        attempts: the notes of creates that were begun on this machine.
        configured: looks a value of the stack's configuration up by its full key.
        checks_enabled: False when `comfy:inferenceChecks` is off.
        ledger: what this command has seen of the stack's money; None when `comfy:costs` is off.
        secrecy: which places of the inputs are secret: no line may tell what is there.
        show: shows a line; see `progress`, `inform` and `warn`.
    """

    connection: Connection[ClientT]
    cancellation: Cancellation
    urn: Urn | None = None
    timeout: float | None = None
    old_inputs: Mapping[str, Json] | None = None
    ignored: Set[str] = frozenset()
    stored_scope: str | None = None
    attempts: Attempts = field(default_factory=Attempts)
    configured: Configured = lambda _key: None
    checks_enabled: bool = True
    ledger: Ledger | None = None
    secrecy: Secrecy = field(default_factory=Secrecy)
    show: Callable[[str, Level], None] = lambda _text, _level: None
    client: ClientT = field(init=False)
    """The platform's typed client."""
    memory: Memory = field(init=False)
    """What this command has seen with this credential."""
    _started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.client, self.memory = self.connection.client, self.connection.memory

    @property
    def scope(self) -> str:
        """The account that the key belongs to; the host while it is not known."""
        return self.connection.scope or self.connection.host

    @property
    def name(self) -> str:
        """The resource's logical name, for errors and lines."""
        return self.urn.name if self.urn else "the resource"

    @property
    def facts(self) -> Facts:
        """What the program told of the resource besides its inputs."""
        return self.memory.facts_of(self.urn)

    @property
    def automatic_name(self) -> str | None:
        """The name by which an object is known to be this resource's; None when nothing would prove it."""
        identity = self.facts.identity
        return automatic_name(identity, self.urn) if identity and self.urn else None

    def setting(self, setting: Setting, pattern: str, words: str) -> str:
        """Give a value of the configuration.

        Args:
            setting: which.
            pattern: what the whole value must match.
            words: what it should be, e.g. `a whole number`.

        Raises:
            InputError: it is not.
        """
        value = setting.value(self.configured) or ""
        if not re.fullmatch(pattern, value):
            got = f"comfy:{setting.key} is {value!r}"
            todo = f"Set it, or {setting.environment}, to {words}."
            raise InputError("COMFY1104", tried="read the configuration", got=got, todo=todo)
        return value

    def note_attempt(self, place: str = "", trace: str = "") -> None:
        """Note before a create's write that it is begun; without an identity nobody could tell whose note it is."""
        if key := self._attempt:
            self.attempts.begin(place, trace, *key)

    def note_made(self, object_id: str) -> None:
        """Note at once what was made: the engine hears of it only when all the rest of the create is done."""
        if key := self._attempt:
            self.attempts.made(object_id, *key)

    def note_left(self, trace: str, object_id: str) -> None:
        """Note before what was left is taken over how it is to stand then: that may be broken off too."""
        if key := self._attempt:
            self.attempts.bring(trace, object_id, *key)

    def note_told(self, ids: Sequence[str]) -> None:
        """Note that people have been told of these ids."""
        if key := self._attempt:
            self.attempts.tell_of(ids, *key)

    def forget_attempt(self) -> None:
        """Drop the note: the state holds what was made, or nothing was."""
        if key := self._attempt:
            self.attempts.forget(*key)

    def tell_attempt(self, object_id: str) -> None:
        """Drop the note when the engine has had the time to save what it is about to hear."""
        if key := self._attempt:
            self.attempts.told(object_id, *key)

    @property
    def attempt(self) -> Note | None:
        """The note of a create of this resource that was begun on this machine and not seen to end."""
        return self.attempts.of(*self._attempt) if self._attempt else None

    @property
    def was_attempted(self) -> bool:
        """Whether there is one."""
        return self.attempt is not None

    def has_made(self, object_id: str) -> bool:
        """Tell whether such a create has made this."""
        note = self.attempt
        return note is not None and object_id in note.ids

    def has_begun(self, trace: str, object_id: str) -> bool:
        """Tell whether such a create was about to leave this, and has not made something else."""
        note = self.attempt
        return note is not None and bool(trace) and note.leaves(trace) and not note.refutes(object_id)

    @property
    def _attempt(self) -> tuple[str, ...]:
        scope = self.connection.scope or self.stored_scope or self.connection.host
        identity = self.facts.identity
        return (identity, scope, self.urn.text) if identity and self.urn else ()

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
