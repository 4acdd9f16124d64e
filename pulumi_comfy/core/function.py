"""Functions: questions to a platform that a program asks while it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pulumi_comfy.core.model import Model


@dataclass(frozen=True)
class Function:
    """One question.

    Attributes:
        token: `<platform>:get<Thing>`, the end of its type token.
        description: a full sentence.
        inputs_model: what is asked with.
        outputs_model: what is answered.
        ask: asks the platform, given the inputs and its client.
    """

    token: str
    description: str
    inputs_model: type[Model]
    outputs_model: type[Model]
    ask: Callable[[Any, Any], Awaitable[Model]]
