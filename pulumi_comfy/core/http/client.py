"""The HTTP client of all platforms, on httpx: timeouts, retries, errors in words. Knows no platform and no Pulumi.

Reads share one pool of kept-alive connections. Writes open their own: a server that closes a kept-alive socket
would otherwise leave us unsure whether a write arrived.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Container, Mapping
from types import TracebackType
from typing import Any

import httpx

from pulumi_comfy.core.cancellation import Cancellation
from pulumi_comfy.core.errors import (
    CancelledWaitError,
    LostAnswerError,
    PlatformError,
    StatusError,
    UnreachableError,
)
from pulumi_comfy.core.http.answers import (
    LONGEST_BODY,
    Answer,
    BodyError,
    RetryAfterError,
    asks_to_wait,
    parse_body,
    retry_after_of,
    whole_body,
)
from pulumi_comfy.core.http.dialect import Dialect
from pulumi_comfy.core.http.download import LONGEST_FILE, download
from pulumi_comfy.core.http.proxy import ASKS_FOR_A_PASSWORD, barred
from pulumi_comfy.core.http.redirects import is_redirect, led_away
from pulumi_comfy.core.http.retrying import USUAL, AgainError, RetryPolicy, attempts_of
from pulumi_comfy.core.http.transport import in_words, longest_answer, new_client, new_timeout, tls_for, unreachable
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.redaction import logger

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_AFTER_A_STOP = "Run `pulumi up` again; it looks for what was made."

Gone = Collection[tuple[int, str]]
"""What says that an object is not there: a status, and the platform's whole sentence about this kind of object."""


class HttpClient:
    """One platform seen with one credential.

    Args:
        platform: the platform's name as people say it; errors name it.
        base_url: prefix of every path, without a trailing slash.
        key: the credential; None where the platform takes none.
        dialect: how the platform speaks HTTP.
        retry: how often to repeat what may be repeated.
        cancellation: ends requests and pauses when the engine says stop or is gone.
        transport: for tests; a real one when left out.
    """

    def __init__(
        self,
        *,
        platform: str,
        base_url: str,
        key: str | None = None,
        dialect: Dialect | None = None,
        retry: RetryPolicy = USUAL,
        cancellation: Cancellation | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.platform = platform
        self.base_url = base_url.rstrip("/")
        self.writes = 0  # how many were begun: what was read before one is not to be trusted after it
        self._retry = retry
        self.dialect = dialect or Dialect()
        self._cancellation = cancellation or Cancellation()
        self._transport = transport
        sent = {"accept": "application/json", **self.dialect.headers(key)}
        tls, no_reuse = tls_for(self.base_url), httpx.Limits(max_keepalive_connections=0)
        self._reads = new_client(self.base_url, sent, verify=tls, transport=transport)
        self._writes = new_client(self.base_url, sent, verify=tls, transport=transport, limits=no_reuse)
        self._longest = longest_answer()

    async def __aenter__(self) -> HttpClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._reads.aclose()
        await self._writes.aclose()

    async def read(
        self,
        path: str,
        *,
        tried: str,
        params: Mapping[str, Any] | None = None,
        expected: Container[int] = (),
        gone: Gone = (),
    ) -> Answer:
        """GET `path`; repeated until it answers or the policy ends.

        Args:
            path: below the base URL, with a leading slash.
            tried: what this is for, as a verb with its object: the first part of an error.
            params: the query; None values are left out.
            expected: statuses of 400 and above that the caller handles itself, whatever comes with them.
            gone: what says that the object is not there, which the caller handles; any other 404 is an error.

        Raises:
            UnreachableError: no connection.
            StatusError: a status that is not expected.
            PlatformError: the answer is no JSON.
            CancelledWaitError: the engine said stop.
            LostEngineError: the engine is gone.
        """
        asked = {"params": params, "json": None, "expected": expected, "gone": gone}
        return await self._send("GET", path, tried=tried, repeatable=True, **asked)

    async def write(
        self,
        method: str,
        path: str,
        *,
        tried: str,
        json: object = None,
        params: Mapping[str, Any] | None = None,
        expected: Container[int] = (),
        gone: Gone = (),
        repeatable: bool = False,
        holds: float = 0.0,
    ) -> Answer:
        """Send a write. Repeated only where the platform cannot have processed it, or when it is `repeatable`.

        Args:
            method: `POST`, `PATCH`, `PUT` or `DELETE`.
            path: below the base URL, with a leading slash.
            tried: what this is for, as a verb with its object.
            json: the body; none when None.
            params: the query.
            expected: statuses of 400 and above that the caller handles itself, whatever comes with them.
            gone: as for `read`.
            repeatable: doing it twice is the same as doing it once.
            holds: seconds for which the platform may keep its answer back.

        Raises:
            UnreachableError: no connection; nothing was processed.
            LostAnswerError: it was sent and the answer lost, or is no JSON, or is a 5xx: it may have happened. So it
                may when a stop breaks it off.
            StatusError: any other status that is not expected.
            LostEngineError: the engine is gone.
        """
        self.writes += 1
        asked = {"params": params, "json": json, "expected": expected, "gone": gone}
        try:
            return await self._send(method, path, tried=tried, repeatable=repeatable, holds=holds, **asked)
        finally:
            self.writes += 1

    async def locate(self, path: str, *, tried: str, params: Mapping[str, Any] | None = None) -> str:
        """GET `path`, which redirects, and give the absolute URL that it leads to. Nothing is asked there.

        What is on another host is fetched with `download`, which carries no credential; a client that follows by itself
        would take a header with the key along.

        Raises:
            PlatformError: the answer is no redirect; else as for `read`.
        """
        asked = {"params": params, "json": None, "expected": (), "gone": ()}
        answer = await self._send("GET", path, tried=tried, repeatable=True, redirects=True, **asked)
        if answer.status // 100 != 3:
            raise PlatformError("COMFY2003", tried=tried, got="the answer is no redirect")
        return str(answer.body)

    async def download(self, url: str, *, tried: str, longest: int = LONGEST_FILE) -> tuple[bytes, str]:
        """Fetch an absolute URL without our credential; give the bytes, at most `longest` of them, and the type.

        Raises:
            PlatformError: it cannot be fetched, after some attempts, or is longer.
            CancelledWaitError: the engine said stop.
            LostEngineError: the engine is gone.
        """
        return await download(
            url, tried=tried, longest=longest, cancellation=self._cancellation, transport=self._transport
        )

    async def _send(self, method: str, path: str, *, tried: str, **request: Any) -> Answer:
        tried = f"{tried} on {self.platform}"
        try:
            async for attempt in attempts_of(tried, self._retry, self._cancellation):
                with attempt:
                    return await self._once(method, path, tried=tried, **request)
        except AgainError as ended:
            raise ended.error from None
        raise AssertionError("tenacity ends by answer or by error")  # pragma: no cover

    async def _once(
        self,
        method: str,
        path: str,
        *,
        tried: str,
        params: Mapping[str, Any] | None,
        json: object,
        repeatable: bool,
        holds: float = 0.0,
        **judgement: Any,
    ) -> Answer:
        client = self._reads if method == "GET" else self._writes
        query = {key: value for key, value in (params or {}).items() if value is not None}
        asked: dict[str, Any] = {"params": query, "json": json}
        if holds:
            asked["timeout"] = new_timeout(holds)
        try:
            with self._cancellation.limit(longest_answer(holds) if holds else self._longest, tried=tried):
                async with client.stream(method, self.base_url + path, **asked) as response:
                    body, is_json = parse_body(await whole_body(response, LONGEST_BODY))
        except CancelledWaitError as stopped:
            if method == "GET":
                raise
            raise LostAnswerError(stopped.code, tried=tried, got=stopped.got, todo=_AFTER_A_STOP) from None
        except BodyError as unread:
            raise _unclear(str(unread), tried=tried, repeatable=repeatable) from None
        except _NEVER_SENT as error:
            got = unreachable(self.base_url, error)
            raise AgainError(UnreachableError("COMFY2001", tried=tried, got=got)) from None
        except (httpx.HTTPError, asyncio.TimeoutError) as error:
            if repeatable:
                code = "COMFY2002" if isinstance(error, httpx.TimeoutException | asyncio.TimeoutError) else "COMFY2001"
                raise AgainError(UnreachableError(code, tried=tried, got=in_words(error))) from None
            raise LostAnswerError(
                "COMFY2501", tried=tried, got=f"the answer was lost ({in_words(error, holds)})"
            ) from None
        logger.debug("%s %s -> %s", method, path, response.status_code)
        return self._judge(response, body, is_json=is_json, tried=tried, repeatable=repeatable, **judgement)

    def _judge(
        self,
        response: httpx.Response,
        body: Json,
        *,
        is_json: bool,
        tried: str,
        expected: Container[int],
        gone: Gone,
        repeatable: bool,
        redirects: bool = False,
    ) -> Answer:
        if redirects and response.next_request is not None:
            return Answer(response.status_code, str(response.next_request.url))
        dialect, status = self.dialect, self.dialect.status_of(response.status_code, body)
        if status == 429 and not dialect.is_backpressure(body, is_told_when=asks_to_wait(response)):
            status = 402
        tells_failure = dialect.is_failure(body)
        is_answer = is_json or dialect.is_answer(str(body))
        if (status < 300 and is_answer and not tells_failure) or status == 204:
            return Answer(status, body)
        if status in expected or (status, dialect.sentence_of(body)) in gone:
            return Answer(status, body)
        if is_redirect(response):
            raise led_away(response, self.base_url, self.platform, tried=tried, repeatable=repeatable)
        if status < 400:
            what = f"tells a failure: {dialect.detail_of(body)}" if tells_failure else "is no JSON"
            got = f"the answer to a {response.request.method} {what} (status {status})"
            unclear = _unclear(got, tried=tried, repeatable=repeatable)
            unclear.passes = repeatable  # a page of whatever stands in between: a write would rather be looked for
            raise AgainError(unclear) if repeatable else unclear
        if status == ASKS_FOR_A_PASSWORD:
            raise barred(self.base_url, tried)
        error = self._refused(response, body, status, tried=tried, asks_for_one=bool(gone))
        if status == 429 or (repeatable and error.passes):
            raise self._again(error, response)
        if status >= 500 and not repeatable:
            raise LostAnswerError("COMFY2501", tried=tried, got=error.got)
        raise error

    def _refused(
        self, response: httpx.Response, body: Json, status: int, *, tried: str, asks_for_one: bool
    ) -> StatusError:
        dialect, headers = self.dialect, response.headers
        is_foreign = status == 404 and (asks_for_one or dialect.is_no_route(body))
        error = StatusError(
            "COMFY2003" if is_foreign else dialect.code_of(status),
            tried=tried,
            status=status,
            detail=dialect.detail_of(body),
            request_id=headers.get("x-request-id") or headers.get("cf-ray"),
            answered=response.status_code if response.is_error else status,
        )
        error.todo = dialect.advice_of(status, body) or error.todo
        return error

    def _again(self, error: StatusError, response: httpx.Response) -> Exception:
        try:
            error.pause = retry_after_of(response, self._retry.longest_retry_after)
        except RetryAfterError as asked:
            too_long = StatusError(
                "COMFY2429", tried=error.tried, status=error.status, detail=str(asked), request_id=error.request_id
            )
            too_long.pause = asked.seconds
            return too_long
        return AgainError(error)


def _unclear(got: str, *, tried: str, repeatable: bool) -> PlatformError:
    """Make the error for an answer that nobody can make sense of; a write may have happened all the same."""
    if not repeatable:
        return LostAnswerError("COMFY2501", tried=tried, got=got)
    return PlatformError("COMFY2003", tried=tried, got=got)
