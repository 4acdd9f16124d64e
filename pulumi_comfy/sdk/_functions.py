"""Asking a platform from a running program. The client loads at the first question."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pulumi

from pulumi_comfy.sdk._credentials import refuse_clear_credentials

ResultT = TypeVar("ResultT")


def ask(token: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Ask one question; arguments and answer by wire name.

    Args:
        token: `<platform>:get<Thing>`.
        arguments: None means left out.

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

    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        return ask_platform(token, given, configured)
    except FunctionError as error:
        raise pulumi.RunError(str(error)) from None


def ask_later(given: pulumi.Output[dict[str, Any]], question: Callable[..., ResultT]) -> pulumi.Output[ResultT]:
    """Ask a question when its arguments are known; an error tells none of them when one is secret.

    Args:
        given: the arguments by their Python names.
        question: the plain form of the function.
    """

    async def answer(known: dict[str, Any]) -> ResultT:
        if await given.is_secret():
            from pulumi_comfy.core.redaction import register_given

            register_given(known)
        return question(**known)

    return given.apply(answer)


def _refuse_outputs(token: str, arguments: Mapping[str, Any]) -> None:
    """Outputs have no value yet, and the question is asked now."""
    name = _snake(token.partition(":")[2])
    for argument, value in arguments.items():
        if isinstance(value, pulumi.Output):
            raise pulumi.RunError(
                f"{name}: `{_snake(argument)}` is an output, which has no value yet. Use {name}_output, which takes "
                "outputs and gives one. [COMFY1001]"
            )


def _snake(name: str) -> str:
    return re.sub("(?=[A-Z])", "_", name).lower()
