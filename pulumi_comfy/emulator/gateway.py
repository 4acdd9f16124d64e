"""What every request passes before a platform sees it: the request log and the planned faults."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pulumi_comfy.emulator.faults import Fault, Faults
from pulumi_comfy.emulator.redaction import redact_text
from pulumi_comfy.emulator.request_log import LoggedRequest, RequestLog, readable_body
from pulumi_comfy.emulator.server import CONNECTION, Connection

logger = logging.getLogger("pulumi_comfy.emulator")

NOT_JSON = "<html><body><h1>Bad gateway</h1></body></html>"


class UnhandledError(Exception):
    """The platform's own code would have crashed here: a plain-text 500, after which it drops the connection."""


@dataclass
class Gateway:
    """Logs requests to one platform, applies faults, and closes connections as the platform does."""

    name: str
    app: ASGIApp
    log: RequestLog
    faults: Faults
    before_request: Callable[[], None]
    template_of: Callable[[Scope], str]
    # Faults and log entries name paths without these, longest first.
    prefixes: tuple[str, ...]
    internal_errors: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        connection: Connection = scope[CONNECTION]
        # The whole request is read first, so that a reset always meets a client that waits for the answer.
        body = await _read(receive)
        if body is None:
            return
        if connection.is_stale:
            await connection.reset()
            return
        path = self.short(scope["path"])
        entry = self.log.begin(self.name, scope["method"], path, scope["query_string"])
        entry.request_json = readable_body(body)
        exchange = _Exchange(scope, body, receive, send, connection, entry, self)
        try:
            fault = None
            if self.faults:
                fault = self.faults.take(scope["method"], path, lambda: self._template(scope))
            await self._answer(exchange, fault)
        finally:
            exchange.end()

    async def _answer(self, exchange: _Exchange, fault: Fault | None) -> None:
        if fault is None:
            await self._forward(exchange, exchange.record)
            return
        exchange.entry.fault = fault.kind
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.kind == "reset":
            await exchange.connection.reset()
        elif fault.kind == "timeout":
            await exchange.wait_for_disconnect()
        elif fault.kind == "status":
            await exchange.reply(fault.status, fault.body, fault.retry_after)
        elif fault.kind == "garbage":
            await exchange.reply(200, NOT_JSON if fault.body is None else fault.body, None)
        elif fault.kind == "lost":
            await self._forward(exchange, _swallow)
            await exchange.connection.reset()
        elif fault.kind == "truncated":
            await self._truncate(exchange)
        else:
            await self._forward(exchange, exchange.record)
            if fault.kind == "close_idle":
                exchange.connection.close()
            exchange.connection.is_stale = fault.kind == "stale"

    async def _forward(self, exchange: _Exchange, send: Send) -> None:
        try:
            self.before_request()
            await self.app(exchange.scope, exchange.receive, send)
        except UnhandledError:
            exchange.connection.close()
        except Exception as problem:
            logger.exception("the emulator failed to answer %s %s", exchange.entry.method, exchange.entry.url_path)
            told = redact_text(repr(problem))
            self.internal_errors.append(f"{exchange.entry.method} {exchange.entry.url_path}: {told}")
            exchange.connection.close()

    async def _truncate(self, exchange: _Exchange) -> None:
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._forward(exchange, keep)
        body = b"".join(message.get("body", b"") for message in answer)
        status = next((message["status"] for message in answer if "status" in message), 500)
        await exchange.reply(status, body[: len(body) // 2], None)

    def _template(self, scope: Scope) -> str:
        return self.short(self.template_of(scope))

    def short(self, path: str) -> str:
        """A path without the platform's prefix."""
        for prefix in self.prefixes:
            if path.startswith(prefix):
                return path[len(prefix) :]
        return path


@dataclass
class _Exchange:
    """One request being answered."""

    scope: Scope
    body: bytes
    _receive: Receive
    _send: Send
    connection: Connection
    entry: LoggedRequest
    gateway: Gateway
    _body_was_read: bool = False

    async def receive(self) -> Message:
        if not self._body_was_read:
            self._body_was_read = True
            return {"type": "http.request", "body": self.body, "more_body": False}
        return await self._receive()

    async def record(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.entry.status = message["status"]
            is_last = message["status"] == HTTPStatus.NO_CONTENT or (b"content-length", b"0") in message["headers"]
        else:
            is_last = not message.get("more_body", False)
        if is_last:  # before its last byte leaves, so that whoever has the answer finds the entry complete
            self.end()
        await self._send(message)

    def end(self) -> None:
        """Complete the log entry."""
        if self.entry.ended is None:
            path = getattr(self.scope.get("route"), "path", None) or self.scope["path"]
            self.entry.path = redact_text(self.gateway.short(path))
            self.entry.account = self.scope.get("emulator.account")
            self.gateway.log.end(self.entry)

    async def wait_for_disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def reply(self, status: int, body: Any, retry_after: str | None) -> None:
        content, kind = _encode(body)
        headers = [(b"content-type", kind), (b"content-length", str(len(content)).encode())]
        if retry_after is not None:
            headers.append((b"retry-after", retry_after.encode()))
        await self.record({"type": "http.response.start", "status": status, "headers": headers})
        await self.record({"type": "http.response.body", "body": content})


def _encode(body: Any) -> tuple[bytes, bytes]:
    if body is None:
        return b'{"detail":"planned by the emulator"}', b"application/json"
    if isinstance(body, bytes):
        return body, b"application/json"
    if isinstance(body, str):
        return body.encode(), b"text/html; charset=utf-8"
    return json.dumps(body).encode(), b"application/json"


async def _swallow(message: Message) -> None:
    """Drop an answer."""


async def _read(receive: Callable[[], Awaitable[Message]]) -> bytes | None:
    """The whole request body; None when the client went away."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)
