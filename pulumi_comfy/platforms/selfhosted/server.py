"""What a server has: the public one has no route for machines, deployments and API keys; forks and proxies add them.

Facts: docs/platforms/selfhosted.md 7.1.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from pulumi_comfy.core.errors import InputError, PlatformError, StatusError
from pulumi_comfy.core.http.client import HttpClient
from pulumi_comfy.core.http.endpoints import Endpoints
from pulumi_comfy.core.model import Json

_DESCRIPTION, _HOSTED = "/api/doc", "/internal/openapi.json"
_STILL = "workflows, their versions and inference checks work on it"
_OF_WHAT_WAS_MADE = (
    "Bring back the server or the proxy that had it when this was made; or do it in the server's web UI, then take "
    "this out of the state with `pulumi state delete`."
)


class Server(Endpoints):
    """The server, asked once what it has, when something first needs to know."""

    def __init__(self, http: HttpClient) -> None:
        super().__init__(http)
        self._asking = asyncio.Lock()
        self._offered: frozenset[str] | None = None
        self._is_asked = self._is_hosted = False

    def forget(self) -> None:
        """Drop every list, and what the server has: it may be another one by the next command."""
        super().forget()
        self._is_asked = self._is_hosted = False

    async def need(self, route: str, tried: str) -> None:
        """Refuse what this server has no route for, before anything is sent.

        Args:
            route: method and path below `/api`, e.g. `PUT /machine/{id}`.
            tried: what it is for, as a verb with its object.

        Raises:
            InputError: it lacks the route, or is ComfyDeploy's hosted platform.
        """
        async with self._asking:
            if not self._is_asked:
                await self._ask()
        if self._is_hosted:
            raise InputError(
                "COMFY1104",
                tried=tried,
                got=f"{self.http.base_url} is ComfyDeploy's hosted platform, not a self-hosted server",
                todo="Use the resources of `pulumi_comfy.comfydeploy`, which find it by themselves.",
            )
        if self._offered is not None and _spelt(route) not in self._offered:
            raise InputError(
                "COMFY2405",
                tried=tried,
                got=f"this ComfyUI Deploy server has no route {route} ({_DESCRIPTION} lists none; the public one "
                f"does it in its web UI alone), while {_STILL}",
                todo=None if route.startswith("POST ") else _OF_WHAT_WAS_MADE,
            )

    async def _ask(self) -> None:
        tried = "ask what the server has"
        try:
            answer = await self.http.read(_DESCRIPTION, tried=tried, expected={404})
        except StatusError as refused:
            if refused.status != 401 or not await self._is_hosted_platform(tried):
                raise  # the web app asks for no key here: a proxy does, or the hosted platform
            self._is_asked = self._is_hosted = True
            return
        self._offered = None if answer.status == 404 else _routes_in(answer.body)
        if self._offered is None:  # nothing is known: what is asked of it will tell
            self._is_hosted = await self._is_hosted_platform(tried)
        self._is_asked = True

    async def _is_hosted_platform(self, tried: str) -> bool:
        try:
            answer = await self.http.read(_HOSTED, tried=tried, expected={404})
        except PlatformError:
            return False
        return answer.status != 404 and _routes_in(answer.body) is not None


def _routes_in(body: Json) -> frozenset[str] | None:
    """Give the routes of an OpenAPI description; None where it is none."""
    paths: Any = body.get("paths") if isinstance(body, dict) else None
    if not isinstance(paths, dict) or not paths:
        return None
    methods = {path: row if isinstance(row, dict) else {} for path, row in paths.items()}
    return frozenset(_spelt(f"{method} {path}") for path, row in methods.items() for method in row)


def _spelt(route: str) -> str:
    """Spell a route one way, whether it has `/api` before it, and its parameters `:id` or `{id}`."""
    method, _, path = route.partition(" ")
    return f"{method.upper()} {re.sub(r':[^/]+|{[^}]*}', '*', path.removeprefix('/api'))}"
