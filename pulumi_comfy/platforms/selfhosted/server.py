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
_OF_THE_PUBLIC = frozenset({"POST /workflow", "POST /run", "GET /run"})
"""What every server has, the public one too."""
_OF_THE_HOSTED = frozenset({"what ComfyDeploy's hosted platform has"})
_OF_WHAT_WAS_MADE = (
    "Bring back the server or the proxy that had it when this was made; or do it in the server's web UI, then take "
    "this out of the state with `pulumi state delete`."
)
_IS_IT_THIS = "Give the URL of a ComfyUI Deploy web app, and let the proxy before it pass this route on."


class Server(Endpoints):
    """The server, asked once what it has, when something first needs to know."""

    def __init__(self, http: HttpClient) -> None:
        super().__init__(http)
        self._asking = asyncio.Lock()
        self._offered: frozenset[str] | None = None

    def forget(self) -> None:
        """Drop every list, and what the server has: it may be another one by the next command."""
        super().forget()
        self._offered = None

    async def need(self, route: str, tried: str) -> None:
        """Refuse what this server has no route for, before anything is sent.

        Args:
            route: method and path below `/api`, e.g. `PUT /machine/{id}`.
            tried: what it is for, as a verb with its object.

        Raises:
            InputError: it lacks the route, or is ComfyDeploy's hosted platform.
        """
        async with self._asking:
            if self._offered is None:
                self._offered = await self._asked()
        if self._offered is _OF_THE_HOSTED:
            raise InputError(
                "COMFY1104",
                tried=tried,
                got=f"{self.http.base_url} is ComfyDeploy's hosted platform, not a self-hosted server",
                todo="Use the resources of `pulumi_comfy.comfydeploy`, which find it by themselves.",
            )
        if self._offered and _spelt(route) not in self._offered:
            lacks = f"this ComfyUI Deploy server has no route {route} ({_DESCRIPTION} lists none"
            todo = None if route.startswith("POST ") else _OF_WHAT_WAS_MADE
            got = f"{lacks}; the public one does it in its web UI alone), while {_STILL}"
            if route in _OF_THE_PUBLIC:
                todo, got = _IS_IT_THIS, f"{lacks}, and the public one has it)"
            raise InputError("COMFY2405", tried=tried, got=got, todo=todo)

    async def _asked(self) -> frozenset[str]:
        """Give its routes; none where it describes none, so that what is asked of it will tell."""
        tried = "ask what the server has"
        try:
            told = _routes_in((await self.http.read(_DESCRIPTION, tried=tried, expected={404, 405})).body)
        except StatusError as refused:
            if refused.status == 401 and await self._is_hosted(tried):
                return _OF_THE_HOSTED
            raise  # the web app asks for no key here: whatever stands in between does
        return told or (_OF_THE_HOSTED if await self._is_hosted(tried) else told)

    async def _is_hosted(self, tried: str) -> bool:
        try:
            return bool(_routes_in((await self.http.read(_HOSTED, tried=tried)).body))
        except PlatformError:
            return False


def _routes_in(body: Json) -> frozenset[str]:
    """Give the routes of an OpenAPI description; none where it is none."""
    paths: Any = body.get("paths") if isinstance(body, dict) else None
    methods = {path: row for path, row in paths.items() if isinstance(row, dict)} if isinstance(paths, dict) else {}
    return frozenset(_spelt(f"{method} {path}") for path, row in methods.items() for method in row)


def _spelt(route: str) -> str:
    """Spell a route one way, whether it has `/api` before it, and its parameters `:id` or `{id}`."""
    method, _, path = route.partition(" ")
    below = re.sub("^/api(?=/)", "", path)  # and not of `/api-key`
    return f"{method.upper()} {re.sub(r':[^/]+|{[^}]*}', '*', below)}"
