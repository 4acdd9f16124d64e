"""Fields that the resources of every platform share."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from pulumi_comfy.configuration import PlatformSettings
from pulumi_comfy.core.model import AUTOMATIC, matching

IN_SMALL_LETTERS = StringConstraints(to_lower=True)
"""As platforms tell their ids: one in capitals would be another to us, and the same to the platform."""


def uuid_of(platform: str) -> AfterValidator:
    """Constrain a text to an id of a platform whose ids are UUIDs; in small letters with `IN_SMALL_LETTERS`."""
    return matching(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", f"an id of {platform} (a UUID)")


CONNECTION_NAME = matching("[a-z][a-z0-9_]*", "a name of lower-case letters, digits and underscores")
"""What the name of a connection may be."""


def connection_words(settings: PlatformSettings) -> str:
    """Describe the field that names a connection."""
    named = settings.credential_of("acme")
    what = "key" if settings.key else "address"
    return (
        f"Name of the connection to use, so that one program serves several accounts: `acme` takes its {what} from "
        f"{named.environment} or comfy:{named.key}. Default: the unnamed one."
    )


ADOPT = Field(
    description="Id of an existing object to take over at the first create and bring to the declared state, "
    "instead of making a new one. Remove it afterwards."
)
"""Describes the field `adopt`."""

Name = Annotated[
    str | None,
    AUTOMATIC,
    Field(
        min_length=1,
        description="Name on the platform. Default: the logical name and a short hash that no other state derives.",
    ),
]
