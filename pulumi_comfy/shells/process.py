"""What all calls of one provider process share: an event loop, the connections, the memory, the end on Ctrl-C."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from pulumi_comfy.configuration import PRICES
from pulumi_comfy.core.attempts import settle
from pulumi_comfy.core.call import Call, Level
from pulumi_comfy.core.cancellation import Cancellation
from pulumi_comfy.core.connection import Address, Configured, Connection, address_of, connect
from pulumi_comfy.core.costs.ledger import Ledger
from pulumi_comfy.core.http.retrying import tell_retries_to
from pulumi_comfy.core.memory import Memory
from pulumi_comfy.core.platform import Platform, handler_of, platform_of
from pulumi_comfy.core.redaction import RedactingFilter, logger, redact, register_shape
from pulumi_comfy.core.secrecy import let_in
from pulumi_comfy.core.stored import SCOPE, Wire
from pulumi_comfy.shells.engine_loss import watch_input
from pulumi_comfy.shells.heap import keep_what_is_loaded, return_large_blocks
from pulumi_comfy.shells.raw_call import RawCall
from pulumi_comfy.shells.server import EngineLog, widen_and_listen
from pulumi_comfy.shells.switches import checks_enabled, costs_told

ResultT = TypeVar("ResultT")


class Process:
    """One provider process."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="pulumi_comfy", daemon=True)
        self._thread.start()
        self._cancellation = Cancellation()
        self._log = EngineLog.of_this_process()
        self._connections: dict[tuple[str, Address], Connection[Any]] = {}
        self._memories: dict[tuple[str, str | Address], Memory] = {}
        self._lock = threading.Lock()
        self._command: object = None
        self._ledger: Ledger | None = None
        self._is_server = widen_and_listen(self._cancel)
        if self._is_server:
            watch_input(self.lose)
            atexit.register(settle)
        _mask_credentials()
        _log_if_asked()

    def _serve(self) -> None:
        """Run the loop for the life of the process: an exit inside a handler ends its own call, not all of them."""
        while True:
            with suppress(SystemExit, KeyboardInterrupt):
                self._loop.run_forever()

    def _begin(self, command: object) -> None:
        """Forget what was seen in another command: the CLI starts a process for each, the test engine does not."""
        if command is None or command is self._command:
            return
        self._command, self._memories, self._ledger = command, {}, None
        for connection in self._connections.values():
            connection.client.forget()

    def run(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Run a handler's coroutine on the shared loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def call(self, token: str, configured: Configured, raw: RawCall | None, *told: Wire) -> Call[Any]:
        """Describe the engine's call to the core. What is secret is masked before anything else happens.

        Args:
            token: of the kind.
            configured: looks a configuration value up.
            raw: the call as the engine made it, where it was found.
            told: the properties that came with it, the first of which name the connection whose credential it takes.

        Raises:
            InputError: no credential, or none of this platform, or a configuration value that is not valid.
        """
        platform, handler = platform_of(token), handler_of(token)
        old_inputs = raw.old_inputs if raw else None
        secrecy = let_in(handler.inputs_model, handler.outputs_model, *told, old_inputs or {})
        connection = told[0].get("connection") if told else None
        address = address_of(platform, configured, connection if isinstance(connection, str) else None)
        with self._lock:
            self._begin(raw.command if raw else None)
            here = self._connection(platform, address)
            ledger = self._ledger = self._ledger or _ledger(configured)
        urn = raw.urn if raw else None

        def show(text: str, level: Level) -> None:
            self._log.show(redact(text), level, urn.text if urn else "")

        tell_retries_to(lambda text: show(text, Level.PROGRESS))
        return Call(
            connection=here,
            cancellation=self._cancellation,
            urn=urn,
            timeout=raw.timeout if raw else None,
            old_inputs=old_inputs,
            stored_scope=next((one[SCOPE] for one in told if isinstance(one.get(SCOPE), str)), None),
            ignored=raw.ignored if raw else frozenset(),
            configured=configured,
            checks_enabled=checks_enabled(configured),
            ledger=ledger if costs_told(configured) else None,
            secrecy=secrecy,
            show=show,
        )

    def _connection(self, platform: Platform[Any], address: Address) -> Connection[Any]:
        """Give the connection, made at the first call; keys that tell the same account share what was seen of it."""
        known = self._connections.get((platform.key, address))
        if known is None:
            known = connect(platform, address, cancellation=self._cancellation)
            self._connections[platform.key, address] = known
            keep_what_is_loaded()  # this platform, too
        known.memory = self._memory(platform.key, address, known)
        return known

    def _memory(self, platform: str, address: Address, connection: Connection[Any]) -> Memory:
        """Give what was seen with a credential, also before it was known whose it is, or with others of its account."""
        own = self._memories.setdefault((platform, address), Memory(scope=connection.scope))
        if not connection.account or connection.scope is None:
            return own
        shared = self._memories.setdefault((platform, connection.scope), own)
        if own is not shared:
            own.join(shared)
            self._memories[platform, address] = shared
        return shared

    def lose(self) -> None:
        """The engine is gone: nothing more is written, and a provider's process ends."""
        self._loop.call_soon_threadsafe(self._cancellation.lose)
        if self._is_server:
            logger.debug("the engine is gone")
            os._exit(1)

    def _cancel(self) -> None:
        self._loop.call_soon_threadsafe(self._cancellation.set)


_process: Process | None = None
_process_lock = threading.Lock()


def the_process() -> Process:
    """Give this process's own, made at the first call; `cache` would make one for each call that comes at once."""
    global _process
    with _process_lock:
        if _process is None:
            return_large_blocks()
            _process = Process()
        return _process


def _ledger(configured: Configured) -> Ledger:
    file = PRICES.value(configured)
    return Ledger(Path(file) if file else None)


def _mask_credentials() -> None:
    """Mask what looks like a credential too: the protocol does not tell which inputs the program marked as secret."""
    from pulumi_comfy.workflows.secrets import CREDENTIAL  # only a provider reads workflows, not every import of us

    register_shape(CREDENTIAL)


def _log_if_asked() -> None:
    """`PULUMI_COMFY_LOG=debug` sends our log to stderr, which the engine shows; secrets are masked by the filter."""
    level = os.environ.get("PULUMI_COMFY_LOG", "").upper()
    if level in ("DEBUG", "INFO", "WARNING"):
        handler = logging.StreamHandler()
        handler.addFilter(RedactingFilter())
        logger.addHandler(handler)
        logger.setLevel(level)
