"""Fields and facts that several ComfyDeploy resources share.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from pydantic import Field

from pulumi_comfy.configuration import PLATFORMS
from pulumi_comfy.core.fields import ADOPT, CONNECTION_NAME, IN_SMALL_LETTERS, connection_words, uuid_of
from pulumi_comfy.core.model import LOCAL, Model, public

SETTINGS = PLATFORMS["comfydeploy"]

MOST = 2**31 - 1
"""The largest whole number of the platform's columns; a larger one is answered with a 500."""

Id = Annotated[str, uuid_of("ComfyDeploy"), IN_SMALL_LETTERS]
"""Checked here because half of the platform's routes answer a plain 500 to what is no UUID (6.5)."""

Adopt = Annotated[Id | None, LOCAL, ADOPT]


ForceDelete = Annotated[
    bool,
    Field(
        description="Whether removing the resource deletes the machine although deployments use it; their runs then "
        "fail. Default false: the platform refuses, and the workflows are named."
    ),
]


SeenAt = Annotated[
    str | None,
    Field(
        description="Moment (UTC) of the platform's last change to it that this stack knows. A refresh of many looks "
        "closer at what has changed since."
    ),
]


class AccountInputs(Model):
    """What every resource of the platform takes."""

    connection: Annotated[str | None, CONNECTION_NAME, Field(description=connection_words(SETTINGS))] = None


@public("comfydeploy:Gpu")
class Gpu(str, Enum):
    """GPU of a serverless machine (2.3)."""

    CPU = "CPU"
    T4 = "T4"
    L4 = "L4"
    A10G = "A10G"
    L40S = "L40S"
    A100 = "A100"
    A100_80GB = "A100-80GB"
    H100 = "H100"
    H200 = "H200"
    B200 = "B200"


@public("comfydeploy:Environment")
class Environment(str, Enum):
    """Where a deployment serves (2.5). A workflow has at most one deployment for each."""

    PRODUCTION = "production"
    STAGING = "staging"
    PREVIEW = "preview"
    PUBLIC_SHARE = "public-share"
    PRIVATE_SHARE = "private-share"
    COMMUNITY_SHARE = "community-share"

    @property
    def is_share(self) -> bool:
        """Whether the platform deletes deployments of this environment directly."""
        return self in (Environment.PUBLIC_SHARE, Environment.PRIVATE_SHARE, Environment.COMMUNITY_SHARE)
