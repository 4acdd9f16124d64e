"""Fields that the resources of every platform share."""

from __future__ import annotations

from pulumi_comfy.configuration import PlatformSettings
from pulumi_comfy.core.model import matching

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
