"""Runs a small Pulumi program against Pulumi's own mocks and gives what went over the wire."""

import asyncio
import contextvars
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pulumi
from pulumi.runtime import MockResourceArgs

SECRET_SIGNATURE = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


class Wire(pulumi.runtime.Mocks):
    """Answers every registration with its inputs and some outputs."""

    def __init__(self, outputs: Mapping[str, Any]) -> None:
        self.seen: dict[str, MockResourceArgs] = {}
        self.outputs = outputs

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.seen[args.name] = args
        return f"{args.name}-id", {**args.inputs, **self.outputs}

    def call(self, args: Any) -> dict[Any, Any]:
        return {}

    def inputs(self, name: str) -> dict[str, Any]:
        """The inputs of a resource as sent, without the provider's constant."""
        return {key: value for key, value in self.seen[name].inputs.items() if key != "__provider"}


def run(
    program: Callable[[], Any],
    outputs: Mapping[str, Any] | None = None,
    config: Mapping[str, str] | None = None,
) -> Wire:
    """Run a program; an output that it returns is awaited."""
    wire = Wire(outputs or {})
    contextvars.copy_context().run(_run, program, wire, config or {})
    return wire


def _run(program: Callable[[], Any], wire: Wire, config: Mapping[str, str]) -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    def give_thread_a_loop() -> None:  # the SDK's mocks would make one in each worker thread and never close it
        loops.append(asyncio.new_event_loop())
        loops[-1].set_exception_handler(_say_nothing)
        asyncio.set_event_loop(loops[-1])

    give_thread_a_loop()
    try:
        with ThreadPoolExecutor(4, initializer=give_thread_a_loop) as executor:
            loops[0].set_default_executor(executor)
            pulumi.runtime.set_mocks(wire, preview=False)
            pulumi.runtime.set_all_config(dict(config))
            pulumi.runtime.test(program)()
    finally:
        pulumi.runtime.set_all_config({})
        asyncio.set_event_loop(None)
        for loop in loops:
            loop.close()


def _say_nothing(_loop: asyncio.AbstractEventLoop, _context: object) -> None:
    """What a refused program leaves is told when it is collected, in whatever happens then: that may break on it."""


def resolved(program: Callable[[], pulumi.Output[Any]], outputs: Mapping[str, Any] | None = None) -> Any:
    """Run a program and give the value of the output that it returns."""
    values: list[Any] = []
    run(lambda: program().apply(values.append), outputs)
    return values[0]
