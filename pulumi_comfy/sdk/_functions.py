"""Asking a platform from a running program. The client loads at the first question."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pulumi

from pulumi_comfy.sdk._arguments import on_the_wire
from pulumi_comfy.sdk._credentials import refuse_clear_credentials

ResultT = TypeVar("ResultT")


def ask(token: str, result: type[ResultT], arguments: Mapping[str, Any]) -> ResultT:
    """Ask one question.

    Args:
        token: `<platform>:get<Thing>`.
        result: the dataclass that holds the answer.
        arguments: by their Python names; None means left out.

    Raises:
        pulumi.RunError: one sentence.
    """
    from pulumi_comfy.shells.functions import FunctionError
    from pulumi_comfy.shells.functions import ask as ask_platform

    _refuse_outputs(token, arguments)
    refuse_clear_credentials(arguments.get("connection"))

    def configured(key: str) -> str | None:
        namespace, _, name = key.partition(":")
        return pulumi.Config(namespace).get(name)

    given = {on_the_wire(name): value for name, value in arguments.items() if value is not None}
    try:
        answer = ask_platform(token, given, configured)
    except FunctionError as error:
        raise pulumi.RunError(str(error)) from None
    return result(**{name: answer[on_the_wire(name)] for name in result.__annotations__})


def ask_later(question: Callable[..., ResultT], arguments: Mapping[str, Any]) -> pulumi.Output[ResultT]:
    """Ask a question when its arguments are known; an error tells none of them when one is secret.

    Args:
        question: the plain form of the function.
        arguments: by their Python names.
    """
    given = pulumi.Output.all(**arguments)

    async def answer(known: dict[str, Any]) -> ResultT:
        if await given.is_secret():
            from pulumi_comfy.core.redaction import register_given

            register_given(known)
        return await asyncio.to_thread(question, **known)  # else the program waits, and all questions one by one

    return given.apply(answer)


def _refuse_outputs(token: str, arguments: Mapping[str, Any]) -> None:
    """Outputs have no value yet, and the question is asked now."""
    name = _snake(token.partition(":")[2])
    for argument, value in arguments.items():
        if isinstance(value, pulumi.Output):
            raise pulumi.RunError(
                f"{name}: `{argument}` is an output, which has no value yet. Use {name}_output, which takes "
                "outputs and gives one. [COMFY1001]"
            )


def _snake(name: str) -> str:
    return re.sub("(?=[A-Z])", "_", name).lower()
