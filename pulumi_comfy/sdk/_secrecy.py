"""Which of a resource's inputs are secret: Pulumi gives the provider their values without a word about that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from typing import Any

import pulumi

from pulumi_comfy.sdk._arguments import fields_of, on_the_wire

Place = list[str | int]
"""Keys and positions that lead to a value. The hidden input of the provider (`core.secrecy`) is a list of places."""


def secret_places(props: Mapping[str, Any]) -> Awaitable[list[Place] | None] | None:
    """Give the places of secret outputs among a resource's properties, at any depth; None, also later, for none.

    Args:
        props: the properties by their Python names, in which every awaitable is an `Output`.
    """
    outputs = [found for name, value in props.items() for found in _outputs(value, [on_the_wire(name)])]

    async def secret() -> list[Place] | None:
        return [place for place, output in outputs if await _is_secret(output)] or None

    # Begun now: a program that stops before it is sent would leave it behind, and Python would warn of that.
    return asyncio.ensure_future(secret()) if outputs else None


def hidden(value: Any, inside: Sequence[str]) -> Any:
    """Give a property with a part of it marked as secret; the whole of it where `inside` is empty.

    Args:
        value: the property; an instance of an argument class, a dict that stands for one, or an output of either.
        inside: the Python names that lead to the part.
    """
    if value is None or not inside:
        return value if value is None else pulumi.Output.secret(value)
    if isinstance(value, pulumi.Output):
        return value.apply(lambda known: pulumi.Output.from_input(hidden(known, inside)))
    first, *rest = inside
    if isinstance(value, Mapping):
        return {key: hidden(one, rest) if key in (first, on_the_wire(first)) else one for key, one in value.items()}
    given = {name: getattr(value, name) for name in fields_of(type(value))}
    return type(value)(**{**given, first: hidden(given[first], rest)}) if first in given else value


async def _is_secret(output: pulumi.Output[Any]) -> bool:
    try:
        return await output.is_secret()
    except Exception:  # noqa: BLE001  (one that fails says so where it is sent)
        return False


def _outputs(value: Any, place: Place) -> Iterator[tuple[Place, pulumi.Output[Any]]]:
    if isinstance(value, pulumi.Output):
        yield place, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _outputs(item, [*place, str(key)])
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _outputs(item, [*place, index])
    else:
        for name in fields_of(type(value)):
            yield from _outputs(getattr(value, name), [*place, on_the_wire(name)])
