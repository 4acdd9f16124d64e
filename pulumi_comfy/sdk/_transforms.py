"""Secrets that a transform brings: the engine runs transforms after the constructor has told where the secrets are.

Every transform of a program passes through one method of the SDK's callback server, whichever resource, component or
stack it belongs to. That method is wrapped; should the SDK no longer have it, such secrets are masked no more.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable
from typing import Any

import pulumi
from pulumi.runtime import _callbacks

from pulumi_comfy.address import PROVIDER, SECRETS
from pulumi_comfy.sdk._secrecy import secret_places

_METHOD = "register_transform"
_Transform = Callable[[pulumi.ResourceTransformArgs], Any]


def install() -> None:
    """Wrap the method, once."""
    server = getattr(_callbacks, "_CallbackServicer", None)
    register: Any = getattr(server, _METHOD, None)
    if register is None or getattr(register, "tells_secrets", False):
        return

    def register_telling(self: Any, transform: _Transform) -> Any:
        return register(self, Telling(transform))

    register_telling.tells_secrets = True  # type: ignore[attr-defined]
    setattr(server, _METHOD, register_telling)
    for servicer in getattr(server, "_servicers", ()):
        for callback in getattr(servicer, "_callbacks", {}).values():
            _wrap_earlier(callback)


def _wrap_earlier(callback: Any) -> None:
    """Wrap a transform that a program registered before it first asked for one of our classes, which load then."""
    variables = dict(zip(callback.__code__.co_freevars, callback.__closure__ or (), strict=False))
    if f".{_METHOD}." in callback.__qualname__ and "transform" in variables:
        variables["transform"].cell_contents = Telling(variables["transform"].cell_contents)


class Telling:
    """A transform that tells which of the inputs that it gives are secret. To the SDK it is the program's own.

    Args:
        transform: the program's.
    """

    def __init__(self, transform: _Transform) -> None:
        self._transform = transform

    def __hash__(self) -> int:
        return hash(self._transform)

    def __eq__(self, other: object) -> bool:
        return self._transform == (other._transform if isinstance(other, Telling) else other)

    async def __call__(self, args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        """Run it; of a resource that is not ours nothing is told."""
        given = self._transform(args)
        result: pulumi.ResourceTransformResult | None = await given if isawaitable(given) else given
        if result is None or PROVIDER not in result.props:
            return result
        found = secret_places({name: value for name, value in result.props.items() if not name.startswith("__")})
        before: Any = result.props.get(SECRETS)
        told = list(before or [])
        fresh: Any = await found if found else None
        told += [place for place in fresh or [] if place not in told]
        return pulumi.ResourceTransformResult({**result.props, SECRETS: told or None}, result.opts)
