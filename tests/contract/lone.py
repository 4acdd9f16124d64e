"""One resource on the emulated platform without an engine: the lifecycle, and the state that a shell would keep.

A hundred times quicker than an engine, so that every fault can meet every request. Each operation has a client and a
memory of its own, as each `pulumi` command has a process of its own.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import re
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from exam import Entry, Row, fingerprint
from pydantic.alias_generators import to_camel

from pulumi_comfy.core import creation, lifecycle
from pulumi_comfy.core.attempts import Attempts
from pulumi_comfy.core.call import Call, Level
from pulumi_comfy.core.cancellation import Cancellation
from pulumi_comfy.core.check import check
from pulumi_comfy.core.connection import Address, connect
from pulumi_comfy.core.diff import Difference
from pulumi_comfy.core.errors import ComfyError
from pulumi_comfy.core.foresight import foresee
from pulumi_comfy.core.http.retrying import tell_retries_to
from pulumi_comfy.core.leftovers import what_is_left
from pulumi_comfy.core.memory import Facts
from pulumi_comfy.core.model import DOCUMENT, fields_marked
from pulumi_comfy.core.names import Urn
from pulumi_comfy.core.secrecy import let_in
from pulumi_comfy.core.stored import SCOPE, PartialFailure

_notes, _numbers = TemporaryDirectory(), count()
"""A folder for what each notes on its machine: one after the other in one that is gone with this process."""
atexit.register(_notes.cleanup)


class Lone:
    """A stack of one resource, `it`.

    Args:
        entry: what it is.
        emulator: where its platform is.
        api: the platform's own API, for what is done by hand.
        key: the stack's credential.
    """

    def __init__(self, entry: Entry, emulator: Any, api: httpx.Client, key: str) -> None:
        self.name, self.kind, self.emulator, self.api, self.key = entry.name, entry.declared, emulator, api, key
        self.examinee, self.emulated = entry.examinee, entry.examinee.emulated(emulator)
        self.url: str = self.emulated.url
        self.handler = entry.examinee.platform.handlers[entry.name]
        self.arguments: dict[str, Any] = {**self.kind.needs_by_hand(self.emulated, api), **self.kind.arguments}
        # What it needs is finished, however busy this machine is: else the resource would wait for a build and say so.
        emulator.clock.advance(emulator.settings.build_seconds)
        self.id: str | None = None
        self.outputs: dict[str, Any] = {}
        self.inputs: dict[str, Any] = {}
        """What the state holds of the program's inputs."""
        self._declared: dict[str, Any] = {}
        self.is_unfinished = False
        self.doomed: list[tuple[str, dict[str, Any]]] = []  # replaced and not deleted yet
        self.lines: list[str] = []
        self.progress: list[str] = []
        self.transport: Callable[[], httpx.AsyncBaseTransport] | None = None
        self.others: set[str] = set()
        self.timeout: float | None = None
        self.config: dict[str, str] = {}
        """The stack's configuration, by full key."""
        self.checks_enabled = True
        self.holds_what_it_needs = True
        self.notes = Attempts(Path(_notes.name, str(next(_numbers))))
        self.state = "organization/lone"
        """Who its state is."""
        self.cancel: Callable[[], Any] = lambda: None
        """Press Ctrl-C in the operation that runs in another thread."""
        self.lose: Callable[[], Any] = lambda: None
        """Kill the engine of the operation that runs in another thread."""

    def let_somebody_make_a_namesake(self) -> None:
        before = {row["id"] for row in self.table()}
        self.kind.namesake(self.api, {})
        self.others |= {row["id"] for row in self.table()} - before

    def table(self) -> list[Row]:
        found: list[Row] = self.kind.rows(self.emulated)
        return found

    @property
    def rows(self) -> list[Row]:
        """The live objects that are not known to be somebody else's."""
        return [row for row in self.table() if row["id"] not in self.others]

    def somebody_elses(self) -> dict[str, str]:
        """What somebody else's objects are declared to be, by id."""
        return {row["id"]: fingerprint(row) for row in self.table() if row["id"] in self.others}

    def up(self) -> ComfyError | None:
        """Create, update or replace it; gives the error that a person would read."""
        return self.operate(self._up)

    def refresh(self) -> ComfyError | None:
        return self.operate(self._refresh)

    def destroy(self) -> ComfyError | None:
        return self.operate(self._destroy)

    def has_changes(self) -> bool:
        """Tell whether a preview would show something to do."""
        found: list[bool] = []

        async def preview(call: Call[Any]) -> None:
            found.append(self.id is None or self.is_unfinished or bool(await self._difference(call)))

        error = self.operate(preview)
        assert error is None, error
        return found[0]

    def foreseen(self) -> list[str]:
        """What a preview refuses: each failure as a person would read it."""
        found: list[str] = []

        async def preview(call: Call[Any]) -> None:
            checked = await foresee(self.handler, check(self.handler, self._wire(), call, self._facts()), call)
            found.extend(map(str, checked.failures))

        error = self.operate(preview)
        assert error is None, error
        return found

    def operate(self, work: Callable[[Call[Any]], Awaitable[None]]) -> ComfyError | None:
        async def run() -> None:
            cancellation, loop = Cancellation(), asyncio.get_running_loop()
            self.cancel = lambda: loop.call_soon_threadsafe(cancellation.set)
            self.lose = lambda: loop.call_soon_threadsafe(cancellation.lose)
            address = Address(self.url, self.key)
            transport = self.transport() if self.transport else None
            connection = connect(self.examinee.platform, address, cancellation=cancellation, transport=transport)
            tell_retries_to(lambda text: self._show(text, Level.PROGRESS))
            for need in self.kind.held:  # what another resource of the stack holds
                if need in self.arguments and self.holds_what_it_needs:
                    needed = Urn.parse(f"urn:pulumi:dev::comfy-test::comfy:x:Y::{need}")
                    connection.memory.holds(needed, self.arguments[need])
            models = self.handler.inputs_model, self.handler.outputs_model
            try:
                await work(
                    Call(
                        connection,
                        cancellation,
                        urn=self._urn,
                        stored_scope=self.outputs.get(SCOPE),
                        attempts=self.notes,
                        timeout=self.timeout,
                        old_inputs=self.inputs if self.id is not None else None,
                        configured=self.config.get,
                        checks_enabled=self.checks_enabled,
                        secrecy=let_in(*models, self._wire(), self.outputs, self.inputs),
                        show=self._show,
                    )
                )
            finally:
                await connection.client.http.aclose()

        try:
            asyncio.run(run())
        except PartialFailure as partial:
            self.id, self.outputs, self.is_unfinished = partial.made.id, partial.made.outputs, True
            self.inputs = self._declared
            return partial.reason
        except ComfyError as error:
            return error
        return None

    def _show(self, text: str, level: Level) -> None:
        (self.progress if level is Level.PROGRESS else self.lines).append(text)

    def _wire(self) -> dict[str, Any]:
        texts = fields_marked(self.handler.inputs_model, DOCUMENT)
        return {
            to_camel(name): json.dumps(value) if name in texts and isinstance(value, dict) else value
            for name, value in self.arguments.items()
        }

    def _news(self, call: Call[Any]) -> dict[str, Any]:
        checked = check(self.handler, self._wire(), call, self._facts())
        assert not checked.failures, checked.failures
        self._declared = checked.inputs
        return checked.inputs

    def _facts(self) -> Facts:
        """What the program would tell: who this state is, and what it holds."""
        live = [] if self.id is None else [self.id]
        return Facts(identity=self.state, held=dict.fromkeys([*live, *(one for one, _ in self.doomed)], self._urn))

    @property
    def _urn(self) -> Urn:
        return Urn.parse(f"urn:pulumi:dev::comfy-test::comfy:{self.examinee.key}:{self.name}::it")

    async def _difference(self, call: Call[Any]) -> Difference:
        assert self.id is not None
        news = self._news(call)
        difference = lifecycle.compare(self.handler, self.id, self.outputs, news, call)
        if not difference.replaces:
            self.lines.extend(await what_is_left(self.handler, self.id, news, call))
        return difference

    async def _up(self, call: Call[Any]) -> None:
        if self.id is None:
            return await self._create(call)
        difference = await self._difference(call)
        if difference.replaces:
            return await self._replace(difference, call)
        if difference or self.is_unfinished:
            made = await lifecycle.update(self.handler, self.id, self.outputs, self._news(call), call)
            self.outputs, self.inputs, self.is_unfinished = made.outputs, self._declared, False
        return await self._delete_doomed(call)

    async def _create(self, call: Call[Any]) -> None:
        made = await creation.create(self.handler, self._news(call), call)
        self.id, self.outputs, self.is_unfinished = made.id, made.outputs, False
        self.inputs = self._declared

    async def _replace(self, difference: Difference, call: Call[Any]) -> None:
        assert self.id is not None
        self.doomed.append((self.id, self.outputs))
        if difference.deletes_before_replace:
            await self._delete_doomed(call)
            self.id = None
            return await self._create(call)
        await self._create(call)
        return await self._delete_doomed(call)

    async def _delete_doomed(self, call: Call[Any]) -> None:
        while self.doomed:
            await lifecycle.delete(self.handler, *self.doomed[-1], call)
            self.doomed.pop()

    async def _refresh(self, call: Call[Any]) -> None:
        if self.id is None:
            return
        made = await lifecycle.read(self.handler, self.id, self.outputs, call)
        self.id, self.outputs = (made.id, made.outputs) if made else (None, {})
        self.inputs = (made.inputs if made.inputs is not None else self.inputs) if made else {}
        self.is_unfinished = False  # the engine forgets it too

    async def _destroy(self, call: Call[Any]) -> None:
        if self.id is not None:
            await lifecycle.delete(self.handler, self.id, self.outputs, call)
            self.id = None

    def assert_settled(self) -> None:
        """The platform holds exactly what is declared, the state knows it, and there is nothing left to do."""
        assert [row["id"] for row in self.rows] == [self.id]
        assert not self.has_changes()
        assert self.refresh() is None
        assert not self.has_changes()
        assert self.emulator.internal_errors == []


def up(it: Lone) -> None:
    error = it.up()
    assert error is None, error


def bodies(it: Lone, method: str, route: str) -> list[Any]:
    """What was sent to a route, in order."""
    asked = [request for request in it.emulator.requests if request.method == method]
    return [request.request_json for request in asked if re.fullmatch(route, request.url_path)]
