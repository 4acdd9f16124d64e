"""Fields and settings that RunComfy's resources share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from pulumi_comfy.configuration import PLATFORMS
from pulumi_comfy.core.call import Call
from pulumi_comfy.core.fields import CONNECTION_NAME, IN_SMALL_LETTERS, connection_words, uuid_of
from pulumi_comfy.core.model import Model

SETTINGS = PLATFORMS["runcomfy"]
QUEUE, CEILING = SETTINGS.others

Id = Annotated[str, uuid_of("RunComfy"), IN_SMALL_LETTERS]


class AccountInputs(Model):
    """What every resource of the platform takes."""

    connection: Annotated[str | None, CONNECTION_NAME, Field(description=connection_words(SETTINGS))] = None


def queue_of(call: Call[Any]) -> str:
    """Give the version of the queue's routes."""
    return call.setting(QUEUE, "v1|v2", "`v1` or `v2`")


def ceiling_of(call: Call[Any]) -> int:
    """Give the most instances that a deployment may be given."""
    return int(call.setting(CEILING, "0*[1-9][0-9]{0,8}", "a whole number of at least 1"))
