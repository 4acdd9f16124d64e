"""`EmulatedPlatform`: what a platform brings to the emulator. What is for all loops over these, and names none."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from fastapi import FastAPI
from starlette.routing import Match
from starlette.types import ASGIApp, Scope

from pulumi_comfy.emulator.clock import Scheduler
from pulumi_comfy.emulator.settings import Adjustable
from pulumi_comfy.emulator.world import World


class EmulatedPlatform(ABC):
    """One platform of one emulator: its address, its keys, and what tests may read of it and plan for it.

    Args:
        slug: Its public name, and the first part of every path of it.
        world: What it shares with the other platforms.
    """

    name: ClassVar[str]
    """As its vendor writes it."""
    base: ClassVar[str] = ""
    """What the base URL of its API ends with. Faults and log entries name paths without it."""
    url_variable: ClassVar[str]
    key_variable: ClassVar[str | None] = None
    """None where nobody asks for a key."""
    reads: ClassVar[tuple[str, ...]] = ("url",)
    """What the administration and `EmulatorClient` may read, dotted: `builds.in_flight`."""
    calls: ClassVar[tuple[str, ...]] = ("key", "environment", "dump", "restore", "reset")
    """What they may call."""
    own_settings: ClassVar[type[Adjustable] | None] = None
    """Settings of this platform alone; they are in `settings` then."""

    asgi: ASGIApp
    """Answers its requests."""

    def __init__(self, slug: str, world: World) -> None:
        self.slug = slug
        self.world = world
        self.scheduler = Scheduler(world.clock)
        self.settings = None if self.own_settings is None else self.own_settings()

    @classmethod
    @abstractmethod
    def application(cls) -> FastAPI:
        """Its routes: one application for all emulators of a process, each request brings its own platform."""

    @property
    def prefix(self) -> str:
        """What every path of it begins with."""
        return f"/{self.slug}"

    @property
    def url(self) -> str:
        """The base URL of its API: what its clients are configured with."""
        return f"{self.world.url}{self.prefix}{self.base}"

    @property
    def short_of(self) -> tuple[str, ...]:
        """What faults and log entries leave out at the beginning of a path, longest first."""
        return (f"{self.prefix}{self.base}", self.prefix, self.base) if self.base else (self.prefix,)

    def template_of(self, scope: Scope) -> str:
        """The path template of the route that would answer; the path itself when none would."""
        seen = {**scope, "root_path": self.prefix}
        for route in self.application().routes:
            match, _ = route.matches(seen)
            if match is Match.FULL:
                return str(getattr(route, "path", scope["path"]))
        return str(scope["path"])

    @abstractmethod
    def key(self) -> str:
        """Mint an API key; whose, the platform's own arguments say. An empty text where nobody asks for one."""

    def environment(self) -> dict[str, str]:
        """Environment variables that lead a program and its providers here: the address and a new key."""
        address = {self.url_variable: self.url}
        return address if self.key_variable is None else {**address, self.key_variable: self.key()}

    def dump(self, *, include_secrets: bool = False, include_deleted: bool = False) -> dict[str, Any]:
        """What it holds as JSON, a list of rows for each table.

        Args:
            include_secrets: Also the values of secrets, keys and tokens.
            include_deleted: Also soft-deleted rows and what hangs on them.
        """

        def read() -> dict[str, Any]:
            self.scheduler.run_due()
            return self._dump(include_secrets=include_secrets, include_deleted=include_deleted)

        return self.world.inside(read)

    def restore(self, dump: Mapping[str, Any]) -> None:
        """Empty this platform and let it hold what `dump(include_secrets=True, include_deleted=True)` showed.

        What was under way then stays so; the files of outputs are not there. Time passes until all of it is past.

        Raises:
            ValueError: It is no such dump; the platform is empty then.
        """
        self.world.inside(lambda: self._restored(dump))

    def reset(self) -> None:
        """Empty this platform and forget what was planned for it; minted keys keep working."""
        self.world.inside(self._forget)

    def _restored(self, dump: Mapping[str, Any]) -> None:
        self._forget()
        try:
            self._restore(dump)
        except (LookupError, TypeError, AttributeError, ValueError) as problem:
            self._forget()
            if isinstance(problem, ValueError):
                raise
            raise ValueError(f"this is no dump of {self.name}: {problem!r}") from None

    def _forget(self) -> None:
        self.scheduler.clear()
        if self.settings is not None:
            self.settings.put_back()
        self._clear()

    @abstractmethod
    def _clear(self) -> None:
        """Empty every table and forget every plan."""

    @abstractmethod
    def _dump(self, *, include_secrets: bool, include_deleted: bool) -> dict[str, Any]: ...

    @abstractmethod
    def _restore(self, dump: Mapping[str, Any]) -> None:
        """Fill the empty platform; whatever goes wrong is no dump."""
