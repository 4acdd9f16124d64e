"""`EmulatorClient`: drives an emulator in another process with the methods of `Emulator`."""

from __future__ import annotations

from functools import partial
from types import TracebackType
from typing import Any

import httpx
from pydantic_core import to_jsonable_python
from typing_extensions import Self

from pulumi_comfy.emulator.platform import EmulatedPlatform
from pulumi_comfy.emulator.registry import PLATFORMS, Platforms
from pulumi_comfy.emulator.request_log import LoggedRequest


class EmulatorClient(Platforms):
    """A running emulator, reached at its address.

    Args:
        url: What the emulator calls its `url`, for instance `http://127.0.0.1:8188`.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        # Plain HTTP on loopback: no certificates are loaded, which saves most of the construction.
        self._http = httpx.Client(base_url=f"{self.url}/_emulator", timeout=30, trust_env=False, verify=False)
        self.settings = _Settings(self, "/settings")
        self.clock = _Clock(self)
        self.faults = _Faults(self)
        # They answer to the names of the real ones, and are typed as those.
        self.platforms: dict[str, Any] = {slug: _Remote(self, slug, kind) for slug, kind in PLATFORMS.items()}
        for slug, platform in self.platforms.items():
            setattr(self, slug, platform)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def environment(self) -> dict[str, str]:
        """As `Emulator.environment`."""
        return {name: value for one in self.platforms.values() for name, value in one.environment().items()}

    @property
    def requests(self) -> list[LoggedRequest]:
        """As `Emulator.requests`."""
        return [LoggedRequest(**entry) for entry in self.call("GET", "/requests")]

    def clear_requests(self) -> None:
        """As `Emulator.clear_requests`."""
        self.call("DELETE", "/requests")

    @property
    def internal_errors(self) -> list[str]:
        """As `Emulator.internal_errors`."""
        return list(self.call("GET", "/health")["errors"])

    def reset(self) -> None:
        """As `Emulator.reset`."""
        self.call("POST", "/reset")

    def route_table(self) -> list[dict[str, str]]:
        """The routes with their evidence."""
        return list(self.call("GET", "/routes"))

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One administrative request.

        Raises:
            ValueError: The emulator refuses the arguments.
            httpx.HTTPError: It cannot be reached, or fails.
        """
        response = self._http.request(method, path, json=body)
        if response.status_code in (404, 422):
            raise ValueError(response.json()["detail"])
        response.raise_for_status()
        return response.json()


class _Part:
    def __init__(self, client: EmulatorClient) -> None:
        self._client = client


class _Settings:
    """Reading and assigning attributes reads and sets settings of the emulator (objects in them as dicts)."""

    _client: EmulatorClient
    _path: str

    def __init__(self, client: EmulatorClient, path: str) -> None:
        object.__setattr__(self, "_client", client)
        object.__setattr__(self, "_path", path)

    def __getattr__(self, name: str) -> Any:
        settings = self._client.call("GET", self._path)
        if name not in settings:
            raise AttributeError(name)
        return settings[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self._client.call("PATCH", self._path, {name: to_jsonable_python(value)})


class _Clock(_Part):
    def advance(self, seconds: float) -> None:
        """As `Clock.advance`."""
        self._client.call("POST", "/clock/advance", {"seconds": seconds})


class _Faults(_Part):
    def add(self, method: str, route: str, kind: str, **options: Any) -> None:
        """As `Faults.add`."""
        self._client.call("POST", "/faults", {"method": method, "route": route, "kind": kind, **options})

    @property
    def pending(self) -> list[dict[str, Any]]:
        """As `Faults.pending`."""
        return list(self._client.call("GET", "/faults"))

    def clear(self) -> None:
        """As `Faults.clear`."""
        self._client.call("DELETE", "/faults")


class _Remote:
    """A platform of the other process, or a part of it such as `runs`."""

    def __init__(self, client: EmulatorClient, slug: str, kind: type[EmulatedPlatform], part: str = "") -> None:
        self._client = client
        self._slug = slug
        self._kind = kind
        self._part = part

    def __getattr__(self, name: str) -> Any:
        dotted = f"{self._part}{name}"
        if dotted in self._kind.reads:
            return self._client.call("GET", f"/{self._slug}/{dotted}")["value"]
        if dotted in self._kind.calls:
            return partial(self._ask, dotted)
        if dotted == "settings" and self._kind.own_settings is not None:
            return _Settings(self._client, f"/{self._slug}/settings")
        if any(offered.startswith(f"{dotted}.") for offered in (*self._kind.reads, *self._kind.calls)):
            return _Remote(self._client, self._slug, self._kind, f"{dotted}.")
        raise AttributeError(f"{self._kind.name} has no {dotted}")

    def _ask(self, dotted: str, /, *arguments: Any, **named: Any) -> Any:
        body = to_jsonable_python({**named, **({"*": list(arguments)} if arguments else {})})
        return self._client.call("POST", f"/{self._slug}/{dotted}", body)["value"]
