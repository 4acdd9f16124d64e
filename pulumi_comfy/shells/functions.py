"""Functions asked by a running program, in its own process: the dynamic server offers none (docs/pulumi.md 1.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic import ValidationError

from pulumi_comfy.core.check import as_python, unfit
from pulumi_comfy.core.connection import Configured, address_of, connect
from pulumi_comfy.core.errors import ComfyError, InputError
from pulumi_comfy.core.function import Function
from pulumi_comfy.core.model import Json
from pulumi_comfy.core.platform import Platform, platform_of
from pulumi_comfy.core.redaction import redact
from pulumi_comfy.core.secrecy import let_in


class FunctionError(Exception):
    """What the program is told: one sentence."""


def ask(token: str, arguments: Mapping[str, Json], configured: Configured) -> dict[str, Json]:
    """Ask one question and give the answer's wire form.

    Args:
        token: `<platform>:get<Thing>`.
        arguments: by wire name, without those left out.
        configured: looks a configuration value up.

    Raises:
        FunctionError: one sentence.
    """
    platform = platform_of(token)
    function = platform.functions[token.partition(":")[2]]
    let_in(function.inputs_model, function.outputs_model, arguments)
    try:
        # The program runs on an event loop of its own, in which no other can run.
        with ThreadPoolExecutor(max_workers=1) as aside:
            return aside.submit(asyncio.run, _ask(platform, function, arguments, configured)).result()
    except ComfyError as error:
        raise FunctionError(redact(str(error))) from None


async def _ask(
    platform: Platform[Any], function: Function, arguments: Mapping[str, Json], configured: Configured
) -> dict[str, Json]:
    try:
        inputs = function.inputs_model.model_validate(dict(arguments))
    except ValidationError as error:
        row = error.errors()[0]
        raise _refused(function, row["loc"], row["msg"].removeprefix("Value error, ")) from None
    for place, reason in unfit(arguments):
        raise _refused(function, place, reason)
    client = connect(platform, address_of(platform, configured, arguments.get("connection"))).client
    async with client.http:
        return (await function.ask(inputs, client)).to_wire()


def _refused(function: Function, place: tuple[int | str, ...], reason: str) -> InputError:
    where = as_python(function.inputs_model, place)
    return InputError("COMFY1001", tried=function.token, got=f"{where}: {reason}" if where else reason)
