"""`Emulator`: the platforms on a loopback port of this process, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, TypeVar

from typing_extensions import Self

from pulumi_comfy.emulator.admin import administration
from pulumi_comfy.emulator.application import Application
from pulumi_comfy.emulator.clock import Clock
from pulumi_comfy.emulator.comfydeploy.builds import Builds
from pulumi_comfy.emulator.comfydeploy.runs import Runs
from pulumi_comfy.emulator.faults import Faults
from pulumi_comfy.emulator.randomness import Randomness
from pulumi_comfy.emulator.request_log import LoggedRequest
from pulumi_comfy.emulator.server import BackgroundServer, bind, serve_forever
from pulumi_comfy.emulator.settings import Settings
from pulumi_comfy.emulator.world import World

T = TypeVar("T")


class Emulator:
    """Emulated platforms, served from a background thread.

    ```python
    with Emulator() as emulator:
        client = httpx.Client(base_url=emulator.comfydeploy_url)
        client.headers["Authorization"] = f"Bearer {emulator.comfydeploy_key()}"
    ```

    Args:
        port: The loopback port; 0 lets the system choose.
        seed: Where ids and every other random thing come from.
    """

    def __init__(self, port: int = 0, seed: int = 0) -> None:
        self.seed = seed
        self._port = port
        self._world = World(Randomness(seed))
        self._application = Application(self._world)
        self._application.administer_with(administration(self._application))
        self._server: BackgroundServer | None = None

    def start(self) -> Self:
        """Serve; returns when requests are accepted.

        Raises:
            OSError: The port is taken.
            RuntimeError: Already started.
        """
        if self._server is not None:
            raise RuntimeError("this emulator is already running")
        listener = bind(self._port)
        self._world.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._server = BackgroundServer(self._application, listener)
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop at once; open connections are cut. Stopping twice is fine."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`; empty before the start."""
        return self._world.url

    @property
    def comfydeploy_url(self) -> str:
        """The base URL of ComfyDeploy's API: what its clients are configured with."""
        return f"{self.url}/comfydeploy/api"

    def comfydeploy_key(self, user_id: str = "user_demo", org_id: str | None = None, name: str = "emulator") -> str:
        """Mint an API key (a JWT) of a user, or of an organisation."""
        row = self._inside(lambda: self._application.comfydeploy.mint_key(user_id, org_id, name))
        return str(row["key"])

    def environment(self) -> dict[str, str]:
        """Environment variables that lead a program and its providers here: address and a new key of each platform."""
        return {"COMFYDEPLOY_URL": self.comfydeploy_url, "COMFYDEPLOY_API_KEY": self.comfydeploy_key()}

    @property
    def settings(self) -> Settings:
        """What may be turned while it runs."""
        return self._world.settings

    @property
    def clock(self) -> Clock:
        """The emulator's time; `clock.advance(seconds)` lets builds and runs become due without waiting."""
        return self._world.clock

    @property
    def faults(self) -> Faults:
        """Faults for the next requests."""
        return self._world.faults

    @property
    def builds(self) -> Builds:
        """How the next builds end, and how many ran at once."""
        return self._application.comfydeploy.builds

    @property
    def runs(self) -> Runs:
        """How the next runs go."""
        return self._application.comfydeploy.runs

    @property
    def requests(self) -> list[LoggedRequest]:
        """The requests to the platforms so far, oldest first, without credentials."""
        return list(self._world.log.entries)

    def clear_requests(self) -> None:
        """Forget the requests so far."""
        self._world.log.clear()

    @property
    def internal_errors(self) -> list[str]:
        """Crashes of the emulator itself: a test that finds one found a bug of ours."""
        return list(self._application.internal_errors)

    def reset(self) -> None:
        """Empty the platforms, forget plans, faults and requests, restore the settings; minted keys keep working."""
        self._inside(self._application.reset)

    def dump(self, *, include_secrets: bool = False, include_deleted: bool = False) -> dict[str, Any]:
        """ComfyDeploy's contents as JSON, a list of rows for each table.

        Args:
            include_secrets: Also the values of secrets, keys and tokens.
            include_deleted: Also soft-deleted rows and what hangs on them.
        """

        def read() -> dict[str, Any]:
            self._world.scheduler.run_due()
            service = self._application.comfydeploy
            return service.dump(include_secrets=include_secrets, include_deleted=include_deleted)

        return self._inside(read)

    def restore(self, dump: Mapping[str, Any]) -> None:
        """Empty the platforms and let ComfyDeploy hold what `dump(include_secrets=True, include_deleted=True)` showed.

        Builds and runs that were under way then stay so; the files of outputs are not there.

        Raises:
            ValueError: It is no such dump; the platforms are empty then.
        """
        self._inside(lambda: self._application.restore(dump))

    def _inside(self, action: Callable[[], T]) -> T:
        return action() if self._server is None else self._server.call(action)


def serve(port: int = 8288, seed: int = 0, ready: Callable[[Emulator], None] | None = None) -> None:
    """Serve in the foreground until interrupted; for the command line.

    Args:
        port: The loopback port; 0 lets the system choose.
        seed: As for `Emulator`.
        ready: Called with the emulator when its address is known, before requests are answered.

    Raises:
        OSError: The port is taken.
    """
    emulator = Emulator(port, seed)
    listener = bind(port)
    emulator._world.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    if ready is not None:
        ready(emulator)
    serve_forever(emulator._application, listener)
