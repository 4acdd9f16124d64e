"""Fields and settings that RunComfy's resources share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy.configuration import PLATFORMS
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.fields import CONNECTION_NAME, IN_SMALL_LETTERS, connection_words
from pulumi_comfy.core.model import Model, matching

SETTINGS = PLATFORMS["runcomfy"]
QUEUE, CEILING = SETTINGS.others

Id = Annotated[
    str,
    matching(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "an id of RunComfy (a UUID)"),
    IN_SMALL_LETTERS,
]


class AccountInputs(Model):
    """What every resource of the platform takes."""

    connection: Annotated[str | None, CONNECTION_NAME, Field(description=connection_words(SETTINGS))] = None


def queue_of(call: Call[Any]) -> str:
    """Give the version of the queue's routes.

    Raises:
        InputError: the configured one is none.
    """
    version = QUEUE.value(call.configured) or ""
    if version not in ("v1", "v2"):
        raise InputError(
            "COMFY1104",
            tried="read the configuration",
            got=f"comfy:{QUEUE.key} is {version!r}",
            todo=f"Set it, or {QUEUE.environment}, to `v1` or `v2`.",
        )
    return version


def ceiling_of(call: Call[Any]) -> int:
    """Give the most instances that a deployment may be given.

    Raises:
        InputError: the configured one is none.
    """
    told = CEILING.value(call.configured) or ""
    if not told.isdigit() or not int(told):
        raise InputError(
            "COMFY1104",
            tried="read the configuration",
            got=f"comfy:{CEILING.key} is {told!r}",
            todo=f"Set it, or {CEILING.environment}, to a whole number of at least 1.",
        )
    return int(told)
