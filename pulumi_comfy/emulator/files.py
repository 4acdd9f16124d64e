"""The object store behind the platforms: pictures and other outputs under presigned URLs, fetched without a key."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, quote, urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pulumi_comfy.emulator.clock import Clock
from pulumi_comfy.emulator.settings import Settings

PREFIX = "/files/"
_DATE = "%Y%m%dT%H%M%SZ"


@dataclass
class StoredFile:
    """A file that is made when it is first fetched."""

    content_type: str
    make: Callable[[], bytes]
    content: bytes | None = None
    # Fetched by its bare address, without a signature.
    is_public: bool = False

    def read(self) -> bytes:
        """The bytes."""
        if self.content is None:
            self.content = self.make()
        return self.content


class FileStore:
    """Files by key. A URL is good for `settings.signed_url_seconds` after it was signed."""

    def __init__(self, clock: Clock, settings: Settings, base_url: Callable[[], str]) -> None:
        self._clock = clock
        self._settings = settings
        self._base_url = base_url
        self._files: dict[str, StoredFile] = {}

    def put(self, key: str, content_type: str, make: Callable[[], bytes], *, is_public: bool = False) -> None:
        """Keep a file; `make` is called at the first fetch."""
        self._files[key] = StoredFile(content_type, make, is_public=is_public)

    def public_url(self, key: str) -> str:
        """The bare address, which is good for public files."""
        return f"{self._base_url()}{PREFIX}{quote(key)}"

    def signed_url(self, key: str, seconds: float | None = None) -> str:
        """A fresh presigned URL of the file, good for so long instead of what the settings say."""
        date = self._clock.real_now().strftime(_DATE)
        expires = str(int(self._settings.signed_url_seconds if seconds is None else seconds))
        query = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Date": date, "X-Amz-Expires": expires}
        query["X-Amz-Signature"] = _signature(key, date, expires)
        return f"{self._base_url()}{PREFIX}{key}?{urlencode(query)}"

    def clear(self) -> None:
        """Forget all files."""
        self._files.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a file (GET and HEAD, with byte ranges), or keep what is put under a signed URL."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if "x-api-key" in request.headers:
            # The address is signed and leads to another host: whoever sends a platform's key there has lost it.
            return _denied(400, "InvalidArgument")
        key = request.url.path[len(PREFIX) :]
        if request.method == "PUT":
            return await self._kept(key, request)
        refusal = self._refusal(key, request.url.query)
        if refusal is not None:
            return _denied(*refusal)
        file = self._files[key]
        content = await asyncio.to_thread(file.read)
        headers = {"etag": f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"', "accept-ranges": "bytes"}
        start, end = _range(request.headers.get("range"), len(content))
        if end < len(content) or start:
            headers["content-range"] = f"bytes {start}-{end - 1}/{len(content)}"
            return Response(content[start:end], 206, headers, file.content_type)
        return Response(content, 200, headers, file.content_type)

    async def _kept(self, key: str, request: Request) -> Response:
        refusal = self._unsigned(key, request.url.query)
        if refusal is not None:
            return _denied(*refusal)
        content = await request.body()
        content_type = request.headers.get("content-type", "application/octet-stream")
        self.put(key, content_type, lambda: content, is_public=True)
        return Response(status_code=200)

    def _refusal(self, key: str, query_string: str) -> tuple[int, str] | None:
        file = self._files.get(key)
        refusal = None if file is not None and file.is_public else self._unsigned(key, query_string)
        return refusal or (None if file is not None else (404, "NoSuchKey"))

    def _unsigned(self, key: str, query_string: str) -> tuple[int, str] | None:
        query = {name: values[-1] for name, values in parse_qs(query_string).items()}
        date, expires = query.get("X-Amz-Date", ""), query.get("X-Amz-Expires", "")
        if query.get("X-Amz-Signature") != _signature(key, date, expires):
            return 403, "SignatureDoesNotMatch"
        signed_at = datetime.strptime(date, _DATE)
        if self._clock.real_now() > signed_at + timedelta(seconds=int(expires) + 1):
            return 403, "AccessDenied"
        return None


def _signature(key: str, date: str, expires: str) -> str:
    return hashlib.sha256(f"{key}|{date}|{expires}".encode()).hexdigest()


def _denied(status: int, code: str) -> Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code></Error>'
    return Response(text, status, media_type="application/xml")


def _range(header: str | None, size: int) -> tuple[int, int]:
    if header is None or not header.startswith("bytes=") or "," in header:
        return 0, size
    first, _, last = header[len("bytes=") :].partition("-")
    try:
        if not first:
            return max(0, size - int(last)), size
        return int(first), min(size, int(last) + 1 if last else size)
    except ValueError:
        return 0, size
