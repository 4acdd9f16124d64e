"""A call as the engine would make it, for tests that need no more than one."""

from __future__ import annotations

from typing import Any

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.cancellation import Cancellation
from pulumi_comfy.core.connection import Address, Connection, connect
from pulumi_comfy.platforms.comfydeploy.platform import PLATFORM


def connected(url: str, key: str, **how: Any) -> Connection[Any]:
    """A connection to an emulator."""
    return connect(PLATFORM, Address(url, key), **how)


def a_call(connection: Connection[Any] | None = None, **changes: Any) -> Call[Any]:
    """A call of no particular resource; without a connection nothing can be asked."""
    nobody: Connection[Any] = Connection(PLATFORM, None, "host", "account")  # type: ignore[arg-type]
    return Call(connection or nobody, **{"cancellation": Cancellation(), **changes})
