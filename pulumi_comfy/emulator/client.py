"""`EmulatorClient`: drives an emulator in another process with the methods of `Emulator`."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

import httpx
from pydantic_core import to_jsonable_python
from typing_extensions import Self

from pulumi_comfy.emulator.request_log import LoggedRequest


class EmulatorClient:
    """A running emulator, reached at its address.

    Args:
        url: What the emulator calls its `url`, for instance `http://127.0.0.1:8188`.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        # Plain HTTP on loopback: no certificates are loaded, which saves most of the construction.
        self._http = httpx.Client(base_url=f"{self.url}/_emulator", timeout=30, trust_env=False, verify=False)
        self.settings = _Settings(self)
        self.clock = _Clock(self)
        self.faults = _Faults(self)
        self.builds = _Builds(self)
        self.runs = _Runs(self)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def comfydeploy_url(self) -> str:
        """As `Emulator.comfydeploy_url`."""
        return f"{self.url}/comfydeploy/api"

    def comfydeploy_key(self, user_id: str = "user_demo", org_id: str | None = None, name: str = "emulator") -> str:
        """As `Emulator.comfydeploy_key`."""
        return str(self.call("POST", "/keys", {"user_id": user_id, "org_id": org_id, "name": name})["key"])

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

    def dump(self, *, include_secrets: bool = False, include_deleted: bool = False) -> dict[str, Any]:
        """As `Emulator.dump`."""
        query = f"include_secrets={include_secrets}&include_deleted={include_deleted}"
        dumped: dict[str, Any] = self.call("GET", f"/dump?{query}")
        return dumped

    def restore(self, dump: Mapping[str, Any]) -> None:
        """As `Emulator.restore`."""
        self.call("POST", "/restore", dict(dump))

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
        if response.status_code == 422:
            raise ValueError(response.json()["detail"])
        response.raise_for_status()
        return response.json()


class _Part:
    def __init__(self, client: EmulatorClient) -> None:
        object.__setattr__(self, "_client", client)

    _client: EmulatorClient


class _Settings(_Part):
    """Reading and assigning attributes reads and sets the emulator's settings (plan limits as dicts)."""

    def __getattr__(self, name: str) -> Any:
        settings = self._client.call("GET", "/settings")
        if name not in settings:
            raise AttributeError(name)
        return settings[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self._client.call("PATCH", "/settings", {name: to_jsonable_python(value)})


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


class _Builds(_Part):
    def outcome(self, outcome: str = "error", **options: Any) -> None:
        """As `Builds.outcome`."""
        self._client.call("POST", "/builds", {"outcome": outcome, **options})

    @property
    def in_flight(self) -> int:
        """As `Builds.in_flight`."""
        return int(self._client.call("GET", "/builds")["in_flight"])

    @property
    def max_in_flight(self) -> int:
        """As `Builds.max_in_flight`."""
        return int(self._client.call("GET", "/builds")["max_in_flight"])

    def clear(self) -> None:
        """As `Builds.clear`."""
        self._client.call("DELETE", "/builds")


class _Runs(_Part):
    def script(self, outcome: str = "success", **options: Any) -> None:
        """As `Runs.script`."""
        self._client.call("POST", "/runs", {"outcome": outcome, **options})

    def clear(self) -> None:
        """As `Runs.clear`."""
        self._client.call("DELETE", "/runs")
