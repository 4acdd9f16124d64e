"""Comfy Cloud's own switches: where its descriptions disagree or are silent, which reading applies."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pulumi_comfy.emulator.comfyui.installation import InstallationSettings


class CloudSettings(InstallationSettings):
    """The defaults are the newest description's reading."""

    # Each job gets a machine of its own.
    keeps_results: bool = False
    # The plan's maximum run time, over which a job is cancelled; None is none.
    run_limit_seconds: float | None = Field(default=None, gt=0)
    # What a malformed id in a path is told: `{"message"}` alone, or with a code.
    binding_errors: Literal["message", "coded"] = "coded"
    # A document comes back with its keys in another order.
    reorders_documents: bool = True
    # Optional fields without a value: not there, or null.
    absent_fields: Literal["left out", "null"] = "left out"
    # A file that was never published: a null `publish_time`, or 404.
    never_published: Literal["null", "404"] = "null"
    # What `create_time` and `update_time` of a job count since the epoch.
    job_times: Literal["milliseconds", "seconds"] = "milliseconds"
    # The kind of credential that the routes of workflows take: a signed-in person's token is refused with 403.
    takes_tokens: bool = True
    max_workflow_bytes: int = Field(default=10 * 1024**2, ge=1)
