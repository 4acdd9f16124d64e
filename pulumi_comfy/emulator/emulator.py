"""`Emulator`: the platforms on a loopback port of this process, in memory."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from typing_extensions import Self

from pulumi_comfy.emulator.admin import administration
from pulumi_comfy.emulator.application import Application
from pulumi_comfy.emulator.clock import Clock
from pulumi_comfy.emulator.faults import Faults
from pulumi_comfy.emulator.platform import EmulatedPlatform
from pulumi_comfy.emulator.randomness import Randomness
from pulumi_comfy.emulator.registry import Platforms
from pulumi_comfy.emulator.request_log import LoggedRequest
from pulumi_comfy.emulator.server import BackgroundServer, bind, serve_forever
from pulumi_comfy.emulator.settings import Settings
from pulumi_comfy.emulator.world import World


class Emulator(Platforms):
    """Emulated platforms, served from a background thread.

    ```python
    with Emulator() as emulator:
        client = httpx.Client(base_url=emulator.comfydeploy.url)
        client.headers["Authorization"] = f"Bearer {emulator.comfydeploy.key()}"
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
        for slug, platform in self.platforms.items():
            setattr(self, slug, platform)
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
        self._world.caller = self._server.call
        return self

    def stop(self) -> None:
        """Stop at once; open connections are cut. Stopping twice is fine."""
        if self._server is not None:
            self._server.stop()
            self._server = None
            self._world.caller = None

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
    def platforms(self) -> dict[str, EmulatedPlatform]:
        """Every platform by its name here: `emulator.platforms["comfydeploy"]` is `emulator.comfydeploy`."""
        return self._application.platforms

    def environment(self) -> dict[str, str]:
        """Environment variables that lead a program and its providers here: address and a new key of each platform."""
        return {name: value for one in self.platforms.values() for name, value in one.environment().items()}

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
        self._world.inside(self._application.reset)


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
