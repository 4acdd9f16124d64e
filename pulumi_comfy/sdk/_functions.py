"""Asking a platform from a running program. The client loads at the first question."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pulumi

from pulumi_comfy.sdk._credentials import refuse_clear_credentials


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
