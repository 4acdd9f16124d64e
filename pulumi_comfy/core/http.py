"""The HTTP client of all platforms, on httpx: timeouts, retries, errors in words. Knows no platform and no Pulumi.

Reads share one pool of kept-alive connections. Writes open their own: a server that closes a kept-alive socket
(ComfyDeploy does after each unhandled 500, reference 1.2) would otherwise leave us unsure whether a write arrived.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import httpx
import tenacity

from pulumi_comfy.core.answers import Answer, RetryAfterError, code_for_status, detail_of, parse_body, retry_after_of
from pulumi_comfy.core.download import download
from pulumi_comfy.core.errors import LostAnswerError, PlatformError, StatusError, UnreachableError
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.pace import paced
from pulumi_comfy.core.redaction import logger
from pulumi_comfy.core.wire import USER_AGENT, in_words, longest_answer, new_timeout, tls_for

_JITTER = 1.0
"""Seconds: what was refused to many at once is not asked again by all at once."""
_SOON_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


Sleep = Callable[..., Awaitable[None]]
"""Pauses for so many seconds; is told what is `tried`."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long to try again. Times in seconds."""

    attempts: int = 5
    first_wait: float = 0.3
    longest_wait: float = 15.0
    longest_retry_after: float = 120.0


async def _just_sleep(seconds: float, *, tried: str) -> None:  # noqa: ARG001
    await asyncio.sleep(seconds)


class _AgainError(Exception):
    """Inside one request only: this attempt may be repeated; `error` is what to raise when no attempt is left."""

    def __init__(self, error: Exception, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


class HttpClient:
    """One platform seen with one credential.

    Args:
        platform: the platform's name as people say it; errors name it.
        base_url: prefix of every path, without a trailing slash.
        headers: sent with every request; holds the credential.
        retry: how often to repeat what may be repeated.
        is_no_route: tells from a 404's body that the URL is wrong, not that an object is gone; never by default.
        status_of: tells the status that an answer means from the one it has and its body; the former by default.
        sleep: how to pause before another attempt; one that ends early lets Ctrl-C end the pause.
        transport: for tests; a real one when left out.
    """

    def __init__(
        self,
        *,
        platform: str,
        base_url: str,
        headers: Mapping[str, str],
        retry: RetryPolicy = RetryPolicy(),
        is_no_route: Callable[[Json], bool] = lambda _body: False,
        status_of: Callable[[int, Json], int] = lambda status, _body: status,
        sleep: Sleep | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.platform = platform
        self.base_url = base_url.rstrip("/")
        self.writes = 0  # how many were begun: what was read before one is not to be trusted after it
        self._retry = retry
        self._is_no_route = is_no_route
        self._status_of = status_of
        self._sleep = sleep or _just_sleep
        self._transport = transport
        sent = {"user-agent": USER_AGENT, "accept": "application/json", **headers}
        tls = tls_for(self.base_url)
        no_reuse = httpx.Limits(max_keepalive_connections=0)
        self._reads = httpx.AsyncClient(headers=sent, timeout=new_timeout(), transport=transport, verify=tls)
        self._writes = httpx.AsyncClient(
            headers=sent, timeout=new_timeout(), transport=transport, verify=tls, limits=no_reuse
        )

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
        self, path: str, *, tried: str, params: Mapping[str, Any] | None = None, expected: Container[int] = ()
    ) -> Answer:
        """GET `path`; repeated until it answers or the policy ends.

        Args:
            path: below the base URL, with a leading slash.
            tried: what this is for, as a verb with its object: the first part of an error.
            params: the query; None values are left out.
            expected: statuses of 400 and above that the caller handles itself.

        Raises:
            UnreachableError: no connection.
            StatusError: a status that is not expected.
            PlatformError: the answer is no JSON.
        """
        return await self._send("GET", path, tried=tried, params=params, json=None, expected=expected, repeatable=True)

    async def write(
        self,
        method: str,
        path: str,
        *,
        tried: str,
        json: object = None,
        params: Mapping[str, Any] | None = None,
        expected: Container[int] = (),
        repeatable: bool = False,
    ) -> Answer:
        """Send a write. Repeated only where the platform cannot have processed it, or when it is `repeatable`.

        Args:
            method: `POST`, `PATCH`, `PUT` or `DELETE`.
            path: below the base URL, with a leading slash.
            tried: what this is for, as a verb with its object.
            json: the body; none when None.
            params: the query.
            expected: statuses of 400 and above that the caller handles itself.
            repeatable: doing it twice is the same as doing it once.

        Raises:
            UnreachableError: no connection; nothing was processed.
            LostAnswerError: it was sent and the answer lost, or is no JSON, or is a 5xx: it may have happened.
            StatusError: any other status that is not expected.
        """
        self.writes += 1
        try:
            return await self._send(
                method, path, tried=tried, params=params, json=json, expected=expected, repeatable=repeatable
            )
        finally:
            self.writes += 1

    async def download(self, url: str, *, tried: str, longest: int = 512 * 1024 * 1024) -> tuple[bytes, str]:
        """Fetch an absolute URL without our credential; give at most `longest` bytes and the content type.

        Raises:
            PlatformError: it cannot be fetched, after some attempts.
        """
        return await download(url, tried=tried, longest=longest, sleep=self._pause(tried), transport=self._transport)

    async def _send(self, method: str, path: str, *, tried: str, repeatable: bool, **request: Any) -> Answer:
        retrying = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(self._retry.attempts),
            wait=self._wait,
            sleep=self._pause(tried),
            retry=tenacity.retry_if_exception_type(_AgainError),
            reraise=True,
        )
        tried = f"{tried} on {self.platform}"
        try:
            async for attempt in retrying:
                with attempt:
                    return await self._once(method, path, tried=tried, repeatable=repeatable, **request)
        except _AgainError as ended:
            raise ended.error from None
        raise AssertionError("tenacity ends by answer or by error")  # pragma: no cover

    def _pause(self, tried: str) -> Callable[[float], Awaitable[None]]:
        return lambda seconds: self._sleep(seconds, tried=tried)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        failed = state.outcome.exception() if state.outcome else None
        if isinstance(failed, _AgainError) and failed.wait is not None:
            return failed.wait
        growing = tenacity.wait_exponential(multiplier=self._retry.first_wait, max=self._retry.longest_wait)
        backoff = growing + tenacity.wait_random(0, min(_JITTER, self._retry.longest_wait))
        return paced(backoff(state))

    async def _once(
        self,
        method: str,
        path: str,
        *,
        tried: str,
        params: Mapping[str, Any] | None,
        json: object,
        expected: Container[int],
        repeatable: bool,
    ) -> Answer:
        client = self._reads if method == "GET" else self._writes
        query = {key: value for key, value in (params or {}).items() if value is not None}
        try:
            request = client.request(method, self.base_url + path, params=query, json=json)
            response = await asyncio.wait_for(request, longest_answer())
        except _NEVER_SENT as error:
            host = httpx.URL(self.base_url).netloc.decode()
            raise _AgainError(
                UnreachableError("COMFY2001", tried=tried, got=f"{host} cannot be reached ({in_words(error)})")
            ) from None
        except (httpx.HTTPError, asyncio.TimeoutError) as error:
            if repeatable:
                code = "COMFY2002" if isinstance(error, httpx.TimeoutException | asyncio.TimeoutError) else "COMFY2001"
                raise _AgainError(UnreachableError(code, tried=tried, got=in_words(error))) from None
            raise LostAnswerError("COMFY2501", tried=tried, got=f"the answer was lost ({in_words(error)})") from None
        logger.debug("%s %s -> %s", method, path, response.status_code)
        return self._judge(response, tried=tried, expected=expected, repeatable=repeatable)

    def _judge(self, response: httpx.Response, *, tried: str, expected: Container[int], repeatable: bool) -> Answer:
        body, is_json = parse_body(response)
        status = self._status_of(response.status_code, body)
        if status == 404 and self._is_no_route(body):
            raise StatusError("COMFY2003", tried=tried, status=status, detail="there is no such route at this URL")
        if status in expected or (status < 300 and is_json) or status == 204:
            return Answer(status, body)
        if status < 400:
            unclear = f"the answer to a {response.request.method} is no JSON (status {status})"
            if repeatable:
                raise _AgainError(PlatformError("COMFY2003", tried=tried, got=unclear))
            raise LostAnswerError("COMFY2501", tried=tried, got=unclear)
        request_id = response.headers.get("x-request-id") or response.headers.get("cf-ray")
        error = StatusError(
            code_for_status(status), tried=tried, status=status, detail=detail_of(body), request_id=request_id
        )
        if status == 429 or (repeatable and status in _SOON_AGAIN):
            try:
                wait = retry_after_of(response, self._retry.longest_retry_after)
            except RetryAfterError as too_long:
                raise StatusError(
                    "COMFY2429", tried=tried, status=status, detail=str(too_long), request_id=request_id
                ) from None
            raise _AgainError(error, wait)
        if status >= 500 and not repeatable:
            raise LostAnswerError("COMFY2501", tried=tried, got=error.got)
        raise error
